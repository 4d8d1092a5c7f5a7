//! Accounts for real people, made before anybody can sign in.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::accounts::enrolment::{EnrolmentError, NewAccount, enrol};
use ceptoar_portal::kernel::ids::AccountId;

use crate::support::{TestApp, factory};

fn somebody(name: &str, role: Role, organisation_code: &str, ceptoar: Option<&str>) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        display_name: "担当 一号".to_owned(),
        role,
        organisation_code: organisation_code.to_owned(),
        ceptoar: ceptoar.map(ToOwned::to_owned),
        mail_address: format!("{name}@office.example"),
        window: None,
    }
}

async fn try_to_enrol(app: &TestApp, new: NewAccount) -> Result<AccountId, EnrolmentError> {
    let mut db = app.database.owner().await;
    enrol(&mut db, app.state.clock.now(), new).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolled_person_has_no_password_yet_and_the_trail_knows_no_secret() {
    let app = TestApp::start().await;
    let id = try_to_enrol(&app, somebody("Tanto-1", Role::NiscAnalyst, "nisc", None)).await.expect("an account");
    for password in ["", "a quiet pond in the evening"] {
        let reply = app.visitor().post("/sign-in", &[("name", "tanto-1"), ("password", password)]).await;
        assert_eq!(reply.status, 422, "nobody signs in before the link was used");
    }

    let mut db = app.database.owner().await;
    let (real, subject, detail): (bool, String, String) = sqlx::query_as(
        "select not a.demonstration, e.subject_id, e.detail::text from accounts a, audit_events e
         where e.action = 'account.add' and e.account_id is null and e.outcome = 'done'",
    )
    .fetch_one(&mut db)
    .await
    .expect("a row in the trail");
    assert!(real);
    assert_eq!(subject, id.to_string());
    assert!(!detail.contains("tanto") && !detail.contains("担当") && !detail.contains("office.example"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_held_only_where_it_belongs() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let member = factory::member(&mut db, "banks", "銀行").await;
    sqlx::query("update organisations set code = 'member-1' where organisation_id = $1")
        .bind(member)
        .execute(&mut db)
        .await
        .expect("a code");
    use Role::{Auditor, CouncilDelegate, HubMember, MemberPoc, MinistryLiaison, NiscApprover, Secretariat};
    for (n, (role, code, ceptoar, fits)) in [
        (NiscApprover, "nisc", None, true),
        (NiscApprover, "fsa", None, false),
        (NiscApprover, "nisc", Some("banks"), false),
        (Auditor, "zenginkyo", None, false),
        (MinistryLiaison, "fsa", None, true),
        (MinistryLiaison, "nisc", None, false),
        (Secretariat, "zenginkyo", Some("banks"), true),
        (Secretariat, "zenginkyo", Some("power"), false),
        (Secretariat, "zenginkyo", None, false),
        (Secretariat, "lasdec", Some("local-gov"), false), // kept the desk until 2018
        (MemberPoc, "member-1", Some("banks"), true),
        (MemberPoc, "zenginkyo", Some("banks"), false),
        (HubMember, "member-1", Some("water"), false),
        (CouncilDelegate, "credit-kyokai", Some("credit"), true),
        (CouncilDelegate, "credit-kyokai", Some("nothing"), false),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = try_to_enrol(&app, somebody(&format!("person-{n}"), role, code, ceptoar)).await;
        assert_eq!(outcome.is_ok(), fits, "{role:?} at {code} in {ceptoar:?}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_nothing_is_made() {
    let app = TestApp::start().await;
    try_to_enrol(&app, somebody("taken", Role::Auditor, "nisc", None)).await.expect("an account");
    let good = || somebody("person", Role::Auditor, "nisc", None);
    for (new, said) in [
        (NewAccount { name: "ＴＡＫＥＮ".into(), ..good() }, "the name taken is taken"),
        (NewAccount { name: "two words".into(), ..good() }, "the name must be"),
        (NewAccount { display_name: " ".into(), ..good() }, "the display name must be"),
        (NewAccount { mail_address: "nowhere".into(), ..good() }, "the mail address"),
        (NewAccount { window: Some("1".into()), ..good() }, "no such window"),
        (NewAccount { organisation_code: "nobody".into(), ..good() }, "no organisation has the code nobody"),
    ] {
        let error = try_to_enrol(&app, new).await.expect_err(said);
        assert!(error.to_string().contains(said), "{error}");
    }
    let accounts: i64 = sqlx::query_scalar("select count(*) from accounts")
        .fetch_one(&mut app.database.owner().await)
        .await
        .expect("n");
    assert_eq!(accounts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_point_of_contact_answers_for_its_own_window() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let member = factory::member(&mut db, "banks", "銀行").await;
    sqlx::query("update organisations set code = 'member-1' where organisation_id = $1")
        .bind(member)
        .execute(&mut db)
        .await
        .expect("a code");
    let window = factory::window(&mut db, member, Some("banks"), "poc@member.example").await;
    let other = factory::member(&mut db, "banks", "別の銀行").await;
    let foreign = factory::window(&mut db, other, Some("banks"), "poc@other.example").await;
    for (n, (named, fits)) in
        [("1".to_owned(), true), (window.to_string(), true), ("2".to_owned(), false), (foreign.to_string(), false)]
            .into_iter()
            .enumerate()
    {
        let new = somebody(&format!("poc-{n}"), Role::MemberPoc, "member-1", Some("banks"));
        let outcome = try_to_enrol(&app, NewAccount { window: Some(named.clone()), ..new }).await;
        assert_eq!(outcome.is_ok(), fits, "{named}: {outcome:?}");
    }
    let answering: i64 = sqlx::query_scalar("select count(*) from affiliations where contact_id = $1")
        .bind(window)
        .fetch_one(&mut db)
        .await
        .expect("n");
    assert_eq!(answering, 2);
}
