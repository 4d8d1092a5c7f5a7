//! The second wall: what PostgreSQL refuses even where the code forgot to ask. Read from the
//! catalogue, so that a table, view or function added tomorrow is looked at as well.

use ceptoar_portal::features::demonstration;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::db::{Db, Tx};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::support::{TestApp, factory};

/// Open to everybody on purpose: published editions with their errata, and the list of migrations (which the roles
/// have no right to read).
const WITHOUT_ROW_SECURITY: [&str; 3] = ["_sqlx_migrations", "editions", "errata"];

/// A portal of real size, with rows in every table: only then do zero rows mean something.
async fn filled() -> (TestApp, PgConnection) {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    demonstration::seed(&mut db, &app.state.hasher, app.state.clock.now()).await.expect("a roster");
    app.visitor().post("/sign-in", &[("name", "nobody"), ("password", "guess")]).await;
    let password = ceptoar_portal::features::accounts::demonstration::PASSWORD;
    let reply = app.visitor().post("/sign-in", &[("name", "poc-bank-1"), ("password", password)]).await;
    assert_eq!(reply.status, 303);
    sqlx::raw_sql(ITEMS).execute(&mut db).await.expect("items");
    app.database.break_a_rule().await;
    (app, db)
}

/// One published item of every sharing level for the banks, with everything that hangs on it.
const ITEMS: &str = "
insert into authenticators (account_id, kind, name, sealed_secret, last_step, added_at)
select account_id, 'totp', '', 'x', 0, now() from accounts where sign_in_name = 'auditor';
insert into recovery_codes (account_id, code_hash) select account_id, 'x' from accounts where sign_in_name = 'auditor';
insert into account_tickets (token_hash, account_id, purpose, issued_at, expires_at)
select 'x', account_id, 'recover', now(), now() from accounts where sign_in_name = 'auditor';
insert into sign_in_steps (token_hash, account_id, purpose, expires_at)
select 'x', account_id, 'add', now() from accounts where sign_in_name = 'auditor';
insert into passkey_ceremonies (kind, state, expires_at) values ('discover', '{}', now());
insert into advisories (number, fiscal_year, serial, state, level, handler_scope, created_by, created_at, last_edited_by,
                        submitted_by, approved_by, published_at, approved_hash)
select 'T-' || l.n, 2026, l.n, 'published', l.level, case l.level when 'RED' then 'named' else 'handlers' end,
       a.account_id, now(), a.account_id, a.account_id, b.account_id, now(), '\\x00'
from unnest(array['RED', 'AMBER_STRICT', 'AMBER', 'GREEN', 'CLEAR']) with ordinality l (level, n),
     accounts a, accounts b where a.sign_in_name = 'analyst' and b.sign_in_name = 'approver';
insert into advisories (number, fiscal_year, serial, level, handler_scope, created_by, created_at, last_edited_by)
select 'T-9', 2026, 9, 'AMBER', 'handlers', account_id, now(), account_id from accounts where sign_in_name = 'analyst';
insert into advisory_texts (advisory_id, kind, title, purpose) select advisory_id, 'alert', number, 'prevention' from advisories;
insert into advisory_addressees (advisory_id, ceptoar_id) select advisory_id, 'banks' from advisories where level <> 'RED';
insert into advisory_addressees (advisory_id, contact_id)
select advisory_id, f.contact_id from advisories, affiliations f join accounts a using (account_id)
where level = 'RED' and a.sign_in_name = 'poc-bank-1';
insert into advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule)
select a.advisory_id, m.organisation_id, 'banks', 'member', 'addressed_ceptoar'
from advisories a, memberships m where a.state = 'published' and a.level <> 'RED' and m.ceptoar_id = 'banks';
insert into advisory_acknowledgements (advisory_id, organisation_id, account_id, acknowledged_at)
select a.advisory_id, f.organisation_id, f.account_id, now() from advisories a, affiliations f join accounts c using (account_id)
where a.level = 'AMBER' and a.state = 'published' and c.sign_in_name = 'poc-bank-2';
insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, happened_at)
select a.advisory_id, m.organisation_id, 'banks', 'phone', false, now()
from advisories a, memberships m
where a.level in ('AMBER', 'GREEN') and a.state = 'published' and m.ceptoar_id = 'banks';
insert into desk_receipt_words (receipt_id, answered_by, entered_by)
select receipt_id, 'x', account_id from desk_receipts, accounts where sign_in_name = 'desk-banks';
insert into call_attempts (advisory_id, organisation_id, ceptoar_id, kind, result, entered_by)
select d.advisory_id, d.organisation_id, d.ceptoar_id, 'phone', 'busy', w.entered_by
from desk_receipts d join desk_receipt_words w using (receipt_id);
insert into onward_reports (advisory_id, organisation_id, ceptoar_id, told, behind)
select d.advisory_id, d.organisation_id, d.ceptoar_id, 1, 2 from desk_receipts d;
insert into onward_report_words (report_id, entered_by)
select report_id, account_id from onward_reports, accounts where sign_in_name = 'desk-banks';
insert into advisory_measures (advisory_id, organisation_id, ceptoar_id, measure)
select d.advisory_id, d.organisation_id, d.ceptoar_id, 'done' from desk_receipts d;
insert into advisory_measure_words (measure_id, entered_by)
select measure_id, account_id from advisory_measures, accounts where sign_in_name = 'desk-banks';
insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
values ('banks', 'decided', 'decided', false, 60, '[2026-04-01,)');
insert into relays (advisory_id, ceptoar_id, asked_at, due_at)
select advisory_id, 'banks', now(), now() from advisories where level = 'GREEN' and state = 'published';
insert into relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, made_at)
select advisory_id, ceptoar_id, 'time_up', '', '', now() from relays;
insert into escalations (advisory_id, organisation_id, ceptoar_id, stage, rung, step, windows, unreachable, reached_at)
select advisory_id, organisation_id, ceptoar_id, stage, 1, 'again', 1, false, now() from advisory_audience;
insert into escalation_losses (advisory_id, ceptoar_id, organisation_id)
select advisory_id, ceptoar_id, organisation_id from advisory_audience limit 1;
insert into advisory_releases (release_id, advisory_id, approved_by, approved_at, release_at, recipients, audience, priority, keep_for)
select gen_random_uuid(), a.advisory_id, b.account_id, now(), now() + interval '1 hour', 1, '', 1, '1 day'
from advisories a, accounts b where b.sign_in_name = 'approver';
insert into advisory_steps (advisory_id, reason) select advisory_id, 'x' from advisories where state = 'published';
insert into mails (mail_id, item_kind, item_id, language, subject, body, body_hash, created_at)
select gen_random_uuid(), 'advisory', advisory_id, 'ja', number, number, '\\x00', now() from advisories where state = 'published';
insert into deliveries (mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage, position, priority, give_up_at)
select m.mail_id, m.item_id, k.organisation_id, k.ceptoar_id, k.contact_id, 'member', k.position, 1, now()
from mails m, contacts k where k.ceptoar_id = 'banks';
insert into delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
select delivery_id, organisation_id, ceptoar_id, 'x@bank.example', 'x' from deliveries;
insert into mail_replies (delivery_id, outcome, advisory_id, organisation_id, ceptoar_id, stage, arrived_at)
select delivery_id, 'received', item_id, organisation_id, ceptoar_id, stage, now() from deliveries;
insert into mail_pauses (reason, begun_by) select 'x', account_id from accounts where sign_in_name = 'operator';
insert into mail_workers (worker_id) values (gen_random_uuid());
insert into local_mail_bodies (body_hash, body) values ('\\x00', '\\x00');
insert into local_mails (received_at, sender, recipient, headers, body_hash) values (now(), 'a@b.example', 'c@d.example', '', '\\x00');
insert into account_suspensions (account_id, suspended_at, suspended_by, reason)
select a.account_id, now(), b.account_id, 'x' from accounts a, accounts b where a.sign_in_name = 'wg-chair' and b.sign_in_name = 'operator';
insert into advisory_serials (fiscal_year, last_serial) values (2026, 9);
insert into contact_reads (account_id, window_started_at, reads) select account_id, now(), 1 from accounts limit 1;
insert into authenticators (account_id, kind, name, sealed_secret, last_step, added_at)
select account_id, 'totp', 'x', '\\x00', 1, now() from accounts where sign_in_name = 'poc-bank-1';
insert into recovery_codes (account_id, code_hash) select account_id, '\\x00' from accounts where sign_in_name = 'poc-bank-1';
insert into sign_in_steps (token_hash, account_id, purpose, expires_at)
select '\\x00', account_id, 'second_factor', now() + interval '1 hour' from accounts where sign_in_name = 'poc-bank-1';
insert into passkey_ceremonies (kind, account_id, state, expires_at) values ('discover', null, '{}', now() + interval '1 hour');
insert into break_glass_uses (account_id, organisation_id, reason, opened_at, closes_at)
select a.account_id, o.organisation_id, 'a reason of some length', '2026-01-05 00:00Z', '2026-01-05 00:15Z'
from accounts a, organisations o where a.sign_in_name = 'analyst2' and o.code = 'demo-banks-0002';
insert into audit_anchor_days (day) values ('2026-11-20');
select seal_audit_events(1);
insert into stored_files (file_id, name, kind, length, sha256, created_by, created_at)
select gen_random_uuid(), 'x.txt', 'txt', 1, sha256('x'), account_id, now() from accounts where sign_in_name = 'analyst';
insert into stored_file_parts (file_id, place, sealed) select file_id, 0, convert_to(repeat('x', 41), 'UTF8') from stored_files;
insert into stored_file_keys (file_id, key) select file_id, sha256('x') from stored_files;
insert into directory_changes (change_id, kind, subject, organisation_id, ceptoar_id, effective_on, reason, before, after,
                               made_by, made_by_organisation, made_at)
select gen_random_uuid(), 'change', 'membership', m.organisation_id, m.ceptoar_id, '2026-11-21', 'x', '[]', '[]',
       f.account_id, f.organisation_id, now()
from memberships m join affiliations f on f.ceptoar_id = m.ceptoar_id and f.role = 'secretariat';
insert into directory_versions (relation, fact_id, fact, organisation_id, ceptoar_id, contact_id, recorded)
select 'contacts', fact_id, to_jsonb(k), organisation_id, ceptoar_id, contact_id, tstzrange('2026-01-01', '2026-02-01')
from contacts k;
insert into directory_versions (relation, fact_id, fact, organisation_id, ceptoar_id, contact_id, recorded)
select 'organisation_names', n.fact_id, to_jsonb(n), n.organisation_id, null, null, tstzrange('2026-01-01', '2026-02-01')
from organisation_names n join organisations o using (organisation_id) where o.kind = 'member';
insert into directory_proposals (proposal_id, ceptoar_id, organisation_id, effective_on, reason, wanted, before, after, made_by, made_at)
select gen_random_uuid(), m.ceptoar_id, m.organisation_id, '2026-11-21', 'x', '{}', '[]', '[]', f.account_id, now()
from memberships m join affiliations f on f.ceptoar_id = m.ceptoar_id and f.role = 'secretariat' on conflict do nothing;
insert into verification_rounds (round_id, ceptoar_id, scope, due_on, opened_by, opened_at)
select gen_random_uuid(), f.ceptoar_id, 'all', '2026-12-04', f.account_id, now()
from affiliations f where f.role = 'secretariat' and f.valid @> date '2026-11-21' and f.ceptoar_id is not null;
insert into verification_requests (round_id, contact_id, organisation_id, asked_value, asked_at)
select r.round_id, w.contact_id, w.organisation_id, 'x@bank.example', now()
from verification_rounds r join windows w using (ceptoar_id);
insert into verification_reminders (round_id, occasion, on_day, sent_at)
select round_id, 'before_3', '2026-12-01', now() from verification_rounds;
insert into window_number_doubts (contact_id, round_id, kind, value, said_at)
select w.contact_id, r.round_id, 'phone', 'x', now() from verification_rounds r join windows w using (ceptoar_id);
insert into handling_rules (rule_id, ceptoar_id, title, edition, adopted_on, valid, recorded_by, recorded_at)
select gen_random_uuid(), f.ceptoar_id, 'x', 'x', '2018-04-01', '[2018-04-01,)', f.account_id, now()
from affiliations f where f.role = 'secretariat' and f.valid @> date '2026-11-21' and f.ceptoar_id is not null
on conflict do nothing;
insert into handling_rule_consents (rule_id, organisation_id, consented_on, way, recorded_by, recorded_at)
select r.rule_id, m.organisation_id, '2026-11-21', 'paper', r.recorded_by, now()
from handling_rules r join memberships m using (ceptoar_id) on conflict do nothing;
insert into handling_rule_documents (file_id, rule_id, added_at)
select f.file_id, r.rule_id, now() from stored_files f cross join (select rule_id from handling_rules limit 1) r;
insert into advisory_parts (advisory_id, file_id, heading, level, handler_scope, added_at)
select a.advisory_id, f.file_id, 'x', a.level, a.handler_scope, now() from advisories a cross join stored_files f where a.number = 'T-2';
insert into advisory_part_readers (advisory_id, level, handler_scope, organisation_id, ceptoar_id, stage, door)
select a.advisory_id, a.level, a.handler_scope, au.organisation_id, au.ceptoar_id, au.stage, au.door
from advisory_parts p join advisories a using (advisory_id) join advisory_audience au using (advisory_id) where au.door is not null;
insert into activities (activity_id, ceptoar_id, title, from_on, to_on, kinds, done, recorded_by, recorded_at)
select gen_random_uuid(), f.ceptoar_id, 'x', '2026-09-10', '2026-09-10', '{drill}', 'x', f.account_id, now()
from affiliations f where f.role = 'secretariat' and f.valid @> date '2026-11-21' and f.ceptoar_id is not null;
update activities set version = 2, correction = 'x';
insert into surveys (survey_id, ceptoar_id, kind, title, participation, visibility, due_on, made_by, made_at, edited_at)
select gen_random_uuid(), 'banks', 'systems', 'x', 'required', 'named', '2026-12-18', account_id, now(), now()
from accounts where sign_in_name = 'desk-banks';
insert into survey_questions (question_id, survey_id, position, lineage, kind, wording, required)
select gen_random_uuid(), survey_id, 1, survey_id, 'words', 'x', true from surveys;
update surveys set state = 'open', opened_at = now(), version = 2;
insert into survey_asked select s.survey_id, m.organisation_id, m.ceptoar_id from surveys s join memberships m using (ceptoar_id);
insert into survey_replies (survey_id, organisation_id, saved_at, sent_at)
select survey_id, organisation_id, now(), now() from survey_asked;
insert into survey_drafts select survey_id, organisation_id, '[]' from survey_replies;
insert into survey_answers (survey_id, organisation_id, question_id, place, words)
select r.survey_id, r.organisation_id, q.question_id, 1, 'x' from survey_replies r join survey_questions q using (survey_id);
insert into survey_letters select survey_id, organisation_id, '2026-11-21', 'opened' from survey_asked;
insert into setup_facts (fact_id, ceptoar_id, subject, from_on, day_known, recorded_by, recorded_at)
select gen_random_uuid(), ceptoar_id, 'step_rules', '2007-03-01', false, recorded_by, now() from activities;
update setup_facts set version = 2, correction = 'x';
insert into judgements (judgement_id, ceptoar_id, grade, title, body, written_by, written_by_name, written_at)
select gen_random_uuid(), ceptoar_id, 'calm', 'x', 'x', recorded_by, 'x', now() from activities;
insert into federation_changes (change_id, federation_id, version, subject, effective_on, reason, before, after, made_by,
                                made_by_organisation, made_at)
select gen_random_uuid(), federation_id, 1, 'name', '2026-11-21', 'x', '[]', '[]', f.account_id, f.organisation_id, now()
from federations, affiliations f where f.role = 'nisc_analyst' limit 1;
insert into federation_versions (federation_id, version, relation, fact_id, fact, recorded_until)
select federation_id, 1, 'federation_names', fact_id, to_jsonb(n), now() from federation_names n;
insert into window_proofs (contact_id, kind, value, way, proven_at) select contact_id, 'mail', 'x', 'link', now() from windows;
insert into directory_imports (import_id, ceptoar_id, state, made_by, made_by_organisation, made_at, expires_at, effective_on,
                               content, head_row, columns)
select gen_random_uuid(), f.ceptoar_id, 'checked', f.account_id, f.organisation_id, now(), now() + interval '7 days',
       '2026-11-21', 'x', 1, '[]'
from affiliations f where f.role = 'secretariat' and f.valid @> date '2026-11-21' and f.ceptoar_id is not null;
insert into directory_import_rows (import_id, place, fate, organisation_id, subject, cells, addresses)
select import_id, 2, 'changed', null, '{}', '[]', 1 from directory_imports;
insert into directory_import_columns (ceptoar_id, heads_hash, columns, kept_by, kept_at)
select ceptoar_id, 'x', '[]', made_by, now() from directory_imports;
insert into editions (edition_id, as_of, document, published_at) values ('1999-01-01', '1999-01-01', '{}', now());
insert into follow_ups (fiscal_year, as_of, base_edition, due_on, plan_ja, plan_en, opened_by, opened_at)
select 2031, '2032-03-31', '2018-04-24', '2032-01-30', 'x', 'x', account_id, now() from accounts where sign_in_name = 'analyst';
insert into follow_up_sheets (follow_up_id, ceptoar_id, position, content, prefill, edited_at)
select follow_up_id, ceptoar_id, 1, jsonb_build_object('id', ceptoar_id), '{}', now() from follow_ups, ceptoars
on conflict do nothing;
insert into follow_up_events (follow_up_id, ceptoar_id, step, comment, account_id, organisation_id, at)
select s.follow_up_id, s.ceptoar_id, 'send', 'x', f.account_id, f.organisation_id, now()
from follow_up_sheets s join affiliations f on f.ceptoar_id = s.ceptoar_id and f.role = 'secretariat';
insert into follow_up_reminders select follow_up_id, ceptoar_id, 'by_hand', '2026-11-21', 1, now() from follow_up_sheets
on conflict do nothing;
insert into errata select gen_random_uuid(), '2018-04-24', 'banks', '2026-11-21', 'x', 'x', 'x', 'x', 'y', 'y', account_id, now()
from accounts where sign_in_name = 'approver';
update advisories set state = 'review', submitted_by = created_by, submitted_at = now() where number = 'T-9';
insert into advisory_looks (advisory_id, account_id, edits, looked_at)
select a.advisory_id, b.account_id, 0, now() from advisories a, accounts b where a.number = 'T-9' and b.sign_in_name = 'approver';
insert into advisory_comments (comment_id, advisory_id, field, body, edits, made_by, made_by_name, made_at)
select gen_random_uuid(), a.advisory_id, 'title', 'x', 0, b.account_id, 'x', now()
from advisories a, accounts b where a.level in ('AMBER', 'GREEN') and b.sign_in_name = 'approver';
insert into advisory_comment_steps (comment_id, step, body, made_by, made_by_name, made_at)
select comment_id, 'answer', 'x', made_by, 'x', now() from advisory_comments;
insert into advisory_returns (advisory_id, submission_id, remark, open_comments, made_by, made_by_name, made_at)
select advisory_id, null, 'x', 1, made_by, 'x', now() from advisory_comments;
update advisories set state = 'draft', submitted_by = null, submitted_at = null where number = 'T-9';
insert into advisories_at_rest (advisory_id, reckoned_at) select advisory_id, now() from advisories where state = 'published';
insert into advisory_totals (advisory_id, ceptoar_id, stage, delay, organisations, asked, due, in_time)
select advisory_id, 'banks', 'member', 0, 1, 1, 1, 0 from advisories_at_rest;
insert into advisory_ways (advisory_id, ceptoar_id, stage, way, organisations)
select advisory_id, 'banks', 'member', 'phone', 1 from advisories_at_rest
";

async fn names(db: &mut PgConnection, query: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(db).await.expect("names")
}

async fn number(db: &mut PgConnection, query: impl Into<String>) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query.into())).fetch_one(db).await.expect("a number")
}

async fn tables(db: &mut PgConnection) -> Vec<String> {
    let query = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
                 and relkind in ('r', 'p') order by 1";
    names(db, query).await
}

/// A transaction of somebody who is looking this evening.
async fn looking(app: &TestApp, db: &mut PgConnection, name: &str) -> Tx {
    let id: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
        .bind(name)
        .fetch_one(db)
        .await
        .expect("an account");
    app.state.db.begin(Some(AccountId(id)), app.state.clock.now()).await.expect("a transaction")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_under_forced_row_security() {
    let (_app, mut db) = filled().await;
    let open = names(
        &mut db,
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and not (relrowsecurity and relforcerowsecurity) order by 1",
    )
    .await;
    assert_eq!(open, WITHOUT_ROW_SECURITY, "call protect('table') in its migration");
    // A policy for everybody, or for no role in particular, lets in roles that nobody thought of.
    let loose = names(
        &mut db,
        "select format('%s on %s', policyname, tablename) from pg_policies where schemaname = 'public'
         and roles && array['public']::name[]",
    )
    .await;
    assert_eq!(loose, [""; 0]);
    let published = names(
        &mut db,
        "select g from pg_class, unnest(array['select', 'insert', 'update', 'delete', 'truncate']) g
         where relname = 'editions' and has_table_privilege('portal_app', oid, g)",
    );
    assert_eq!(published.await, ["select"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_own_nothing_and_stand_above_nothing() {
    let (_app, mut db) = filled().await;
    let mighty = names(
        &mut db,
        "select format('%s super=%s bypass=%s createrole=%s createdb=%s replication=%s', rolname, rolsuper, rolbypassrls,
           rolcreaterole, rolcreatedb, rolreplication)
         from pg_roles where rolname in ('portal_app', 'portal_worker')
         and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
         union all select rolname || ' bypasses row security' from pg_roles
         where rolname = 'portal_owner' and (rolsuper or rolbypassrls)
         union all select format('%s is a member of %s', m.member::regrole, m.roleid::regrole) from pg_auth_members m
         where m.member in ('portal_app'::regrole, 'portal_worker'::regrole)",
    )
    .await;
    assert_eq!(mighty, [""; 0]);
    let owned = names(
        &mut db,
        "select 'relation ' || relname from pg_class where relowner in ('portal_app'::regrole, 'portal_worker'::regrole)
         union all select 'function ' || proname from pg_proc where proowner in ('portal_app'::regrole, 'portal_worker'::regrole)
         union all select 'schema ' || nspname from pg_namespace where nspowner in ('portal_app'::regrole, 'portal_worker'::regrole)
         union all select format('%s may create in %s', r, nspname) from pg_namespace, unnest(array['portal_app', 'portal_worker']) r
         where nspname !~ '^pg_' and has_schema_privilege(r, oid, 'create')
         union all select format('%s may %s %s', r, g, relname) from pg_class,
           unnest(array['portal_app', 'portal_worker']) r, unnest(array['truncate', 'references', 'trigger']) g
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and has_table_privilege(r, oid, g)",
    )
    .await;
    assert_eq!(owned, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_with_the_owners_power_are_nailed_down() {
    let (_app, mut db) = filled().await;
    // Functions that came with an extension are not ours.
    let ours = "from pg_proc p where pronamespace = 'public'::regnamespace
                and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')";
    let definer = number(&mut db, format!("select count(*) {ours} and prosecdef")).await;
    assert!(definer >= 10, "the catalogue is not read right: {definer}");
    let mut loose = async |what: &str| -> Vec<String> {
        let query = format!("select p.oid::regprocedure::text {ours} and {what} order by 1");
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut db).await.expect("functions")
    };
    assert_eq!(
        loose("prosecdef and proconfig is distinct from array['search_path=pg_catalog, pg_temp']").await,
        [""; 0],
        "a search_path that somebody else could fill"
    );
    assert_eq!(loose("has_function_privilege('public', p.oid, 'execute')").await, [""; 0], "callable by everybody");
}

/// Views that ask with their owner's rights, because the policies themselves ask them. Each shows the viewer's own
/// rows only and is a barrier.
const OWNERS_VIEWS: [&str; 1] = ["viewer_reach"];

#[tokio::test(flavor = "multi_thread")]
async fn views_ask_with_the_readers_rights() {
    let (_app, mut db) = filled().await;
    let loose = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
         and (relkind = 'm' or (relkind = 'v' and not coalesce(reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']))";
    assert_eq!(names(&mut db, loose).await, OWNERS_VIEWS);
    let open = format!(
        "{loose} and not coalesce(reloptions, '{{}}') && array['security_barrier=true', 'security_barrier=on']"
    );
    assert_eq!(names(&mut db, &open).await, [""; 0], "conditions of others would be asked of hidden rows");
}

/// A RED item that names a window of each of two firms, and reaches the first firm only. Whoever answers for the
/// second firm's named window, and for another window of the first, has a door of one hat and a name of the other.
const TWO_FIRMS: &str = "
insert into advisory_addressees (advisory_id, contact_id)
select a.advisory_id, f.contact_id from advisories a, affiliations f join accounts c using (account_id)
where a.number = 'T-1' and c.sign_in_name = 'poc-bank-2';
insert into advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule)
select a.advisory_id, f.organisation_id, 'banks', 'member', 'named'
from advisories a, affiliations f join accounts c using (account_id)
where a.number = 'T-1' and c.sign_in_name = 'poc-bank-1';
insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
select gen_random_uuid(), k.organisation_id, k.ceptoar_id, 9, k.label, k.handler, k.language, k.valid
from contacts k join affiliations f using (contact_id) join accounts c using (account_id)
where c.sign_in_name = 'poc-bank-1';
insert into affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid)
select c.account_id, 'member_poc', k.organisation_id, 'banks', k.contact_id, '[2000-01-01,)'
from accounts c, contacts k where c.sign_in_name = 'poc-bank-2' and k.position = 9";

#[tokio::test(flavor = "multi_thread")]
async fn a_door_of_one_hat_is_not_opened_by_the_window_of_another() {
    let (app, mut db) = filled().await;
    sqlx::raw_sql(TWO_FIRMS).execute(&mut db).await.expect("two firms");
    for (name, sees) in [("poc-bank-1", 1), ("poc-bank-2", 0)] {
        let mut tx = looking(&app, &mut db, name).await;
        for table in [
            "advisories where number = 'T-1'",
            "advisory_texts where title = 'T-1'",
            "viewer_hats(null) h join advisories a using (advisory_id) where a.number = 'T-1'",
        ] {
            assert_eq!(number(&mut tx, format!("select count(*) from {table}")).await, sees, "{name}: {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_nothing() {
    let (app, mut db) = filled().await;
    let mut empty = Vec::new();
    let mut readable = 0;
    for table in tables(&mut db).await {
        if number(&mut db, format!("select count(*) from {table}")).await == 0 {
            empty.push(table.clone());
        }
        if WITHOUT_ROW_SECURITY.contains(&table.as_str()) {
            continue;
        }
        // Twice: inside a transaction that says that nobody looks, and on a connection that says nothing at all.
        let mut tx = app.state.db.begin(None, app.state.clock.now()).await.expect("a transaction");
        readable += i32::from(refused_or_empty(&mut tx, &table).await);
        let mut raw = PgConnection::connect_with(&app.database.connections.app).await.expect("a connection");
        refused_or_empty(&mut raw, &table).await;
    }
    assert_eq!(empty, [""; 0], "nothing can be learnt from empty tables: put rows into ITEMS");
    assert!(readable > 20, "{readable} tables looked into");
}

/// Whether the table could be read; it must then have no rows.
async fn refused_or_empty(connection: &mut PgConnection, table: &str) -> bool {
    let query = AssertSqlSafe(format!("select count(*) from {table}"));
    match sqlx::query_scalar::<_, i64>(query).fetch_one(connection).await {
        Ok(rows) => {
            assert_eq!(rows, 0, "{table} shows rows to nobody");
            true
        }
        Err(error) => {
            let code = error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
            assert_eq!(code.as_deref(), Some("42501"), "{table}: {error}");
            false
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_or_no_longer_anything_reads_no_more_than_the_public_facts() {
    let (app, mut db) = filled().await;
    sqlx::query("update affiliations set valid = daterange(lower(valid), '2026-11-21')")
        .execute(&mut db)
        .await
        .unwrap();
    for table in [
        "affiliations",
        "memberships",
        "contacts",
        "contact_channels",
        "advisories",
        "advisory_texts",
        "advisory_audience",
        "deliveries",
        "delivery_addresses",
        "mails",
    ] {
        for name in ["analyst", "desk-banks", "poc-bank-1", "liaison-fsa"] {
            let mut tx = looking(&app, &mut db, name).await;
            let query = match table {
                "affiliations" => "select count(*) from affiliations where valid @> viewer_today()".to_owned(),
                // Whoever worked on an item stays on its case.
                "advisories" | "advisory_texts" | "mails" if name == "analyst" => continue,
                _ => format!("select count(*) from {table}"),
            };
            assert_eq!(number(&mut tx, query).await, 0, "{name} left yesterday and still reads {table}");
        }
        let mut tx = app.state.db.begin(Some(AccountId(Uuid::nil())), app.state.clock.now()).await.unwrap();
        assert_eq!(number(&mut tx, format!("select count(*) from {table}")).await, 0, "{table}");
    }
    let mut tx = looking(&app, &mut db, "poc-bank-1").await;
    assert_eq!(number(&mut tx, "select count(*) from organisations where kind = 'member'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_itself_and_no_other_member() {
    let (app, mut db) = filled().await;
    let own = "(select organisation_id from organisations where code = 'demo-banks-0001')";
    let windows = number(&mut db, format!("select count(*) from contacts where organisation_id = {own}")).await;
    let mut tx = looking(&app, &mut db, "poc-bank-1").await;
    assert_eq!(number(&mut tx, "select count(*) from organisations where kind = 'member'").await, 1);
    assert_eq!(number(&mut tx, format!("select count(*) from organisations where organisation_id = {own}")).await, 1);
    assert_eq!(number(&mut tx, "select count(*) from memberships").await, 1);
    assert_eq!(number(&mut tx, "select count(*) from contacts").await, windows);
    assert_eq!(
        number(
            &mut tx,
            "select count(*) from contact_channels where contact_id not in (select contact_id from contacts)"
        )
        .await,
        0
    );
    assert!(number(&mut tx, "select count(*) from contact_channels").await >= windows);
    for foreign in [
        "contacts",
        "memberships",
        "group_members",
        "deliveries",
        "delivery_addresses",
        "advisory_audience",
        "advisory_acknowledgements",
        "desk_receipts",
        "onward_reports",
        "advisory_measures",
        "escalations",
        "call_attempts",
        "directory_versions",
        "directory_changes",
        "survey_asked",
        "survey_replies",
        "survey_drafts",
        "survey_answers",
        "survey_letters",
    ] {
        let query = format!("select count(*) from {foreign} where organisation_id <> {own}");
        assert_eq!(number(&mut tx, query).await, 0, "{foreign} of other members");
    }
    assert_eq!(
        number(
            &mut tx,
            format!(
                "select count(*) from organisation_names n join organisations o using (organisation_id)
                                 where o.kind = 'member' and o.organisation_id <> {own}"
            )
        )
        .await,
        0
    );
    for route in ["relays", "relay_decisions", "advisory_steps"] {
        assert_eq!(number(&mut tx, format!("select count(*) from {route}")).await, 0, "{route} are the route's");
    }
    let words = "select count(*) from desk_receipt_words w join desk_receipts d using (receipt_id)";
    assert_eq!(number(&mut tx, "select count(*) from desk_receipt_words").await, number(&mut tx, words).await);
    assert_eq!(number(&mut tx, "select count(*) from accounts").await, 1);
    assert_eq!(number(&mut tx, "select count(*) from advisories where state <> 'published'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_sees_the_members_of_its_own_ceptoar() {
    let (app, mut db) = filled().await;
    for (name, ceptoar, members) in
        [("desk-banks", "banks", 1416), ("desk-water", "water", 8), ("coordinator", "t-ceptoar", 25)]
    {
        let windows = number(&mut db, format!("select count(*) from contacts where ceptoar_id = '{ceptoar}'")).await;
        let mut tx = looking(&app, &mut db, name).await;
        assert_eq!(
            number(&mut tx, "select count(*) from organisations where kind = 'member'").await,
            members,
            "{name}"
        );
        assert_eq!(number(&mut tx, "select count(*) from memberships").await, members, "{name}");
        assert_eq!(number(&mut tx, "select count(*) from contacts").await, windows, "{name}");
        let versions = number(&mut tx, "select count(*) from directory_versions where relation = 'contacts'").await;
        // A coordinator judges what is so now; of the past it has its own desk's windows.
        assert_eq!(versions, if name == "coordinator" { 2 } else { windows }, "{name}");
        // What is on its way into the directory is the secretariat's alone.
        let imports = i64::from(name != "coordinator");
        for table in ["directory_imports", "directory_import_rows", "directory_import_columns"] {
            assert_eq!(number(&mut tx, format!("select count(*) from {table}")).await, imports, "{name} {table}");
        }
        for table in [
            "memberships",
            "group_members",
            "contacts",
            "deliveries",
            "delivery_addresses",
            "advisory_audience",
            "call_attempts",
            "escalations",
            "escalation_plan",
            "directory_changes",
            "directory_imports",
            "directory_import_columns",
        ] {
            let query = format!("select count(*) from {table} where ceptoar_id is distinct from '{ceptoar}'");
            assert_eq!(number(&mut tx, query).await, 0, "{name} reads {table} of others");
        }
    }
    // Members of the Council speak for a CEPTOAR; its roster is not theirs.
    for name in ["delegate", "wg-chair", "observer", "auditor"] {
        let mut tx = looking(&app, &mut db, name).await;
        assert_eq!(number(&mut tx, "select count(*) from organisations where kind = 'member'").await, 0, "{name}");
        assert_eq!(number(&mut tx, "select count(*) from contacts").await, 0, "{name}");
        for table in ["directory_versions", "directory_imports", "directory_import_rows", "advisories"] {
            assert_eq!(number(&mut tx, format!("select count(*) from {table}")).await, 0, "{name} {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centre_sees_organisations_but_no_window_and_no_address() {
    let (app, mut db) = filled().await;
    for name in ["analyst", "analyst2", "approver", "approver2"] {
        let mut tx = looking(&app, &mut db, name).await;
        assert_eq!(number(&mut tx, "select count(*) from organisations where kind = 'member'").await, 4303, "{name}");
        for table in [
            "contacts",
            "contact_channels",
            "delivery_addresses",
            "directory_versions",
            "directory_changes",
            "desk_receipt_words",
            "onward_report_words",
            "advisory_measure_words",
            "surveys",
            "survey_questions",
            "survey_asked",
            "survey_replies",
            "survey_answers",
        ] {
            assert_eq!(number(&mut tx, format!("select count(*) from {table}")).await, 0, "{name} reads {table}");
        }
        assert!(number(&mut tx, "select count(*) from desk_receipts").await > 0, "{name}");
        assert!(number(&mut tx, "select count(*) from deliveries").await > 0, "{name}");
    }
    let mut tx = looking(&app, &mut db, "liaison-fsa").await;
    assert_eq!(number(&mut tx, "select count(*) from organisations where kind = 'member'").await, 0);
    let own = "select count(*) from contacts k join organisations o using (organisation_id) where o.code = 'fsa'";
    assert_eq!(number(&mut tx, own).await, 8, "its own two for each of its four CEPTOARs");
    assert_eq!(number(&mut tx, "select count(*) from contacts").await, 8, "and no other");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_writes_to_the_roster_alone_and_the_worker_reads_no_directory() {
    let (_app, mut db) = filled().await;
    let written = names(
        &mut db,
        "select format('%s %s', g, name) from
           (values ('sectors'), ('sector_names'), ('organisations'), ('organisation_names'), ('sector_ministries'),
             ('ceptoars'), ('ceptoar_names'), ('secretariat_terms'), ('member_counts'), ('subgroups'), ('group_members'), ('memberships'),
             ('windows'), ('contacts'), ('contact_channels'), ('route_stages'), ('reference_loads'), ('accounts'),
             ('affiliations'), ('directory_versions'), ('directory_changes')) t (name),
           unnest(array['insert', 'update', 'delete']) g
         where has_table_privilege('portal_app', name, g)
            or (g <> 'delete' and has_any_column_privilege('portal_app', name, g)) order by 1",
    )
    .await;
    let roster = ["contact_channels", "contacts", "memberships", "organisation_names"];
    let mut expected: Vec<String> =
        ["delete", "insert", "update"].iter().flat_map(|g| roster.iter().map(move |t| format!("{g} {t}"))).collect();
    // What was said and done is never changed, and windows are made by the rows that describe them.
    // Groups and who is in them end, and are never taken away.
    let groups = ["insert group_members", "insert subgroups", "update group_members", "update subgroups"];
    expected.extend(groups.map(str::to_owned));
    expected.extend(["insert directory_changes", "insert organisations"].map(str::to_owned));
    expected.sort();
    assert_eq!(written, expected);
    // Whose fact it is is written once.
    let moved = names(
        &mut db,
        "select format('%s.%s', table_name, column_name) from information_schema.column_privileges
         where grantee = 'portal_app' and privilege_type = 'UPDATE' and column_name in
           ('organisation_id', 'ceptoar_id', 'contact_id', 'fact_id', 'recorded_at', 'kept_by', 'kind', 'subgroup_id')
           and table_name in ('organisation_names', 'subgroups', 'group_members')
           or grantee = 'portal_app' and privilege_type = 'UPDATE' and column_name in
           ('organisation_id', 'ceptoar_id', 'contact_id', 'fact_id', 'recorded_at')
           and table_name in ('contact_channels', 'contacts', 'memberships')",
    );
    assert_eq!(moved.await, [""; 0]);
    let query = "select count(*) from (values ('organisations'), ('organisation_names'), ('memberships'), ('windows'),
           ('contacts'), ('contact_channels'), ('directory_versions'), ('directory_changes'), ('accounts'), ('affiliations'),
           ('ceptoars'), ('subgroups'), ('group_members'), ('member_counts'), ('secretariat_terms'), ('route_stages'),
           ('sessions'), ('advisories'), ('advisory_texts'), ('advisory_audience'), ('advisory_addressees')) t (name)
         where has_any_column_privilege('portal_worker', name, 'select, insert, update')";
    assert_eq!(number(&mut db, query).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_remembers_who_looked_before() {
    const ROUNDS: usize = 250;
    let app = TestApp::start().await;
    let mut people = Vec::new();
    for name in ["one", "two", "three"] {
        people.push(AccountId(factory::account(&app, name).await));
    }
    let pool = Db::new(app.database.connections.app.clone(), 2);
    let now = app.state.clock.now();
    let mut crowd = tokio::task::JoinSet::new();
    for task in 0..8 {
        let (pool, people) = (pool.clone(), people.clone());
        crowd.spawn(async move {
            for round in 0..ROUNDS {
                // Three people and nobody, each task in a rhythm of its own.
                let viewer = people.get((round * (task + 1) + task) % 4).copied();
                let mut tx = pool.begin(viewer, now).await.expect("a transaction");
                let seen: Vec<Uuid> =
                    sqlx::query_scalar("select account_id from accounts").fetch_all(&mut *tx).await.expect("rows");
                assert_eq!(seen, viewer.map(|v| v.0).into_iter().collect::<Vec<_>>());
                match round % 3 {
                    0 => {
                        // The same connection, its transaction over: it must have forgotten.
                        sqlx::raw_sql("commit").execute(&mut *tx).await.expect("a commit");
                        assert_eq!(number(&mut tx, "select count(*) from accounts").await, 0);
                    }
                    1 => drop(tx),
                    _ => drop(sqlx::query("select 1 / 0").execute(&mut *tx).await.expect_err("an error")),
                }
            }
            ROUNDS
        });
    }
    let looked: usize = crowd.join_all().await.into_iter().sum();
    assert_eq!(looked, 8 * ROUNDS);
    // And the next visitor, who is nobody, is nobody.
    let mut tx = pool.begin(None, now).await.expect("a transaction");
    assert_eq!(number(&mut tx, "select count(*) from accounts").await, 0);
}
