//! Taking back what was planned: everything is as it was, and that it was planned is still known.

use uuid::Uuid;

use super::roster::{BANK, World, change, day, fill_in, way_back, window_form, world};

/// What is said of the bank now, whatever row says it.
async fn said(w: &mut World) -> Vec<String> {
    w.texts(
        "select format('m %s %s %s %s', organisation_id, unit, hub, valid) from memberships
         union all select format('n %s %s %s', organisation_id, ja, valid) from organisation_names
         union all select format('k %s %s %s %s', contact_id, label, position, valid) from contacts
         union all select format('c %s %s %s %s %s', contact_id, position, kind, value, valid) from contact_channels
         order by 1",
    )
    .await
}

async fn later(w: &World) {
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_taken_back_leaves_everything_as_it_was() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let before = said(&mut w).await;
    let mut renaming =
        vec![("ja", "星見未来銀行(架空)"), ("reading", "ほしみみらいぎんこう"), ("en", ""), ("nature", "change")];
    renaming.extend(day("2027", "4", "1"));
    let mut other_window = window_form("総務部", "general@bank.example");
    other_window.extend([("nature", "change")]);
    other_window.extend(day("2027", "4", "1"));
    let mut new_window = window_form("夜間", "night2@bank.example");
    new_window.extend(day("2027", "4", "1"));
    let last = day("2027", "3", "31").to_vec();
    for (path, form) in [
        (format!("{}/name", w.bank_page()), renaming),
        (w.window_page(w.window), other_window),
        (format!("{}/new-window", w.bank_page()), new_window),
        (format!("{}/end", w.window_page(w.second)), last.clone()),
        (format!("{}/leaving", w.bank_page()), last),
    ] {
        later(&w).await;
        change(&mut desk, &path, &form).await;
        assert_ne!(said(&mut w).await, before, "{path}");
        later(&w).await;
        let back = way_back(&mut desk, &w.bank_page()).await.unwrap_or_else(|| panic!("{path}: no way back"));
        let question = desk.get(&back).await;
        assert_eq!(question.status, 200, "{path}");
        let done = desk.press(&question, "main form", &[("reason", "取りやめになったため")]).await;
        assert_eq!(done.status, 303, "{path}: {}", done.body);
        assert!(desk.get(done.location()).await.body.contains("予定を取り消しました"));
        assert_eq!(said(&mut w).await, before, "{path}");
        assert!(desk.get(&w.bank_page()).await.texts(".member__plans").is_empty(), "{path}");
        // A second click finds nothing to take back.
        assert_eq!(desk.press(&question, "main form", &[]).await.status, 409, "{path}");
    }
    let history = desk.get(&w.bank_page()).await.texts(".timeline__title").concat();
    assert_eq!(history.matches("予定の取消し").count(), 5, "{history}");
    // Whoever was told that the address is to be used is told that it is not.
    let letters = w
        .texts(
            "select address || ' ' || case when body like '%外れました%' then 'gone' else 'new' end
             from deliveries d join delivery_addresses using (delivery_id) join mails m using (mail_id) order by m.created_at, 1",
        )
        .await;
    let of = |address: &str| letters.iter().filter(|l| l.starts_with(address)).cloned().collect::<Vec<_>>();
    assert_eq!(of("general@"), ["general@bank.example new", "general@bank.example gone"]);
    assert_eq!(of("night2@"), ["night2@bank.example new", "night2@bank.example gone"]);
    // By the window's own plan, and by the firm's leaving, with which all its windows were to close.
    for address in ["soc@bank.example", "night@bank.example"] {
        let twice = ["gone", "new", "gone", "new"].map(|word| format!("{address} {word}"));
        assert_eq!(of(address), twice);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_plan_that_nothing_was_built_on_is_taken_back_and_by_those_who_may_make_it() {
    let mut w = world().await;
    let (mut desk, mut admin) = (w.app.signed_in("desk").await, w.app.signed_in("bank-admin").await);
    let mut form =
        vec![("ja", "星見未来銀行(架空)"), ("reading", "ほしみみらいぎんこう"), ("en", ""), ("nature", "change")];
    form.extend(day("2027", "4", "1"));
    later(&w).await;
    change(&mut desk, &format!("{}/name", w.bank_page()), &form).await;
    later(&w).await;
    let renaming = way_back(&mut desk, &w.bank_page()).await.expect("a way back");
    assert_eq!(way_back(&mut admin, &w.bank_page()).await, None, "the name is the desk's");
    let mut form = window_form("総務部", "general@bank.example");
    form.extend([("nature", "change")]);
    form.extend(day("2027", "4", "1"));
    change(&mut admin, &w.window_page(w.window), &form).await;
    later(&w).await;
    let moving = way_back(&mut admin, &w.bank_page()).await.expect("a way back");
    assert_ne!(renaming, moving);
    let before = w.everything().await;
    let random = Uuid::from_u128(7).to_string();
    for (name, paths) in [
        ("bank-admin", vec![&renaming]),
        ("handler", vec![&renaming]),
        ("no-handler", vec![&renaming, &moving]),
        ("rival-admin", vec![&renaming, &moving]),
        ("life-desk", vec![&renaming, &moving]),
        ("coordinator", vec![&renaming, &moving]),
        ("analyst", vec![&renaming, &moving]),
    ] {
        let mut client = w.app.signed_in(name).await;
        for path in paths {
            let id = path.rsplit('/').nth(1).expect("an id").to_owned();
            let (refused, nobody) = (client.get(path).await, client.get(&path.replace(&id, &random)).await);
            assert_eq!((refused.status, nobody.status), (404, 404), "{name} {path}");
            assert_eq!(
                refused.without_request_id().replace(&id, "ID"),
                nobody.without_request_id().replace(&random, "ID"),
                "{name} {path}"
            );
            assert_eq!(client.post(path, &[]).await.status, 404, "{name} {path}");
            assert_eq!(w.everything().await, before, "{name} {path}");
        }
    }
    // The plan is changed on the same day: what came first is not taken back from under it.
    let mut form = window_form("経営企画部", "planning@bank.example");
    form.extend([("nature", "change")]);
    form.extend(day("2027", "4", "1"));
    change(&mut desk, &w.window_page(w.window), &form).await;
    let before = w.everything().await;
    assert_eq!(admin.get(&moving).await.status, 409);
    assert_eq!(admin.post(&moving, &[]).await.status, 409);
    assert_eq!(w.everything().await, before);
    // And when the day has come, it holds.
    w.app.state.clock.advance(chrono::TimeDelta::days(140));
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(way_back(&mut desk, &w.bank_page()).await, None);
    assert_eq!(desk.post(&renaming, &[]).await.status, 409);
    assert_ne!(desk.get(&w.bank_page()).await.texts("h1"), [BANK]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_window_that_another_ones_end_relies_on_is_not_taken_back() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut form = window_form("新しい窓口", "new@bank.example");
    form.extend(day("2027", "4", "1"));
    later(&w).await;
    change(&mut desk, &format!("{}/new-window", w.bank_page()), &form).await;
    let back = way_back(&mut desk, &w.bank_page()).await.expect("a way back");
    for window in [w.window, w.second] {
        later(&w).await;
        change(&mut desk, &format!("{}/end", w.window_page(window)), &day("2027", "3", "31")).await;
    }
    let before = w.everything().await;
    let refused = desk.post(&back, &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("構成員の窓口がなくなる日があります"));
    assert_eq!(w.everything().await, before);
    // Too long a reason says so and stays.
    let long = "長".repeat(201);
    let reply = fill_in(
        &mut desk,
        &format!("{}/name", w.bank_page()),
        &[
            ("ja", "x"),
            ("reading", "x"),
            ("reason", &long),
            ("nature", "change"),
            ("on_year", "2027"),
            ("on_month", "4"),
            ("on_day", "1"),
        ],
    )
    .await;
    assert!(reply.status == 422 && reply.body.contains(&long));
}
