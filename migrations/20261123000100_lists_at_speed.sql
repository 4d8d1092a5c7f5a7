-- Lists look at the rows of their page and not at everything that the viewer has
-- (docs/decisions/0021-row-security-at-speed.md; `ceptoar-portal bench walls` measures it).

-- A viewer has a handful of keys. The planner took them for a thousand and read the hops of all items to find the viewer's.
alter function viewer_keys() rows 8;

-- `offset 0` keeps the planner from working out the whole list of the viewer's items for the few rows of a page: an
-- item is asked about by index, 4 µs each, where a thousand items took 1.2 ms each time.
alter policy envelope on advisories using (
  case state
    when 'published' then
      centre_knows((select viewer_at_centre()), (select viewer_account()), level,
        array[created_by, last_edited_by, submitted_by, approved_by])
      or exists (select from viewer_reach r where r.advisory_id = advisories.advisory_id offset 0)
    else advisory_id = any ((select viewer_drafts())::uuid[]) end);

alter policy content on advisory_texts using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or advisory_id = any ((select viewer_drafts())::uuid[])
  or exists (select from viewer_reach r where r.advisory_id = advisory_texts.advisory_id and not r.sealed offset 0));

alter policy own_view on advisory_acknowledgements using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or (organisation_id = any ((select viewer_answering_organisations())::uuid[])
      and exists (select from viewer_reach r where r.advisory_id = advisory_acknowledgements.advisory_id offset 0))
  or exists (select from advisory_audience au
             where au.advisory_id = advisory_acknowledgements.advisory_id
               and au.organisation_id = advisory_acknowledgements.organisation_id and au.stage = 'member'
               and au.ceptoar_id = any ((select viewer_ceptoars())::text[])));

-- Names are looked up by the plain index. The one of the constraint served the same condition three times slower, and
-- the planner preferred it; of the text of the id it serves the constraint alone.
alter table organisation_names
  drop constraint organisation_names_one_at_a_time,
  add constraint organisation_names_one_at_a_time exclude using gist ((organisation_id::text) with =, valid with &&);

-- What policies ask about the viewer without arguments, in plpgsql like the others: in SQL each was planned anew in each
-- statement.
do $$
declare
  asked regprocedure;
begin
  foreach asked in array array['viewer_contents()', 'viewer_envelopes()', 'viewer_keeps_staff()', 'viewer_kept_ceptoars()',
    'viewer_kept_firms()', 'viewer_member_organisations()', 'viewer_opened_organisations()', 'viewer_own_drafts()',
    'viewer_secretariat_ceptoars()', 'viewer_secretariat_members()']::regprocedure[]
  loop
    execute (
      select format('create or replace function %s returns %s language plpgsql stable security definer
                     set search_path = pg_catalog, pg_temp as %L',
                    asked, pg_get_function_result(asked), format('begin return (%s); end', p.prosrc))
      from pg_proc p where p.oid = asked);
  end loop;
end $$;
