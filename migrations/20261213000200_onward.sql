-- What a hub passed on (docs/decisions/0046-onward-reports.md). Some members pass an item on to businesses that stand in no
-- roster: of 水道 eight hubs reach 1,350. The portal cannot count those, so the hub says how many it told, or tells its desk.
-- Rows are only ever added; the newest of an item, a CEPTOAR and a hub counts.
create table onward_reports (
  report_id bigint generated always as identity primary key,  -- in the order in which they were made
  advisory_id uuid not null references advisories,
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations,
  told integer not null,                          -- businesses told so far, all in all
  behind integer not null,                        -- businesses behind the hub, as it counts them
  by_desk boolean not null default false,         -- the desk was told; else the hub reports itself
  reported_at timestamptz not null default viewer_now(),
  constraint onward_reports_counts check (told between 0 and behind and behind between 1 and 1000000)
);
create index onward_reports_item on onward_reports (advisory_id, organisation_id, report_id desc);
create index onward_reports_hub on onward_reports (organisation_id, ceptoar_id, report_id desc);

-- Names and remarks are the hub's and the desk's (as desk_receipt_words): the centre counts, and has no use for a person.
create table onward_report_words (
  report_id bigint primary key references onward_reports,
  answered_by text not null default '' check (length(answered_by) <= 100),  -- who told the desk
  remark text not null default '' check (length(remark) <= 200),
  entered_by uuid not null references accounts,
  entered_by_name text not null default ''
);

call protect('onward_reports');
call protect('onward_report_words');

-- Whether an organisation got an item as a member that passes on, by what the directory says of the day of publication.
-- RED goes to persons by name and no further.
create function is_onward_hub(p_advisory uuid, p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (
      select from public.advisory_audience au
      join public.advisories a using (advisory_id)
      join public.memberships m on m.ceptoar_id = au.ceptoar_id and m.organisation_id = au.organisation_id
       and m.hub and m.valid @> (a.published_at at time zone 'Asia/Tokyo')::date
      where au.advisory_id = p_advisory and au.ceptoar_id = p_ceptoar and au.organisation_id = p_organisation
        and au.stage = 'member' and not au.held and a.state = 'published' and a.level <> 'RED');
  end $$;

-- Whether the viewer answers for the hub, and the item is open to them there.
create function speaks_for_hub(p_advisory uuid, p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.viewer_hats(array[p_advisory]) h
                   where h.stage = 'member' and h.ceptoar_id = p_ceptoar and h.organisation_id = p_organisation
                     and h.role in ('member_poc', 'hub_member') and not h.sealed)
      and public.is_onward_hub(p_advisory, p_ceptoar, p_organisation);
  end $$;

-- Who and when is the database's to say. A trigger answers before row security: it asks for the right first, and refuses in
-- one and the same words.
create function onward_reports_entry() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.said_by_owner() then
      new.by_desk := not public.speaks_for_hub(new.advisory_id, new.ceptoar_id, new.organisation_id);
      if new.by_desk and not (public.desk_enters(new.advisory_id, new.ceptoar_id, new.organisation_id)
                              and public.is_onward_hub(new.advisory_id, new.ceptoar_id, new.organisation_id)) then
        raise exception 'not for this viewer to report' using errcode = 'insufficient_privilege';
      end if;
    end if;
    new.reported_at := public.viewer_now();
    return new;
  end $$;
create trigger onward_reports_entry before insert on onward_reports
  for each row execute function onward_reports_entry();

-- A desk says who told it. Looked at when both rows are written.
create function onward_report_words_names() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    new.entered_by := coalesce(public.viewer_account(), new.entered_by);
    new.entered_by_name := coalesce(
      (select c.display_name from public.accounts c where c.account_id = new.entered_by), '');
    if (new.answered_by <> '') is distinct from (
         select r.by_desk from public.onward_reports r where r.report_id = new.report_id) then
      raise exception 'a desk says who told it, a hub nobody' using errcode = 'check_violation',
        constraint = 'onward_report_words_answered_by';
    end if;
    return new;
  end $$;
create trigger onward_report_words_names before insert on onward_report_words
  for each row execute function onward_report_words_names();
create function onward_reports_worded() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not exists (select from public.onward_report_words w where w.report_id = new.report_id) then
      raise exception 'a report says who entered it' using errcode = 'check_violation',
        constraint = 'onward_reports_worded';
    end if;
    return null;
  end $$;
create constraint trigger onward_reports_worded after insert on onward_reports
  deferrable initially deferred for each row execute function onward_reports_worded();

-- Read by those who read receipts: the centre, the hub itself, the desk whose member it is.
create policy own_view on onward_reports for select to portal_app using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or (ceptoar_id = any ((select viewer_ceptoars())::text[])
      and exists (select from viewer_reach r where r.advisory_id = onward_reports.advisory_id offset 0))
  -- Not whoever answers for the organisation elsewhere: a hub of two CEPTOARs reports in each.
  or (organisation_id = any ((select viewer_answering_organisations())::uuid[])
      and speaks_for_hub(advisory_id, ceptoar_id, organisation_id)));
-- That it is a hub's is the trigger's to ask: whoever may not know learns it from nothing.
create policy enter on onward_reports for insert to portal_app with check (
  speaks_for_hub(advisory_id, ceptoar_id, organisation_id) or desk_enters(advisory_id, ceptoar_id, organisation_id));
create policy own_view on onward_report_words for select to portal_app using (
  exists (select from onward_reports r
          where r.report_id = onward_report_words.report_id
            and (r.ceptoar_id = any ((select viewer_ceptoars())::text[])
                 or speaks_for_hub(r.advisory_id, r.ceptoar_id, r.organisation_id))));
create policy enter on onward_report_words for insert to portal_app with check (
  exists (select from onward_reports r
          where r.report_id = onward_report_words.report_id
            and (speaks_for_hub(r.advisory_id, r.ceptoar_id, r.organisation_id)
                 or desk_enters(r.advisory_id, r.ceptoar_id, r.organisation_id))));
grant select on onward_reports, onward_report_words to portal_app;
grant insert (advisory_id, ceptoar_id, organisation_id, told, behind) on onward_reports to portal_app;
grant insert (report_id, answered_by, remark, entered_by) on onward_report_words to portal_app;

-- For the board, which ministries see too: numbers per CEPTOAR and no organisation. Whoever has reported nothing counts with
-- the businesses behind it that it named last, for whatever item; `unknown` counts those that never named any.
create function onward_board(p_advisory uuid)
  returns table (ceptoar_id text, hubs bigint, reported bigint, told bigint, behind bigint, unknown bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    -- Whoever may not know of an item at the centre sees it at their desk alone.
    everything boolean := public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from());
    scope text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    return query
    select au.ceptoar_id, count(*), count(r.told), coalesce(sum(r.told), 0), coalesce(sum(coalesce(r.behind, l.behind)), 0),
           count(*) filter (where coalesce(r.behind, l.behind) is null)
    from public.advisory_audience au
    join public.advisories a using (advisory_id)
    left join public.memberships m on m.ceptoar_id = au.ceptoar_id and m.organisation_id = au.organisation_id
     and m.hub and m.valid @> (a.published_at at time zone 'Asia/Tokyo')::date
    left join lateral (
      select x.told, x.behind from public.onward_reports x
      where x.advisory_id = p_advisory and x.organisation_id = au.organisation_id and x.ceptoar_id = au.ceptoar_id
      order by x.report_id desc limit 1) r on true
    left join lateral (
      select x.behind from public.onward_reports x
      where r.behind is null and x.organisation_id = au.organisation_id and x.ceptoar_id = au.ceptoar_id
      order by x.report_id desc limit 1) l on true
    where au.advisory_id = p_advisory and au.stage = 'member' and not au.held and a.state = 'published'
      and a.level <> 'RED' and (everything or au.ceptoar_id = any (scope))
      -- Who has reported stays one, also where the directory says otherwise since.
      and (m.fact_id is not null or r.told is not null)
      -- Nobody is asked any more for whom a newer version is there.
      and (au.superseded_at is null or r.told is not null)
    group by au.ceptoar_id;
  end $$;

revoke execute on function is_onward_hub(uuid, text, uuid), speaks_for_hub(uuid, text, uuid), onward_reports_entry(),
  onward_report_words_names(), onward_reports_worded(), onward_board(uuid) from public;
grant execute on function speaks_for_hub(uuid, text, uuid), onward_board(uuid) to portal_app;
