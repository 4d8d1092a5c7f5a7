-- The rules of who gets an item no longer need the item: a road can be walked before there is one
-- (docs/decisions/0050-routes.md). Bodies as before; where they read the item and its addressees they are given them.

create function relaying_of(p_level text, p_step text, p_kind text, p_now timestamptz) returns table (ceptoar_id text, minutes smallint)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select r.ceptoar_id, r.minutes
    from public.relay_rules r
    cross join (
      select (p_now at time zone 'Asia/Tokyo')::date as today, public.is_off_hours(p_now) as off_hours
      -- Nobody keeps a withdrawal back from those who have what is withdrawn.
      where p_level <> 'RED' and p_step <> 'withdrawal') i
    where r.valid @> i.today
      and case when i.off_hours then r.off_hours else r.office_hours end = 'decided'
      and not (r.urgent_at_once and p_kind = 'early_warning')
      and exists (select from public.route_stages s
                  where s.ceptoar_id = r.ceptoar_id and s.stage = 'secretariat' and s.valid @> i.today)
      and exists (
        select from public.secretariat_terms t
        join public.affiliations f on f.organisation_id = t.organisation_id and f.ceptoar_id = t.ceptoar_id
         and f.role in ('secretariat', 'coordinator') and f.valid @> i.today
        join public.accounts a on a.account_id = f.account_id and a.suspended_at is null
        join public.contacts k on k.organisation_id = t.organisation_id and k.ceptoar_id = t.ceptoar_id and k.valid @> i.today
        join public.contact_channels c on c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> i.today
        where t.ceptoar_id = r.ceptoar_id and t.valid @> i.today) $$;
comment on function relaying_of(text, text, text, timestamptz) is
  'whose desks decide at an instant about an item of a level, step and kind before its members get it, and how many minutes they have';
revoke execute on function relaying_of(text, text, text, timestamptz) from public;

create or replace function relaying(p_advisory uuid, p_now timestamptz) returns table (ceptoar_id text, minutes smallint)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select r.ceptoar_id, r.minutes
    from public.advisories a join public.advisory_texts t using (advisory_id)
    cross join lateral public.relaying_of(a.level, a.step, t.kind, p_now) r
    where a.advisory_id = p_advisory $$;

create function sharing_windows_of(p_item advisories, p_kind text, p_addressees advisory_addressees[], p_now timestamptz)
  returns table (ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint,
                 language text, address text, verdict text)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
  with item as (
    select (p_item).level, (p_item).handler_scope, (p_item).step,
           (p_now at time zone 'Asia/Tokyo')::date as today,
           public.is_off_hours(p_now) as off_hours),
  earlier as materialized (  -- who had an earlier version is told, whatever this one is addressed to
    select h.* from item i cross join lateral public.earlier_audience((p_item).advisory_id, i.today) h),
  addressed as (  -- a CEPTOAR may be reached in several ways; the widest comes first
    select distinct on (x.ceptoar_id, x.subgroup_id, x.contact_id) x.* from (
      select c.ceptoar_id, null::text as subgroup_id, null::uuid as contact_id, 'addressed_sector' as rule, 2 as width
        from unnest(p_addressees) ad join public.ceptoars c using (sector_id)
      union all
      select ad.ceptoar_id, null, null, 'addressed_ceptoar', 1
        from unnest(p_addressees) ad where ad.ceptoar_id is not null
      union all
      select s.ceptoar_id, s.subgroup_id, null, 'addressed_subgroup', 3
        from unnest(p_addressees) ad join public.subgroups s using (subgroup_id) cross join item i
        where s.valid @> i.today  -- a group that is not there reaches nobody
      union all
      select k.ceptoar_id, null, k.contact_id, 'named_person', 4
        from unnest(p_addressees) ad join public.windows k using (contact_id) cross join item i
        where i.level = 'RED'
    ) x order by x.ceptoar_id, x.subgroup_id, x.contact_id, x.width),
  wholes as (  -- whether a CEPTOAR is addressed as a whole, and not by a subgroup or a person alone
    select ad.ceptoar_id, bool_or(ad.subgroup_id is null and ad.contact_id is null) as whole
    from addressed ad group by ad.ceptoar_id),
  stages as (
    select distinct ad.ceptoar_id, r.stage
    from (select x.ceptoar_id from addressed x union select h.ceptoar_id from earlier h) ad
    join public.route_stages r on r.ceptoar_id = ad.ceptoar_id
    cross join item i where r.valid @> i.today),
  organisations_due as (
    select distinct on (o.ceptoar_id, o.stage, o.organisation_id) o.* from (
      select ad.ceptoar_id, 'member' as stage, ad.rule, ad.width, m.organisation_id
        from addressed ad
        join stages s on s.ceptoar_id = ad.ceptoar_id and s.stage = 'member'
        join public.memberships m on m.ceptoar_id = ad.ceptoar_id
         and (ad.subgroup_id is null or m.subgroup_id = ad.subgroup_id
              or exists (  -- a cross-cutting group: who is in it on the day
                select from public.group_members g
                where g.subgroup_id = ad.subgroup_id and g.organisation_id = m.organisation_id
                  and g.valid @> (select t.today from item t)))
         and (ad.contact_id is null or m.organisation_id =
              (select k.organisation_id from public.windows k where k.contact_id = ad.contact_id))
        cross join item i where m.valid @> i.today
      union all
      select s.ceptoar_id, 'secretariat', 'route_secretariat', 9, t.organisation_id
        from stages s join public.secretariat_terms t using (ceptoar_id) cross join item i
        where s.stage = 'secretariat' and t.valid @> i.today
      union all
      select s.ceptoar_id, 'ministry', 'route_ministry', 9, sm.organisation_id
        from stages s join public.ceptoars c using (ceptoar_id)
        join public.sector_ministries sm using (sector_id) cross join item i
        where s.stage = 'ministry' and sm.valid @> i.today
      union all
      -- Partner bodies that pass items on: of an addressed CEPTOAR whose members get them, while the partnership holds.
      select w.ceptoar_id, 'partner', 'route_partner', 9, p.organisation_id
        from wholes w join stages s on s.ceptoar_id = w.ceptoar_id and s.stage = 'member'
        join public.partnerships p on p.ceptoar_id = w.ceptoar_id and p.role = 'passes_on'
        cross join item i where p.valid @> i.today
      union all
      select h.ceptoar_id, h.stage, 'had_earlier', 10, h.organisation_id from earlier h
    ) o order by o.ceptoar_id, o.stage, o.organisation_id, o.width),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level, i.handler_scope,
           -- Partner bodies stand outside the membership: what is handled inside it never goes to them.
           o.stage = 'partner' and not (
             i.level in ('CLEAR', 'GREEN') and i.handler_scope = 'organisation'
             and (o.rule = 'had_earlier' or exists (select from wholes w where w.ceptoar_id = o.ceptoar_id and w.whole))) as outside,
           coalesce(k.contact_id in (select ad.contact_id from unnest(p_addressees) ad where ad.contact_id is not null),
                    false) as named
    from organisations_due o cross join item i
    -- Body by body, each by index: a plan that does not depend on how many bodies there are believed to be.
    left join lateral (
      select x.contact_id, x.position, x.language, x.handler from public.contacts x
      where x.organisation_id = o.organisation_id and x.valid @> i.today
        and (x.ceptoar_id = o.ceptoar_id or (x.ceptoar_id is null and o.stage = 'ministry'))
      offset 0) k on true
    left join lateral (
      select c.value from public.contact_channels c
      where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> i.today
      order by (c.hours = 'always' or (c.hours = 'off_hours') = i.off_hours) desc, c.position
      limit 1) ch on true),
  deciding as materialized (select d.ceptoar_id from public.relaying_of((p_item).level, (p_item).step, p_kind, p_now) d),
  judged as (
    select w.*, case
        when w.outside then 'not_on_route'
        when w.level = 'RED' and w.stage <> 'member' then 'not_on_route'
        when w.contact_id is null then 'no_window'
        when w.handler_scope = 'named' and not w.named then 'not_named'
        when w.handler_scope = 'handlers' and not w.handler then 'not_handler'
        when w.address is null then 'no_mail'
        else 'due' end as first_verdict
    from windows w),
  ranked as (
    select j.*,
           -- What a desk decides about, and what asks it, stands in for nobody else's copy: it goes out later, or says more.
           case when d.ceptoar_id is not null and j.stage <> 'ministry' then j.stage = 'secretariat' end as asks,
           case when d.ceptoar_id is not null and j.stage <> 'ministry' then d.ceptoar_id end as desk
    from judged j left join deciding d on d.ceptoar_id = j.ceptoar_id),
  -- One copy for each window, whatever it stands for; whoever is asked is asked.
  single as (
    select r.*, row_number() over (
             partition by r.first_verdict, r.contact_id
             order by r.asks is true desc, r.stage = 'partner', r.stage, r.ceptoar_id) as nth
    from ranked r)
  select s.ceptoar_id, s.stage, s.rule, s.organisation_id, s.contact_id, s.window_position, s.language, s.address,
         case when s.first_verdict = 'due' and (s.nth > 1 or row_number() over (
                partition by s.first_verdict, s.nth, lower(s.address), s.desk, s.asks
                order by s.stage = 'partner', s.stage, s.window_position, s.ceptoar_id, s.contact_id) > 1)
              then 'same_address' else s.first_verdict end
  from single s
  $$;
comment on function sharing_windows_of(advisories, text, advisory_addressees[], timestamptz) is
  'every window on the road of an item, and whether it gets the item: by what is registered and which hours it is at an instant';
revoke execute on function sharing_windows_of(advisories, text, advisory_addressees[], timestamptz) from public;

create or replace function sharing_windows(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint,
                 language text, address text, verdict text)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select w.*
    from public.advisories a left join public.advisory_texts t using (advisory_id)
    cross join lateral public.sharing_windows_of(
      a, t.kind, array(select ad from public.advisory_addressees ad where ad.advisory_id = p_advisory), p_now) w
    where a.advisory_id = p_advisory $$;

-- An item of which only level, scope and kind are said, addressed to one CEPTOAR: a walk along its road.
create function route_windows(p_ceptoar text, p_level text, p_scope text, p_kind text, p_at timestamptz)
  returns table (stage text, organisation_id uuid, contact_id uuid, verdict text)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select w.stage, w.organisation_id, w.contact_id, w.verdict
    from public.sharing_windows_of(
      jsonb_populate_record(null::public.advisories,
                            jsonb_build_object('level', p_level, 'handler_scope', p_scope, 'step', 'first')),
      p_kind,
      array[jsonb_populate_record(null::public.advisory_addressees, jsonb_build_object('ceptoar_id', p_ceptoar))],
      p_at) w
    where p_level <> 'RED' and p_scope <> 'named' $$;
comment on function route_windows(text, text, text, text, timestamptz) is
  'every window that an item would meet on the road of a CEPTOAR; RED goes to persons by name, so it has no road to walk';
revoke execute on function route_windows(text, text, text, text, timestamptz) from public;

create function viewer_oversees(p_ceptoar text) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select public.viewer_at_centre() or p_ceptoar = any (public.viewer_ceptoars())
               or p_ceptoar = any (public.viewer_ministry_ceptoars()) $$;
revoke execute on function viewer_oversees(text) from public;
grant execute on function viewer_oversees(text) to portal_app;

create function route_walk(p_ceptoar text, p_level text, p_scope text, p_kind text, p_at timestamptz)
  returns table (stage text, verdict text, windows bigint, organisations bigint, minutes smallint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  begin
    if not public.viewer_oversees(p_ceptoar) then return; end if;
    return query
    select w.stage, w.verdict, count(*), count(distinct w.organisation_id),
           case when w.stage in ('member', 'partner') then (
             select d.minutes from public.relaying_of(p_level, 'first', p_kind, p_at) d where d.ceptoar_id = p_ceptoar) end
    from public.route_windows(p_ceptoar, p_level, p_scope, p_kind, p_at) w
    group by w.stage, w.verdict;
  end $$;
comment on function route_walk(text, text, text, text, timestamptz) is
  'what would become of an item on the road of a CEPTOAR, in numbers: for its desk, its ministries and the centre';
revoke execute on function route_walk(text, text, text, text, timestamptz) from public;
grant execute on function route_walk(text, text, text, text, timestamptz) to portal_app;

create function route_left_out(p_ceptoar text, p_level text, p_scope text, p_kind text, p_at timestamptz)
  returns table (stage text, organisation_id uuid, verdicts text[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  begin
    -- A ministry has no roster: it learns how many.
    if not (public.viewer_at_centre() or p_ceptoar = any (public.viewer_ceptoars())) then return; end if;
    return query
    select w.stage, w.organisation_id, array_agg(distinct w.verdict order by w.verdict)
    from public.route_windows(p_ceptoar, p_level, p_scope, p_kind, p_at) w
    where w.verdict <> 'not_on_route'
    group by 1, 2 having not bool_or(w.verdict in ('due', 'same_address'));
  end $$;
comment on function route_left_out(text, text, text, text, timestamptz) is
  'the bodies on the road of a CEPTOAR that an item would not reach by mail, and why: for its desk and the centre';
revoke execute on function route_left_out(text, text, text, text, timestamptz) from public;
grant execute on function route_left_out(text, text, text, text, timestamptz) to portal_app;

-- What stands behind each hop: whether somebody would be reached there, and by somebody known to be alive.
create function route_hops(p_ceptoar text, p_day date, p_proven_days int)
  returns table (stage text, on_road boolean, bodies bigint, reachable bigint, proven bigint, twice bigint, people bigint, hubs bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  begin
    if not public.viewer_oversees(p_ceptoar) then return; end if;
    return query
    with hops as (
      select h.stage, h.place, exists (
               select from public.route_stages r
               where r.ceptoar_id = p_ceptoar and r.valid @> p_day
                 and r.stage = case h.stage when 'partner' then 'member' else h.stage end) as on_road
      from unnest(array['ministry', 'secretariat', 'member', 'partner']) with ordinality h (stage, place)),
    bodies as materialized (
      select distinct b.standing as stage, b.organisation_id from public.bodies_on_the_road b
      where b.ceptoar_id = p_ceptoar and b.valid @> p_day and b.standing <> 'partner'
      union
      select 'partner', p.organisation_id from public.partnerships p
      where p.ceptoar_id = p_ceptoar and p.role = 'passes_on' and p.valid @> p_day),
    known as (
      select b.stage, b.organisation_id, coalesce(bool_or(c.kind = 'mail'), false) as reachable,
             coalesce(bool_or(c.last_verified_on > least(p_day, public.viewer_today()) - p_proven_days), false) as proven
      from bodies b
      left join public.contacts k on k.organisation_id = b.organisation_id and k.valid @> p_day
       and (k.ceptoar_id = p_ceptoar or k.ceptoar_id is null and b.stage = 'ministry')
      left join public.contact_channels c on c.contact_id = k.contact_id and c.valid @> p_day
      group by 1, 2)
    select h.stage, h.on_road, count(k.organisation_id), count(*) filter (where k.reachable), count(*) filter (where k.proven),
           -- A ministry that keeps the desk itself.
           count(*) filter (where k.stage in ('ministry', 'secretariat') and exists (
             select from bodies o
             where o.organisation_id = k.organisation_id and o.stage in ('ministry', 'secretariat') and o.stage <> k.stage)),
           case when h.stage in ('ministry', 'secretariat') then (
             select count(distinct f.account_id) from bodies b
             join public.affiliations f on f.organisation_id = b.organisation_id and f.valid @> p_day
              and case h.stage when 'ministry' then f.role = 'ministry_liaison'
                               else f.role in ('secretariat', 'coordinator') and f.ceptoar_id = p_ceptoar end
             join public.accounts a on a.account_id = f.account_id and a.suspended_at is null
             where b.stage = h.stage) end,
           case when h.stage = 'member' then (
             select count(*) from public.memberships m where m.ceptoar_id = p_ceptoar and m.hub and m.valid @> p_day) end
    from hops h left join known k on k.stage = h.stage
    group by h.stage, h.place, h.on_road order by h.place;
  end $$;
comment on function route_hops(text, date, int) is
  'the hops of a CEPTOAR''s road on a day: bodies, how many a mail reaches, how many were proven within so many days, how many
   are both ministry and secretariat, how many persons could act there, and of the members how many pass on';
revoke execute on function route_hops(text, date, int) from public;
grant execute on function route_hops(text, date, int) to portal_app;
