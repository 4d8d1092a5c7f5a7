-- What a CEPTOAR does for its members, and the networks that were there before it and carry word when mail does not
-- (disasters, accidents): kept by its desk as the rest of its set-up is. Several of a kind at once are no contradiction.

alter table setup_facts
  drop constraint setup_facts_subject,
  add constraint setup_facts_subject check (
    subject in ('intake_failures', 'intake_crime', 'intake_vulnerabilities', 'intake_viruses', 'intake_other',
                'function_collection', 'function_analysis', 'function_sharing', 'function_outward',
                'step_agreement', 'step_rules', 'step_windows', 'step_operation', 'step_analysis', 'step_other',
                'service_tests', 'service_monitoring', 'service_advice', 'service_training', 'service_other',
                'network_disaster', 'network_accident', 'network_other',
                'profile_purpose', 'profile_structure', 'profile_traits')),
  drop constraint setup_facts_remark,
  add constraint setup_facts_remark check (
    char_length(remark) <= case when subject like 'profile%' then 1000 else 500 end
    and (remark <> '' or subject like 'intake%' or subject like 'function%' or subject like 'step%')),
  drop constraint setup_facts_period,
  add constraint setup_facts_period check (
    until_on >= from_on
    and (until_on is null or subject like 'intake%' or subject like 'function%' or subject like 'service%'
         or subject like 'network%'));
comment on table setup_facts is 'how a CEPTOAR is set up: information types, functions, steps, services to members, networks besides, sections of its profile; dated, corrected, never deleted';
