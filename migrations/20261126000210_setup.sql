-- 整備状況: which types of information a CEPTOAR shares, from when to when, and the steps of its setting up; kept by its
-- desk in the manner of its activities (docs/decisions/0029-activities-of-the-year.md).

create table setup_facts (
  fact_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  version integer not null default 1,
  subject text not null constraint setup_facts_subject check (
    subject in ('intake_failures', 'intake_crime', 'intake_vulnerabilities', 'intake_viruses', 'intake_other',
                'step_agreement', 'step_rules', 'step_windows', 'step_operation', 'step_analysis', 'step_other')),
  from_on date not null,
  day_known boolean not null,                  -- otherwise some day in that month; then it stands as its first
  until_on date,                               -- the last day on which a type is shared
  remark text not null default '' constraint setup_facts_remark check (char_length(remark) <= 500),
  correction text not null default '' constraint setup_facts_correction check (char_length(correction) <= 500),
  recorded_by uuid not null references accounts,
  recorded_at timestamptz not null,
  taken_back_at timestamptz,
  constraint setup_facts_day check (day_known or extract(day from from_on) = 1),
  constraint setup_facts_period check (until_on >= from_on and (until_on is null or subject like 'intake%')),
  constraint setup_facts_reason check (version = 1 or correction <> ''),
  -- A type is shared or it is not; twice at once says nothing more.
  constraint setup_facts_once exclude using gist (
    ceptoar_id with =, subject with =, (daterange(from_on, until_on, '[]')) with &&)
    where (taken_back_at is null and subject like 'intake%')
);
create index setup_facts_ceptoar on setup_facts (ceptoar_id, from_on);
comment on table setup_facts is 'types of information that a CEPTOAR shares, and steps of its setting up; dated, corrected, never deleted';

create table setup_fact_versions (
  fact_id uuid not null references setup_facts,
  version integer not null,
  ceptoar_id text not null references ceptoars,
  said jsonb not null,                         -- the row as it was
  ended_at timestamptz not null,
  primary key (fact_id, version)
);
create index setup_fact_versions_ceptoar on setup_fact_versions (ceptoar_id);
comment on table setup_fact_versions is 'what setup_facts said before; never changed';

create function setup_facts_keep_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if old.taken_back_at is not null then
      raise exception 'what was taken back stays as it is' using errcode = 'restrict_violation';
    end if;
    if new.version <> old.version + 1 then
      raise exception 'another version was saved meanwhile' using errcode = 'serialization_failure';
    end if;
    if (new.fact_id, new.ceptoar_id) is distinct from (old.fact_id, old.ceptoar_id) then
      raise exception 'a fact stays with its CEPTOAR' using errcode = 'restrict_violation';
    end if;
    insert into public.setup_fact_versions (fact_id, version, ceptoar_id, said, ended_at)
      values (old.fact_id, old.version, old.ceptoar_id, to_jsonb(old), public.viewer_now());
    return new;
  end $$;
create trigger setup_facts_versions before update on setup_facts for each row execute function setup_facts_keep_version();

call protect('setup_facts');
create policy those_concerned on setup_facts for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])
  or (taken_back_at is null and ceptoar_id = any ((select viewer_joined_ceptoars())::text[])));
create policy desk_records on setup_facts for insert to portal_app with check (
  directory_keeps_ceptoar(ceptoar_id) and recorded_by = (select viewer_account())
  and recorded_at = (select viewer_now()) and version = 1 and taken_back_at is null);
create policy desk_corrects on setup_facts for update to portal_app
  using (directory_keeps_ceptoar(ceptoar_id) and taken_back_at is null)
  with check (directory_keeps_ceptoar(ceptoar_id) and recorded_by = (select viewer_account())
              and recorded_at = (select viewer_now()) and (taken_back_at is null or taken_back_at = (select viewer_now())));
grant select, insert (fact_id, ceptoar_id, subject, from_on, day_known, until_on, remark, recorded_by, recorded_at),
      update (version, subject, from_on, day_known, until_on, remark, correction, recorded_by, recorded_at, taken_back_at)
  on setup_facts to portal_app;

call protect('setup_fact_versions');
create policy those_who_look_over on setup_fact_versions for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[]));
grant select on setup_fact_versions to portal_app;
