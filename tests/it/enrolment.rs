//! Accounts for real people, made before anybody can sign in.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::accounts::enrolment::{EnrolmentError, NewAccount, enrol};
use ceptoar_portal::kernel::ids::AccountId;

use crate::support::{TestApp, factory};

const PASSWORD: &str = "a quiet pond in the evening";

fn somebody(name: &str, role: Role, organisation_code: &str, ceptoar: Option<&str>) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        display_name: "担当 一号".to_owned(),
        role,
        organisation_code: organisation_code.to_owned(),
        ceptoar: ceptoar.map(ToOwned::to_owned),
        password: PASSWORD.into(),
    }
}

async fn try_to_enrol(app: &TestApp, new: NewAccount) -> Result<AccountId, EnrolmentError> {
    let mut db = app.database.owner().await;
    enrol(&mut db, &app.state.hasher, app.state.clock.now(), new).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolled_person_signs_in_and_the_trail_knows_no_secret() {
    let app = TestApp::start().await;
    let id = try_to_enrol(&app, somebody("Tanto-1", Role::NiscAnalyst, "nisc", None)).await.expect("an account");
    let reply = app.visitor().post("/sign-in", &[("name", "tanto-1"), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, 303);

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
    assert!(!detail.contains("tanto") && !detail.contains("担当") && !detail.contains("pond"), "{detail}");
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
        (NewAccount { password: "too short".into(), ..good() }, "at least 15 characters"),
        (NewAccount { password: "person-person-person".into(), ..good() }, "must not be the sign-in name"),
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
