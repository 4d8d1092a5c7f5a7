-- 概要の文章と機能: the sections of a CEPTOAR's profile and the functions that it fulfils, kept by its desk as the types
-- of information and the steps of its setting up are. The next follow-up's sheet begins with them.

alter table setup_facts
  drop constraint setup_facts_subject,
  add constraint setup_facts_subject check (
    subject in ('intake_failures', 'intake_crime', 'intake_vulnerabilities', 'intake_viruses', 'intake_other',
                'function_collection', 'function_analysis', 'function_sharing', 'function_outward',
                'step_agreement', 'step_rules', 'step_windows', 'step_operation', 'step_analysis', 'step_other',
                'profile_purpose', 'profile_structure', 'profile_traits')),
  add column remark_en text not null default '' constraint setup_facts_remark_en check (char_length(remark_en) <= 2000),
  drop constraint setup_facts_remark,
  add constraint setup_facts_remark check (
    char_length(remark) <= case when subject like 'profile%' then 1000 else 500 end
    and (subject not like 'profile%' or remark <> '')),
  drop constraint setup_facts_period,
  add constraint setup_facts_period check (
    until_on >= from_on and (until_on is null or subject like 'intake%' or subject like 'function%')),
  -- A function is fulfilled or it is not, as a type is shared or not.
  drop constraint setup_facts_once,
  add constraint setup_facts_once exclude using gist (
    ceptoar_id with =, subject with =, (daterange(from_on, until_on, '[]')) with &&)
    where (taken_back_at is null and (subject like 'intake%' or subject like 'function%'));
-- A section holds until the next one of its kind begins; two of one day would leave open which.
create unique index setup_facts_section_once on setup_facts (ceptoar_id, subject, from_on)
  where taken_back_at is null and subject like 'profile%';
comment on table setup_facts is 'how a CEPTOAR is set up: information types, functions, steps, sections of its profile; dated, corrected, never deleted';
grant insert (remark_en), update (remark_en) on setup_facts to portal_app;
