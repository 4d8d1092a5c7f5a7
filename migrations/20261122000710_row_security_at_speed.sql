-- The same rules as before, written so that a page with twenty queries does not work out twenty times what the
-- viewer may see (docs/decisions/0021-row-security-at-speed.md; `ceptoar-portal bench walls` measures it).

create function viewer_at_centre() returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select public.viewer_has_role('nisc_analyst', 'nisc_approver') $$;

-- Whether a published item is the centre's to know: all but RED, and RED for its own case team. Without a search
-- path, sub-select or parameter used twice, so that the planner can put it in the place of the call (a call for
-- each row took most of a list's time); every name in it is qualified.
create function centre_knows(p_at_centre boolean, p_viewer uuid, p_level text, p_team uuid[]) returns boolean
  language sql immutable
  as $$ select p_at_centre and (p_level operator(pg_catalog.<>) 'RED' or p_viewer operator(pg_catalog.=) any (p_team)) $$;

-- The items that reach the viewer along a route: all of them, and those whose content does. Worked out once in a
-- transaction and kept in a setting of it. Whoever could forge that setting could as well forge who is looking.
create function viewer_reach() returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    asker text := concat(public.viewer_account(), '/', public.viewer_today());
    kept text := current_setting('portal.reach', true);
  begin
    if kept is null or split_part(kept, '|', 1) <> asker then
      select concat_ws('|', asker, coalesce(array_agg(distinct h.advisory_id), '{}'),
                       coalesce(array_agg(distinct h.advisory_id) filter (where not h.sealed), '{}'))
        into kept from public.viewer_hats(null) h;
      perform set_config('portal.reach', kept, true);
    end if;
    return kept;
  end $$;

create function viewer_reached() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select split_part(public.viewer_reach(), '|', 2)::uuid[] $$;

create function viewer_reached_open() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select split_part(public.viewer_reach(), '|', 3)::uuid[] $$;

-- A publication makes items reach people; what was kept is worked out again.
create function forget_viewer_reach() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$ begin perform set_config('portal.reach', '', true); return null; end $$;
create trigger advisory_audience_forget_reach after insert or delete on advisory_audience
  for each statement execute function forget_viewer_reach();

-- The RED items that the centre does not see: few, where what it sees is nearly everything.
create function viewer_kept_from() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(a.advisory_id), '{}') from public.advisories a
        where a.level = 'RED' and a.state = 'published'
          and not public.centre_knows((select public.viewer_at_centre()), (select public.viewer_account()), a.level,
                array[a.created_by, a.last_edited_by, a.submitted_by, a.approved_by]) $$;
create index advisories_red on advisories (advisory_id) where level = 'RED' and state = 'published';

-- One rule for functions and policies: what the functions list is what the policies let through.
create or replace function viewer_items() returns table (advisory_id uuid, content boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select u.advisory_id, bool_or(u.content) from (
    select a.advisory_id, true as content from public.advisories a
      where a.state = 'published'
        and public.centre_knows((select public.viewer_at_centre()), (select public.viewer_account()), a.level, array[a.created_by, a.last_edited_by, a.submitted_by, a.approved_by])
    union all
    select r, false from unnest(public.viewer_reached()) r
    union all
    select r, true from unnest(public.viewer_reached_open()) r
  ) u group by 1 $$;

grant execute on function viewer_at_centre(), centre_knows(boolean, uuid, text, uuid[]), viewer_reached(),
  viewer_reached_open(), viewer_kept_from() to portal_app;

alter policy envelope on advisories using (
  case state
    when 'published' then
      centre_knows((select viewer_at_centre()), (select viewer_account()), level, array[created_by, last_edited_by, submitted_by, approved_by])
      or advisory_id in (select unnest((select viewer_reached())))
    else advisory_id = any ((select viewer_drafts())::uuid[]) end);

alter policy content on advisory_texts using (
  ((select viewer_at_centre()) and advisory_id in (
    select a.advisory_id from advisories a
    where a.state <> 'published'
       or centre_knows((select viewer_at_centre()), (select viewer_account()), a.level, array[a.created_by, a.last_edited_by, a.submitted_by, a.approved_by])))
  or advisory_id in (select unnest((select viewer_reached_open()))));

alter policy own_window on advisory_addressees using (
  contact_id = any ((select viewer_windows())::uuid[])
  and advisory_id in (select unnest((select viewer_reached()))));

alter policy own_view on advisory_audience using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or ((ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_organisations())::uuid[]))
      and advisory_id in (select unnest((select viewer_reached())))));

alter policy own_view on advisory_acknowledgements using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or ((organisation_id = any ((select viewer_answering_organisations())::uuid[])
       or organisation_id in (select unnest((select viewer_member_organisations()))))
      and advisory_id in (select unnest((select viewer_reached())))));

alter policy own_view on deliveries using (
  ((select viewer_at_centre()) and stage <> 'account' and item_id <> all ((select viewer_kept_from())::uuid[]))
  or ((ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_answering_organisations())::uuid[]))
      and item_id in (select unnest((select viewer_reached())))));

alter policy content on mails using (
  item_kind = 'advisory' and (select viewer_at_centre()) and item_id <> all ((select viewer_kept_from())::uuid[]));
