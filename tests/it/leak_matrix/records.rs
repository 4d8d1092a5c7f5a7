//! What the directory and the follow-up keep, every text of every record a canary.

use ceptoar_portal::kernel::clock::japan_day;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::files::intake::Checked;
use ceptoar_portal::platform::files::store as files;
use ceptoar_portal::platform::files::{DisplayName, FileType};
use chrono::{Datelike, TimeDelta};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::world::{canary, word};
use crate::support::{TestApp, factory};

/// The records of CEPTOAR A (banks), by the object's name in the file; the firm is A3, whom only A's desk and the
/// centre know.
pub async fn keep(app: &TestApp, firm: Uuid) -> Vec<(&'static str, Uuid)> {
    let mut db = app.database.owner().await;
    let desk = account(&mut db, "sa").await;
    let group = scalar(&mut db, GROUP, firm, &canary("group", "title")).await;
    let partner = factory::partner(&mut db, "banks", &canary("partner", "title"), "passes_on").await;
    let window = scalar(&mut db, "select contact_id from contacts where organisation_id = $1", firm, "").await;
    let secretariat = factory::secretariat_of(&mut db, "banks").await;
    factory::window(&mut db, secretariat, Some("banks"), "canary-office-title@desk.example").await;
    let keeper = account(&mut db, "ma").await;
    let own = scalar(&mut db, "select organisation_id from affiliations where account_id = $1", keeper, "").await;
    let correction = scalar(&mut db, PROPOSAL, firm, &canary("correction", "title")).await;
    let rule = scalar(&mut db, RULE, desk, &canary("rule", "title")).await;
    let activity = scalar(&mut db, ACTIVITY, desk, &canary("activity", "title")).await;
    let fact = scalar(&mut db, SETUP_FACT, desk, &canary("setup", "title")).await;
    let judgement = scalar(&mut db, JUDGEMENT, desk, &canary("judgement", "title")).await;
    let proposed = scalar(&mut db, PROPOSED, desk, &canary("proposed", "title")).await;
    let survey = scalar(&mut db, SURVEY, desk, &canary("survey", "title")).await;
    open_survey(&mut db, survey, [own, firm]).await;
    let import = scalar(&mut db, IMPORT, desk, &canary("import", "title")).await;
    let [comment, said] = [comment(app, "comment", false).await, comment(app, "said", true).await];
    let template = scalar(&mut db, TEMPLATE, desk, &canary("template", "title")).await;
    let phrase = scalar(&mut db, PHRASE, desk, &canary("phrase", "title")).await;
    sheet(app).await;
    vec![
        ("member", firm),
        ("own member", own),
        ("window", window),
        ("group", group),
        ("partner", partner),
        ("office", secretariat),
        ("correction", correction),
        ("rule", rule),
        ("activity", activity),
        ("setup", fact),
        ("judgement", judgement),
        ("proposed", proposed),
        ("survey", survey),
        ("answers", survey),
        ("import", import),
        ("comment", comment),
        ("said", said),
        ("template", template),
        ("phrase", phrase),
        ("sheet", Uuid::nil()),
    ]
}

const TEMPLATE: &str = "
    insert into advisory_templates (template_id, version, name, kind, title, purpose, level, handler_scope, saved_by, saved_at)
    values (gen_random_uuid(), 1, $2, 'alert', $2, 'prevention', 'GREEN', 'organisation', $1, now()) returning template_id";
const PHRASE: &str = "
    insert into advisory_phrases (phrase_id, version, field, name, body, saved_by, saved_at)
    values (gen_random_uuid(), 1, 'impact', $2, $2, $1, now()) returning phrase_id";

/// What an approver said at an item that waits, answered and sent back with a remark; the item may be published since.
async fn comment(app: &TestApp, object: &str, published: bool) -> Uuid {
    let id = factory::draft_advisory(app, factory::NewAdvisory::default()).await;
    let said = canary(object, "title");
    let comment = Uuid::new_v4();
    sqlx::raw_sql(AssertSqlSafe(format!(
        "update advisories set state = 'review', submitted_by = created_by, submitted_at = created_at where advisory_id = '{id}';
         insert into advisory_comments (comment_id, advisory_id, field, line, quoted, body, edits, made_by, made_by_name, made_at)
         select '{comment}', '{id}', 'summary', 1, '{said}', '{said}', 0, account_id, '{said}', now()
         from accounts where sign_in_name = 'case-approver';
         insert into advisory_comment_steps (comment_id, step, body, made_by, made_by_name, made_at)
         select '{comment}', 'answer', '{said}', account_id, '{said}', now() from accounts where sign_in_name = 'case-author';
         insert into advisory_returns (advisory_id, submission_id, remark, open_comments, made_by, made_by_name, made_at)
         select '{id}', max(s.submission_id), '{said}', 1, a.account_id, '{said}', now()
         from advisory_submissions s, accounts a where s.advisory_id = '{id}' and a.sign_in_name = 'case-approver'
         group by a.account_id"
    )))
    .execute(&mut app.database.owner().await)
    .await
    .expect("a comment");
    if published {
        factory::publish(app, id, false).await;
    }
    comment
}

const PROPOSAL: &str = "
    insert into directory_proposals (proposal_id, ceptoar_id, organisation_id, effective_on, reason, wanted, before, after,
                                     made_by, made_at)
    select gen_random_uuid(), 'banks', $1, '2026-12-01', $2, '{}', '[]', '[]', account_id, now()
    from accounts where sign_in_name = 'canary-person' returning proposal_id";
const RULE: &str = "
    insert into handling_rules (rule_id, ceptoar_id, title, edition, adopted_on, valid, summary, recorded_by, recorded_at)
    values (gen_random_uuid(), 'banks', $2, '1', '2026-04-01', '[2026-04-01,)', $2, $1, now()) returning rule_id";
const ACTIVITY: &str = "
    insert into activities (activity_id, ceptoar_id, title, from_on, to_on, kinds, done, organiser, recorded_by, recorded_at)
    values (gen_random_uuid(), 'banks', $2, '2026-10-01', '2026-10-01', '{sharing}', $2, $2, $1, now())
    returning activity_id";
const SETUP_FACT: &str = "
    insert into setup_facts (fact_id, ceptoar_id, subject, from_on, day_known, remark, recorded_by, recorded_at)
    values (gen_random_uuid(), 'banks', 'intake_other', '2026-04-01', true, $2, $1, now()) returning fact_id";
const JUDGEMENT: &str = "
    insert into judgements (judgement_id, ceptoar_id, grade, title, body, written_by, written_by_name, written_at)
    values (gen_random_uuid(), 'banks', 'calm', $2, $2, $1, '', now()) returning judgement_id";
const PROPOSED: &str = "
    insert into judgements (judgement_id, ceptoar_id, grade, title, body, proposal, written_by, written_by_name, written_at)
    values (gen_random_uuid(), 'banks', 'alert', $2, $2, $2, $1, '', now()) returning judgement_id";
const SURVEY: &str = "
    insert into surveys (survey_id, ceptoar_id, kind, title, introduction, participation, visibility, due_on, made_by, made_at,
                         edited_at)
    values (gen_random_uuid(), 'banks', 'systems', $2, $2, 'required', 'named', '2030-12-01', $1, now(), now())
    returning survey_id";
const IMPORT: &str = "
    insert into directory_imports (import_id, ceptoar_id, state, made_by, made_by_organisation, made_at, expires_at,
                                   effective_on, sheet, content, head_row, columns)
    select gen_random_uuid(), 'banks', 'mapping', $1, f.organisation_id, now(), now() + interval '1 day', '2026-12-01', $2,
           $2, 1, '[]'
    from affiliations f where f.account_id = $1 limit 1 returning import_id";
const GROUP: &str = "
    with made as (
      insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, valid)
      values (gen_random_uuid(), 'banks', 'cross_cutting', $2, $2, '[2018-04-01,)') returning subgroup_id, ceptoar_id)
    insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid)
    select subgroup_id, ceptoar_id, $1, '[2018-04-01,)' from made returning subgroup_id::uuid";

/// It asks two firms, and the second has answered.
async fn open_survey(db: &mut PgConnection, survey: Uuid, [own, firm]: [Uuid; 2]) {
    let said = canary("answers", "title");
    sqlx::raw_sql(AssertSqlSafe(format!(
        "insert into survey_questions (question_id, survey_id, position, lineage, kind, wording, required)
         values ('{survey}', '{survey}', 1, '{survey}', 'words', 'x', false);
         update surveys set state = 'open', opened_at = now() where survey_id = '{survey}';
         insert into survey_asked (survey_id, organisation_id, ceptoar_id)
         values ('{survey}', '{own}', 'banks'), ('{survey}', '{firm}', 'banks');
         insert into survey_replies (survey_id, organisation_id, saved_at, sent_at) values ('{survey}', '{firm}', now(), now());
         insert into survey_answers (survey_id, organisation_id, question_id, place, words)
         values ('{survey}', '{firm}', '{survey}', 1, '{said}')"
    )))
    .execute(db)
    .await
    .expect("a survey");
}

/// The centre opens this year's follow-up, and the desk's sheet gets a remark.
async fn sheet(app: &TestApp) {
    let now = app.state.clock.now();
    let due = japan_day(now) + TimeDelta::days(20);
    let (year, month, day) = (due.year().to_string(), due.month().to_string(), due.day().to_string());
    let due = [("due_year", &*year), ("due_month", &*month), ("due_day", &*day)];
    let form = [&due[..], &[("fiscal_year", "2026"), ("plan", "計画"), ("plan_en", "Plan"), ("sure", "true")]].concat();
    let opened = app.signed_in("na").await.post("/follow-up", &form).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    sqlx::raw_sql(
        "update follow_up_sheets set remark = 'canary-sheet-title', version = version + 1 where ceptoar_id = 'banks'",
    )
    .execute(&mut app.database.owner().await)
    .await
    .expect("a remark");
}

/// A stricter file and a stricter section of an item that is to be published, every text of them a canary.
pub async fn attach(app: &TestApp, item: Uuid) {
    let (now, mut db) = (app.state.clock.now(), app.database.owner().await);
    let author = AccountId(account(&mut db, "case-author").await);
    let file = Checked {
        name: DisplayName::parse(&format!("{}.pdf", canary("part", "product"))).expect("a name"),
        kind: FileType::Pdf,
        content: format!("%PDF-1.7 {}", canary("part", "cve")).into_bytes(),
    };
    let mut tx = app.state.db.begin(Some(author), now).await.expect("a transaction");
    let file = files::keep(&mut tx, &file, author, now).await.expect("a file");
    tx.commit().await.expect("a commit");
    let words = format!("{} {}", canary("part", "countermeasure"), word("part"));
    sqlx::raw_sql(AssertSqlSafe(format!(
        "update stored_files set state = 'released', settled_at = now() where file_id = '{file}';
         insert into advisory_parts (advisory_id, file_id, heading, body, level, handler_scope, added_at)
         values ('{item}', '{file}', '{}', null, 'AMBER_STRICT', 'handlers', now()),
                ('{item}', null, '{}', '{words}', 'AMBER', 'handlers', now())",
        canary("part", "title"),
        canary("part", "summary"),
    )))
    .execute(&mut db)
    .await
    .expect("parts");
}

/// The file of an item.
pub async fn attached(app: &TestApp, item: Uuid) -> Uuid {
    let file = "select part_id from advisory_parts where advisory_id = $1 and file_id is not null";
    scalar(&mut app.database.owner().await, file, item, "").await
}

async fn account(db: &mut PgConnection, name: &str) -> Uuid {
    sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
        .bind(name)
        .fetch_one(db)
        .await
        .expect("an account")
}

/// A record with an id and a text in it.
async fn scalar(db: &mut PgConnection, sql: &'static str, id: Uuid, text: &str) -> Uuid {
    let query = sqlx::query_scalar(sql).bind(id);
    let query = if sql.contains("$2") { query.bind(text.to_owned()) } else { query };
    query.fetch_one(db).await.expect("a record")
}
