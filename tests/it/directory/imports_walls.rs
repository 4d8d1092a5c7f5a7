//! Whose imports they are: with both walls, and with the code's open.

use ceptoar_portal::app::router::router;
use ceptoar_portal::features::access::FirstWall;
use uuid::Uuid;

use super::imports::{EXCHANGE, STRANGERS, bring, of_other_desk};
use super::roster::{BANK, RIVAL, world};

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_the_desks_own() {
    let mut w = world().await;
    let (import, id) = of_other_desk(&w).await;
    let random = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef).to_string();
    let before = w.everything().await;
    let kept = "select string_agg(t::text, ' ') from (select i.*, (select count(*) from directory_import_rows) from directory_imports i) t";
    let imports = w.texts(kept).await;
    let on = [("on_year", "2026"), ("on_month", "11"), ("on_day", "21")];
    for (name, _) in STRANGERS {
        let mut client = w.app.signed_in(name).await;
        for path in [
            EXCHANGE.to_owned(),
            import.clone(),
            format!("{EXCHANGE}/template.xlsx"),
            format!("{EXCHANGE}/template.csv"),
        ] {
            let reply = client.get(&path).await;
            assert_eq!(reply.status, 404, "{name} {path}");
            let other = client.get(&path.replace(&id.to_string(), &random).replace("/banks/", "/nothing/")).await;
            let same = |body: String| {
                body.replace(&id.to_string(), "ID").replace(&random, "ID").replace("/nothing/", "/banks/")
            };
            assert_eq!(same(reply.without_request_id()), same(other.without_request_id()), "{name} {path}");
        }
        for step in ["check", "apply", "drop"] {
            let reply = client.post(&format!("{import}/{step}"), &on).await;
            assert_eq!(reply.status, 404, "{name} {step}");
            // The own CEPTOAR's address with another's import leads nowhere either.
            let elsewhere = import.replace("/banks/", "/life/");
            assert_eq!(client.post(&format!("{elsewhere}/{step}"), &on).await.status, 404, "{name} {step}");
        }
        assert_eq!(client.get(&import.replace("/banks/", "/life/")).await.status, 404, "{name}");
        let export = [("as_of_year", "2026"), ("as_of_month", "11"), ("as_of_day", "21"), ("format", "csv")];
        assert_eq!(client.post(&format!("{EXCHANGE}/export"), &export).await.status, 404, "{name}");
        assert_eq!(client.upload(EXCHANGE, &[], ("x.csv", b"a,b")).await.status, 404, "{name}");
    }
    assert_eq!(w.everything().await, before);
    assert_eq!(w.texts(kept).await, imports);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_keeps_imports_apart() {
    let mut w = world().await;
    let (import, _) = of_other_desk(&w).await;
    let before = w.everything().await;
    let kept = "select string_agg(t::text, ' ') from (select i.*, (select count(*) from directory_import_rows) from directory_imports i) t";
    let imports = w.texts(kept).await;
    let mut state = w.app.state.clone();
    state.first_wall = FirstWall::OpenForTests;
    let open = router(state);
    for (name, _) in STRANGERS {
        let mut client = w.app.signed_in(name).await;
        client.turn_to(open.clone());
        let page = client.get(&import).await;
        assert_eq!(page.status, 404, "{name}");
        let page = client.get(EXCHANGE).await;
        assert!(!page.body.contains(&import), "{name}");
        for step in ["check", "apply", "drop"] {
            let on = [("on_year", "2026"), ("on_month", "11"), ("on_day", "21")];
            assert_eq!(client.post(&format!("{import}/{step}"), &on).await.status, 404, "{name} {step}");
        }
        let export = [("as_of_year", "2026"), ("as_of_month", "11"), ("as_of_day", "21"), ("format", "csv")];
        let file = client.post(&format!("{EXCHANGE}/export"), &export).await;
        let own = ["handler", "bank-admin"].contains(&name);
        for (firm, address) in [(BANK, "soc@bank.example"), (RIVAL, "soc@rival.example")] {
            let sees = name == "coordinator" || own && firm == BANK;
            assert!(sees || !file.body.contains(address), "{name} {firm}: {}", file.body);
        }
        let rows = format!("構成員の名称,単位,英語名\n{BANK},社,Stolen\n");
        let today = [("from_year", "2026"), ("from_month", "11"), ("from_day", "21")];
        let reply = client.upload(EXCHANGE, &today, ("x.csv", rows.as_bytes())).await;
        assert!(reply.status >= 400, "{name}: {}", reply.status);
    }
    assert_eq!(w.everything().await, before);
    assert_eq!(w.texts(kept).await, imports);
    // And the desk goes on with its own.
    let mut desk = w.app.signed_in("desk").await;
    let rows = format!("構成員の名称,単位,英語名\n{BANK},社,Star\n");
    bring(&mut desk, rows.as_bytes()).await;
}
