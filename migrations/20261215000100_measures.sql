-- What members do about an item (対応状況), apart from whether they have it (docs/decisions/0056-measures-taken.md). An item asks
-- for it by a time of its own. Rows are only ever added; the newest of an item, a CEPTOAR and a member counts.
alter table advisories add column measures_due timestamptz,
  add constraint advisories_red_asks_no_measures check (measures_due is null or level <> 'RED' or state in ('draft', 'review'));
comment on column advisories.measures_due is 'until when members say what they do about it; null: nobody is asked';
grant update (measures_due) on advisories to portal_app;

create table advisory_measures (
  measure_id bigint generated always as identity primary key,  -- in the order in which they were reported
  advisory_id uuid not null references advisories,
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations,
  measure text not null check (measure in ('investigating', 'planned', 'done', 'not_concerned')),
  planned_on date,
  by_desk boolean not null default false,         -- the desk was told; else the member reports itself
  reported_at timestamptz not null default viewer_now(),
  constraint advisory_measures_planned check ((measure = 'planned') = (planned_on is not null))
);
create index advisory_measures_item on advisory_measures (advisory_id, organisation_id, ceptoar_id, measure_id desc);

-- Names and remarks are the member's and the desk's, as those of receipts are.
create table advisory_measure_words (
  measure_id bigint primary key references advisory_measures,
  answered_by text not null default '' check (length(answered_by) <= 100),  -- who told the desk
  remark text not null default '' check (length(remark) <= 200),
  entered_by uuid not null references accounts,
  entered_by_name text not null default ''
);

call protect('advisory_measures');
call protect('advisory_measure_words');

-- Whether an item asks a member what it does.
create function asks_measures(p_advisory uuid, p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (
      select from public.advisory_audience au join public.advisories a using (advisory_id)
      where au.advisory_id = p_advisory and au.ceptoar_id = p_ceptoar and au.organisation_id = p_organisation
        and au.stage = 'member' and not au.held and au.superseded_at is null and not au.withdrawn
        and a.state = 'published' and a.level <> 'RED' and a.measures_due is not null);
  end $$;

-- Whether the viewer answers for a member that is asked, and the item is open to them there.
create function speaks_for_member(p_advisory uuid, p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.viewer_hats(array[p_advisory]) h
                   where h.stage = 'member' and h.ceptoar_id = p_ceptoar and h.organisation_id = p_organisation
                     and h.role in ('member_poc', 'hub_member') and not h.sealed)
      and public.asks_measures(p_advisory, p_ceptoar, p_organisation);
  end $$;

-- Who and when is the database's to say; the right is asked for first, and refused in one and the same words.
create function advisory_measures_entry() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.said_by_owner() then
      new.by_desk := not public.speaks_for_member(new.advisory_id, new.ceptoar_id, new.organisation_id);
      if new.by_desk and not (public.desk_enters(new.advisory_id, new.ceptoar_id, new.organisation_id)
                              and public.asks_measures(new.advisory_id, new.ceptoar_id, new.organisation_id)) then
        raise exception 'not for this viewer to report' using errcode = 'insufficient_privilege';
      end if;
    end if;
    new.reported_at := public.viewer_now();
    return new;
  end $$;
create trigger advisory_measures_entry before insert on advisory_measures
  for each row execute function advisory_measures_entry();

create function advisory_measure_words_names() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    -- Words are of whoever made the report.
    if not public.said_by_owner() and not exists (
         select from public.advisory_measures m
         where m.measure_id = new.measure_id
           and m.by_desk = not public.speaks_for_member(m.advisory_id, m.ceptoar_id, m.organisation_id)) then
      raise exception 'not for this viewer to word' using errcode = 'insufficient_privilege';
    end if;
    new.entered_by := coalesce(public.viewer_account(), new.entered_by);
    new.entered_by_name := coalesce(
      (select c.display_name from public.accounts c where c.account_id = new.entered_by), '');
    if (new.answered_by <> '') is distinct from (
         select m.by_desk from public.advisory_measures m where m.measure_id = new.measure_id) then
      raise exception 'a desk says who told it, a member nobody' using errcode = 'check_violation',
        constraint = 'advisory_measure_words_answered_by';
    end if;
    return new;
  end $$;
create trigger advisory_measure_words_names before insert on advisory_measure_words
  for each row execute function advisory_measure_words_names();

-- Read by those who read receipts: the centre, the member itself, the desk whose member it is.
create policy own_view on advisory_measures for select to portal_app using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or (ceptoar_id = any ((select viewer_ceptoars())::text[])
      and exists (select from viewer_reach r where r.advisory_id = advisory_measures.advisory_id offset 0))
  or (organisation_id = any ((select viewer_answering_organisations())::uuid[])
      and speaks_for_member(advisory_id, ceptoar_id, organisation_id)));
create policy enter on advisory_measures for insert to portal_app with check (
  speaks_for_member(advisory_id, ceptoar_id, organisation_id) or desk_enters(advisory_id, ceptoar_id, organisation_id));
create policy own_view on advisory_measure_words for select to portal_app using (
  exists (select from advisory_measures m
          where m.measure_id = advisory_measure_words.measure_id
            and (m.ceptoar_id = any ((select viewer_ceptoars())::text[])
                 or speaks_for_member(m.advisory_id, m.ceptoar_id, m.organisation_id))));
create policy enter on advisory_measure_words for insert to portal_app with check (
  exists (select from advisory_measures m
          where m.measure_id = advisory_measure_words.measure_id
            and (speaks_for_member(m.advisory_id, m.ceptoar_id, m.organisation_id)
                 or desk_enters(m.advisory_id, m.ceptoar_id, m.organisation_id))));
grant select on advisory_measures, advisory_measure_words to portal_app;
grant insert (advisory_id, ceptoar_id, organisation_id, measure, planned_on) on advisory_measures to portal_app;
grant insert (measure_id, answered_by, remark, entered_by) on advisory_measure_words to portal_app;

-- For the board, which ministries see too: numbers per CEPTOAR and no organisation.
create function measures_board(p_advisory uuid)
  returns table (ceptoar_id text, members bigint, investigating bigint, planned bigint, done bigint, not_concerned bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    everything boolean := public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from());
    scope text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    return query
    select au.ceptoar_id, count(*), count(*) filter (where m.measure = 'investigating'), count(*) filter (where m.measure = 'planned'),
           count(*) filter (where m.measure = 'done'), count(*) filter (where m.measure = 'not_concerned')
    from public.advisory_audience au
    join public.advisories a using (advisory_id)
    left join (
      select distinct on (x.organisation_id, x.ceptoar_id) x.organisation_id, x.ceptoar_id, x.measure
      from public.advisory_measures x where x.advisory_id = p_advisory
      order by x.organisation_id, x.ceptoar_id, x.measure_id desc) m
      on m.organisation_id = au.organisation_id and m.ceptoar_id = au.ceptoar_id
    where au.advisory_id = p_advisory and au.stage = 'member' and not au.held and a.state = 'published'
      and a.level <> 'RED' and a.measures_due is not null and (everything or au.ceptoar_id = any (scope))
      -- Nobody is asked any more for whom a newer version is there.
      and (au.superseded_at is null or m.measure is not null)
    group by au.ceptoar_id;
  end $$;

revoke execute on function asks_measures(uuid, text, uuid), speaks_for_member(uuid, text, uuid), advisory_measures_entry(),
  advisory_measure_words_names(), measures_board(uuid) from public;
grant execute on function speaks_for_member(uuid, text, uuid), measures_board(uuid) to portal_app;
