//! What the roster refuses: with words that say what to do, and with everything that was typed still there.

use super::roster::{BANK, change, day, fill_in, window_form, world};

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_change_is_refused_with_its_reason_and_nothing_is_lost() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let (page, window) = (w.bank_page(), w.window_page(w.window));
    let before = w.everything().await;
    let with = |form: &[(&'static str, &'static str)], on: [(&'static str, &'static str); 3]| {
        let mut form = form.to_vec();
        form.extend(on);
        form
    };
    let today = day("2026", "11", "21");
    let usual = window_form("総務部 危機管理室", "soc@bank.example");
    let without_ways: Vec<_> = usual.iter().map(|(n, v)| (*n, if n.starts_with("value_") { "" } else { *v })).collect();
    let other = |name: &'static str, value: &'static str| {
        let mut form = usual.clone();
        for field in &mut form {
            if field.0 == name {
                field.1 = value;
            }
        }
        form
    };
    let name = [("ja", "星見新銀行(架空)"), ("reading", "ほしみしんぎんこう"), ("en", ""), ("nature", "change")];
    let changed = [("nature", "change")];
    let cases = [
        // A window that nobody reaches, and ways that are none.
        (format!("{page}/new-window"), with(&without_ways, today), "連絡のつかない窓口は登録できません"),
        (format!("{page}/new-window"), with(&other("value_1", "総務部"), today), "メールアドレスを"),
        (format!("{page}/new-window"), with(&other("value_2", "内線まで"), today), "電話番号を、数字とハイフン"),
        (format!("{page}/new-window"), with(&other("kind_2", ""), today), "連絡手段の種類を選択してください"),
        (format!("{page}/new-window"), with(&other("label", "  "), today), "入力してください"),
        (
            format!("{page}/name"),
            with(&[("ja", ""), ("reading", "ほしみ"), ("en", ""), ("nature", "change")], today),
            "入力してください",
        ),
        (
            format!("{page}/name"),
            with(&[("ja", "星見新銀行(架空)"), ("reading", "ほしみ"), ("en", ""), ("nature", "other")], today),
            "選択してください",
        ),
        (format!("{page}/new-window"), with(&other("position", "零"), today), "1から99までの数字"),
        // Before the firm was a member, and on days that are none.
        (format!("{page}/new-window"), with(&usual, day("2018", "3", "31")), "この組織は構成員ではありません"),
        (
            window.clone(),
            [with(&usual, day("2017", "1", "1")), changed.to_vec()].concat(),
            "この組織は構成員ではありません",
        ),
        (format!("{page}/name"), with(&name, day("2027", "2", "30")), "暦にある年月日を、数字で"),
        (format!("{page}/name"), with(&name, day("2035", "4", "1")), "3年より先の日"),
        (format!("{page}/name"), with(&name, day("1985", "4", "1")), "1990年より前の日"),
        (
            format!("{page}/leaving"),
            with(&[("reason", "解散のため")], day("2018", "3", "31")),
            "変更する登録がありません",
        ),
        // A unit that the CEPTOAR does not count in, a reading that none can read.
        (
            format!("{page}/membership"),
            with(&[("unit", "匹"), ("nature", "change"), ("reason", "間違い")], today),
            "選択してください",
        ),
        (
            format!("{page}/name"),
            with(&[("ja", "星見新銀行(架空)"), ("reading", "星見"), ("en", ""), ("nature", "change")], today),
            "ひらがなで入力してください",
        ),
        // Nothing that is new.
        (
            format!("{page}/membership"),
            with(&[("unit", "社"), ("nature", "change"), ("reason", "とくになし")], today),
            "登録されている内容と同じです",
        ),
    ];
    for (path, form, reason) in cases {
        let reply = fill_in(&mut desk, &path, &form).await;
        assert_eq!(reply.status, 422, "{path} {reason}");
        assert!(
            reply.texts(".error-summary").concat().contains(reason),
            "{reason}: {:?}",
            reply.texts(".error-summary")
        );
        assert!(!reply.texts(".field__error").is_empty(), "{reason}: no word at a field");
        let kept = reply.values("input");
        for (field, value) in form
            .iter()
            .filter(|(f, v)| !v.is_empty() && !f.starts_with("kind") && *f != "nature" && !f.starts_with("hours"))
        {
            let kept = kept.contains(&(*value).to_owned()) || *field == "unit";
            assert!(kept, "{reason}: {field}={value} is gone");
        }
        assert_eq!(w.everything().await, before, "{path} {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_window_stays_whichever_closes_first() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let (first, second) = (format!("{}/end", w.window_page(w.window)), format!("{}/end", w.window_page(w.second)));
    // The second closes in May; from then on the first is the last, and cannot have closed in April.
    change(&mut desk, &second, &day("2027", "4", "30")).await;
    let before = w.everything().await;
    for last_day in [day("2027", "3", "31"), day("2027", "4", "30"), day("2027", "6", "30")] {
        let reply = fill_in(&mut desk, &first, &last_day).await;
        assert_eq!(reply.status, 422, "{last_day:?}");
        assert!(reply.body.contains("構成員の最後の窓口は閉じられません"));
        assert_eq!(w.everything().await, before);
    }
    let mut form = window_form("新しい窓口", "new@bank.example");
    form.extend(day("2027", "4", "1"));
    change(&mut desk, &format!("{}/new-window", w.bank_page()), &form).await;
    change(&mut desk, &first, &day("2027", "3", "31")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_overtaken_sees_what_changed_and_keeps_their_text() {
    let mut w = world().await;
    let (mut one, mut two) = (w.app.signed_in("desk").await, w.app.signed_in("desk2").await);
    let path = w.window_page(w.window);
    let seen = two.get(&path).await.values("input[name=seen]").concat();
    let mut form = window_form("総務部", "first@bank.example");
    form.extend([("nature", "change")]);
    form.extend(day("2026", "11", "21"));
    let mut mine = window_form("経営企画部", "second@bank.example");
    mine.extend([("nature", "change"), ("seen", seen.as_str())]);
    mine.extend(day("2026", "11", "21"));
    let confirmation = two.post(&path, &mine).await;
    assert_eq!(confirmation.status, 200);
    change(&mut one, &path, &form).await;
    let after = w.everything().await;
    // At the last step, at the step before it, and on the way back from it.
    let late = two.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    let back = two.press(&confirmation, "main form", &[("again", "true")]).await;
    for reply in [late.clone(), two.post(&path, &mine).await, back] {
        assert_eq!(reply.status, 422);
        let notice = reply.texts(".notice--warning").concat();
        assert!(notice.contains("窓口の変更: 総務部") && notice.contains("first@bank.example"), "{notice}");
        assert!(reply.texts("dl.facts").concat().contains("総務部"), "what is registered now");
        assert_eq!(reply.values("input[name=label]"), ["経営企画部"]);
        assert_eq!(reply.values("input[name=value_1]"), ["second@bank.example"]);
        assert_eq!(w.everything().await, after, "nothing was overwritten");
    }
    // Having seen it, they go on.
    let seen = late.values("input[name=seen]").concat();
    for field in &mut mine {
        if field.0 == "seen" {
            field.1 = seen.as_str();
        }
    }
    let confirmation = two.post(&path, &mine).await;
    assert_eq!(confirmation.status, 200);
    assert!(confirmation.texts("del").contains(&"総務部".to_owned()));
    assert_eq!(two.press(&confirmation, "main form", &[("confirmed", "true")]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_at_once_make_one_change() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut form =
        vec![("ja", "星見新銀行(架空)"), ("reading", "ほしみしんぎんこう"), ("en", ""), ("nature", "change")];
    form.extend(day("2026", "12", "1"));
    let confirmation = fill_in(&mut desk, &format!("{}/name", w.bank_page()), &form).await;
    let (mut a, mut b) = (desk.clone(), desk.clone());
    let (one, two) = tokio::join!(
        a.press(&confirmation, "main form", &[("confirmed", "true")]),
        b.press(&confirmation, "main form", &[("confirmed", "true")])
    );
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [303, 422]);
    assert_eq!(w.number("select count(*) from directory_changes").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_to_the_form_keeps_everything() {
    let w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut form = window_form("総務部 <危機管理>", "soc2@bank.example");
    form.extend([("nature", "change")]);
    form.extend(day("2027", "4", "1"));
    let confirmation = fill_in(&mut desk, &w.window_page(w.window), &form).await;
    let back = desk.press(&confirmation, "main form", &[("again", "true")]).await;
    assert_eq!(back.status, 200);
    assert_eq!(back.values("input[name=label]"), ["総務部 <危機管理>"]);
    assert_eq!(back.values("input[name=on_month]"), ["4"]);
    assert_eq!(back.values("select[name=kind_2] option[selected]"), ["phone"]);
    assert_eq!(back.values("input[name=handler][checked]"), ["true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_keeps_periods_apart() {
    let mut w = world().await;
    let (bank, window) = (w.bank, w.window);
    for insert in [
        format!(
            "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('banks', '{bank}', '社', '[2030-01-01,)')"
        ),
        format!(
            "insert into organisation_names (organisation_id, ja, en, reading, valid) values ('{bank}', 'x', 'x', 'x', '[2030-01-01,)')"
        ),
        format!(
            "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, valid)
             values ('{window}', '{bank}', 'banks', 1, 'x', true, '[2030-01-01,)')"
        ),
        format!(
            "insert into contact_channels (contact_id, position, kind, value, hours, valid)
             values ('{window}', 1, 'phone', '1', 'always', '[2030-01-01,)')"
        ),
    ] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(insert.clone())).execute(&mut w.db).await;
        let refused = refused.expect_err(&insert).to_string();
        assert!(refused.contains("one_at_a_time") || refused.contains("no_overlap"), "{refused}");
    }
    // A window stays with its firm.
    let rival = w.rival;
    let moved = format!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, valid)
         values ('{window}', '{rival}', 'banks', 1, 'x', true, '[1990-01-01,1991-01-01)')"
    );
    assert!(sqlx::raw_sql(sqlx::AssertSqlSafe(moved)).execute(&mut w.db).await.is_err());
    assert_eq!(w.texts("select ja from organisation_names where ja like '星見%'").await, [BANK]);
}
