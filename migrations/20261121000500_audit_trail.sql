-- 操作履歴: who did what to which thing, and what was refused. The application can only add rows.
create table audit_events (
  sequence bigint generated always as identity primary key,
  occurred_at timestamptz not null,
  account_id uuid,                             -- empty: nobody signed in, or the program itself
  action text not null,                        -- e.g. advisory.publish
  outcome text not null check (outcome in ('done', 'refused')),
  subject_kind text not null,
  subject_id text not null,
  detail jsonb not null default '{}',          -- codes and counts only: no texts, names, addresses
  request_id text
);
create index audit_events_subject on audit_events (subject_kind, subject_id);
call protect('audit_events');
create policy add_own on audit_events for insert to portal_app
  with check (account_id is not distinct from (select viewer_account()));
create policy auditor_or_own on audit_events for select to portal_app
  using ((select viewer_has_role('auditor')) or account_id = (select viewer_account()));
create policy add_system on audit_events for insert to portal_worker with check (account_id is null);
grant select on audit_events to portal_app;
-- Never the sequence: whoever chose numbers could block the rows to come.
grant insert (occurred_at, account_id, action, outcome, subject_kind, subject_id, detail, request_id)
  on audit_events to portal_app, portal_worker;
