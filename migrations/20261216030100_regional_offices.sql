-- 地方機関: regional offices on the road of a CEPTOAR, such as the bureaux of a ministry and prefectures, each for all members
-- or for a group of them (docs/decisions/0059-regional-offices.md).

create table regional_offices (
  fact_id uuid primary key default gen_random_uuid(),
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations,
  subgroup_id text,
  valid daterange not null,
  recorded_at timestamptz not null default viewer_now(),
  constraint regional_offices_group foreign key (subgroup_id, ceptoar_id) references subgroups (subgroup_id, ceptoar_id),
  constraint regional_offices_no_overlap exclude using gist (ceptoar_id with =, (organisation_id::text) with =, valid with &&)
);
create index regional_offices_organisation on regional_offices (organisation_id);
comment on table regional_offices is 'authorities beside the ministry that look after members of a CEPTOAR, from when to when';
comment on column regional_offices.subgroup_id is 'the group of members that it looks after; none where it looks after all';
create trigger keep_version before update or delete on regional_offices for each row execute function keep_version();
call protect('regional_offices');
create policy signed_in on regional_offices for select to portal_app using ((select viewer_account()) is not null);
grant select on regional_offices to portal_app;

create function regional_offices_said(p_until timestamptz)
  returns table (ceptoar_id text, organisation_id uuid, subgroup_id text, valid daterange)
  language sql stable
  begin atomic
    select r.ceptoar_id, r.organisation_id, r.subgroup_id, r.valid from regional_offices r
    where p_until is null or r.recorded_at < p_until
    union all
    select v.ceptoar_id, v.organisation_id, v.fact ->> 'subgroup_id', (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'regional_offices'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;
grant execute on function regional_offices_said(timestamptz) to portal_app;

create or replace view bodies_on_the_road with (security_invoker = true) as
  select m.ceptoar_id, m.organisation_id, 'member' as standing, m.valid from memberships m
  union all
  select p.ceptoar_id, p.organisation_id, 'partner', p.valid from partnerships p where not isempty(p.valid)
  union all
  select t.ceptoar_id, t.organisation_id, 'secretariat', t.valid from secretariat_terms t
  union all
  select c.ceptoar_id, m.organisation_id, 'ministry', m.valid from sector_ministries m join ceptoars c using (sector_id)
  union all
  select r.ceptoar_id, r.organisation_id, 'regional', r.valid from regional_offices r where not isempty(r.valid);
comment on view bodies_on_the_road is
  'members, partner bodies, secretariats, ministries and regional offices of each CEPTOAR; as far as the viewer may know';

-- The hops in the order in which an item passes them.
create function stage_place(p_stage text) returns integer
  language sql immutable parallel safe
  return array_position(array['ministry', 'regional', 'secretariat', 'member', 'partner'], p_stage);
grant execute on function stage_place(text) to portal_app, portal_worker;

alter table advisory_audience drop constraint advisory_audience_stage_check,
  add constraint advisory_audience_stage_check check (stage in ('ministry', 'regional', 'secretariat', 'member', 'partner'));
alter table escalations drop constraint escalations_stage,
  add constraint escalations_stage check (stage in ('ministry', 'regional', 'secretariat', 'member'));
alter table advisory_totals drop constraint advisory_totals_stage_check,
  add constraint advisory_totals_stage_check check (stage in ('ministry', 'regional', 'secretariat', 'member'));
alter table advisory_ways drop constraint advisory_ways_stage_check,
  add constraint advisory_ways_stage_check check (stage in ('ministry', 'regional', 'secretariat', 'member'));
alter table advisory_part_readers drop constraint advisory_part_readers_stage,
  add constraint advisory_part_readers_stage check (stage in ('ministry', 'regional', 'secretariat', 'member'));

alter table mail_replies drop constraint mail_replies_stage,
  add constraint mail_replies_stage check (stage in ('ministry', 'regional', 'secretariat', 'member'));
create or replace function reply_facts(p_delivery uuid)
  returns table (advisory_id uuid, organisation_id uuid, ceptoar_id text, stage text, number text, confidential boolean,
                 superseded boolean, withdrawn boolean, subject text, address text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select a.advisory_id, o.organisation_id, o.ceptoar_id, o.stage, a.number, a.level = 'RED', au.superseded_at is not null,
           au.withdrawn, m.subject, x.address
    from public.deliveries d
    join public.mails m on m.mail_id = d.mail_id
    join public.delivery_addresses x on x.delivery_id = d.delivery_id
    join public.deliveries o on o.delivery_id = case when m.item_kind = 'escalation' then d.follows else d.delivery_id end
     and o.organisation_id = d.organisation_id
    join public.advisories a on a.advisory_id = o.item_id and a.state = 'published'
    join public.advisory_audience au on au.advisory_id = o.item_id and au.organisation_id = o.organisation_id
     and au.ceptoar_id = o.ceptoar_id and au.stage = o.stage
    where d.delivery_id = p_delivery and m.item_kind in ('advisory', 'escalation') and d.state not in ('held', 'cancelled')
      and o.stage in ('ministry', 'regional', 'secretariat', 'member') and not au.held;
  end $$;

-- As of a ministry's windows, a desk is shown that they got a mail, and not where.
alter policy own_view on delivery_addresses using (exists (
  select from deliveries d
  where d.delivery_id = delivery_addresses.delivery_id
    and (d.organisation_id = any ((select viewer_answering_organisations())::uuid[])
         or d.ceptoar_id = any ((select viewer_ceptoars())::text[]) and d.stage not in ('ministry', 'regional'))));

-- An authority is one reader, whichever of its hops an item came to it by.
create or replace function audience_door(p_stage text, p_scope text, p_organisation uuid, p_ceptoar text) returns text
  language sql immutable parallel safe
  return case
    when p_stage in ('ministry', 'regional') then 'ministry/' || p_organisation
    when p_stage = 'secretariat' then 'secretariat/' || p_organisation || '/' || p_ceptoar
    when p_stage = 'member' then p_scope || '/' || p_organisation || '/' || p_ceptoar end;

-- Whoever looks after some of the members gets what one of them gets; the desk is not asked about it.
create or replace function sharing_windows_of(p_item advisories, p_kind text, p_addressees advisory_addressees[], p_now timestamptz)
  returns table(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
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
  members_due as (
    select ad.ceptoar_id, ad.rule, ad.width, m.organisation_id, m.subgroup_id
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
    cross join item i where m.valid @> i.today),
  organisations_due as (
    select distinct on (o.ceptoar_id, o.stage, o.organisation_id) o.* from (
      select m.ceptoar_id, 'member' as stage, m.rule, m.width, m.organisation_id from members_due m
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
      -- Regional offices: where somebody of their part gets the item.
      select r.ceptoar_id, 'regional', 'route_regional', 9, r.organisation_id
        from public.regional_offices r cross join item i
        where r.valid @> i.today and exists (
          select from members_due m
          where m.ceptoar_id = r.ceptoar_id
            and (r.subgroup_id is null or m.subgroup_id = r.subgroup_id
                 or exists (select from public.group_members g
                            where g.subgroup_id = r.subgroup_id and g.organisation_id = m.organisation_id
                              and g.valid @> i.today)))
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
           case when d.ceptoar_id is not null and j.stage not in ('ministry', 'regional') then j.stage = 'secretariat' end as asks,
           case when d.ceptoar_id is not null and j.stage not in ('ministry', 'regional') then d.ceptoar_id end as desk
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

create or replace function delivery_board(p_advisory uuid)
  returns table(ceptoar_id text, stage text, organisations bigint, acknowledged bigint, unreached bigint, queued bigint, sending bigint, sent bigint, refused bigint, cancelled bigint, first_at timestamptz, last_at timestamptz, superseded bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    -- Whoever may not know of an item at the centre sees it at their desk alone.
    everything boolean := public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from());
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'regional', 'secretariat', 'member', 'partner'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with due as materialized (
      select d.ceptoar_id, d.stage, d.organisation_id, d.state, d.settled_at
      from public.deliveries d where d.item_id = p_advisory),
    received as materialized (
      select distinct k.organisation_id, k.ceptoar_id, k.stage
      from public.advisory_receipts k where k.advisory_id = p_advisory),
    windows as (
      select d.ceptoar_id, d.stage,
             count(*) filter (where d.state = 'queued') as queued,
             count(*) filter (where d.state = 'sending') as sending,
             count(*) filter (where d.state = 'sent') as sent,
             count(*) filter (where d.state in ('refused', 'expired')) as refused,
             count(*) filter (where d.state = 'cancelled') as cancelled,
             min(d.settled_at) filter (where d.state = 'sent') as first_at,
             max(d.settled_at) filter (where d.state = 'sent') as last_at
      from due d group by 1, 2),
    organisations as (
      select au.ceptoar_id, au.stage, count(*) as organisations,
             count(*) filter (where au.organisation_id in (
                 select k.organisation_id from received k where k.stage is null)
               or (au.organisation_id, au.ceptoar_id, au.stage) in (
                 select k.organisation_id, k.ceptoar_id, k.stage from received k
                 where k.stage is not null)) as acknowledged,
             count(*) filter (where au.organisation_id not in (select d.organisation_id from due d)) as unreached,
             -- No answer, and none is wanted: a newer version is there.
             count(*) filter (where au.superseded_at is not null and not (au.organisation_id in (
                 select k.organisation_id from received k where k.stage is null)
               or (au.organisation_id, au.ceptoar_id, au.stage) in (
                 select k.organisation_id, k.ceptoar_id, k.stage from received k
                 where k.stage is not null))) as superseded
      from public.advisory_audience au
      where au.advisory_id = p_advisory and au.stage = any (hops)
        and (everything or au.ceptoar_id = any (scope))
      group by 1, 2)
    select o.ceptoar_id, o.stage, o.organisations, o.acknowledged, o.unreached,
           coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.sent, 0), coalesce(w.refused, 0),
           coalesce(w.cancelled, 0), w.first_at, w.last_at, o.superseded
    from organisations o left join windows w on w.ceptoar_id = o.ceptoar_id and w.stage = o.stage;
  end $$;

create or replace function hop_times(p_advisory uuid)
  returns table(stage text, sent_at timestamptz[], answered_at timestamptz[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    -- Whoever may not know of an item at the centre sees it at their desk alone.
    everything boolean := public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from());
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'regional', 'secretariat', 'member', 'partner'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with sent as (
      select d.stage, d.settled_at as at from public.deliveries d
      where d.item_id = p_advisory and d.state = 'sent' and d.settled_at is not null
        and (everything or d.ceptoar_id = any (scope))),
    received as materialized (
      select y.organisation_id, y.ceptoar_id, y.stage, min(y.received_at) as at
      from public.advisory_receipts y where y.advisory_id = p_advisory group by 1, 2, 3),
    -- As the board counts: an organisation once for each CEPTOAR and hop, by the receipt that came first.
    answered as (
      select au.stage, least(o.at, t.at) as at
      from public.advisory_audience au
      left join received o on o.organisation_id = au.organisation_id and o.stage is null
      left join received t on t.organisation_id = au.organisation_id and t.ceptoar_id = au.ceptoar_id and t.stage = au.stage
      where au.advisory_id = p_advisory and au.stage = any (hops) and au.stage <> 'partner'
        and coalesce(o.at, t.at) is not null and (everything or au.ceptoar_id = any (scope)))
    select h.stage, s.at, r.at
    from unnest(hops) with ordinality h (stage, place)
    left join (select s.stage, array[min(s.at), percentile_disc(0.5) within group (order by s.at),
                                     percentile_disc(0.9) within group (order by s.at), max(s.at)] as at
               from sent s group by s.stage) s on s.stage = h.stage
    left join (select r.stage, array[min(r.at), percentile_disc(0.5) within group (order by r.at),
                                     percentile_disc(0.9) within group (order by r.at), max(r.at)] as at
               from answered r group by r.stage) r on r.stage = h.stage
    where s.at is not null or r.at is not null
    order by h.place;
  end $$;

create or replace function reckon(p_items uuid[])
  returns table(advisory_id uuid, ceptoar_id text, stage text, delay smallint, way text, organisations integer, asked integer, due integer, in_time integer, soonest integer, latest integer)
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_mergejoin = off set enable_nestloop = off
  as $$
  #variable_conflict use_column
  begin
    return query
    with items as materialized (
      select a.advisory_id, a.level, a.published_at, case when a.level <> 'RED' then a.answer_due end as answer_due
      from public.advisories a where a.advisory_id = any (p_items) and a.state = 'published'),
    behind as materialized (
      select r.advisory_id, r.ceptoar_id from public.relays r
      where r.advisory_id = any (p_items) and r.state <> 'forwarded'),
    receipts as materialized (
      select y.advisory_id, y.organisation_id, y.ceptoar_id, y.stage, min(y.received_at) as at,
             (array_agg(y.channel order by y.strength, y.received_at))[1] as way, min(y.strength) as strength
      from public.advisory_receipts y where y.advisory_id = any (p_items) group by 1, 2, 3, 4),
    answers as (
      select au.advisory_id, au.ceptoar_id, au.stage, au.superseded_at is null as current, b.advisory_id is not null as behind,
             i.answer_due, least(o.at, t.at) as at,
             case when t.strength < o.strength or o.way is null then t.way else o.way end as way,
             extract(epoch from least(o.at, t.at) - i.published_at)::integer as seconds
      from items i
      join public.advisory_audience au on au.advisory_id = i.advisory_id and au.advisory_id = any (p_items)
       and (au.stage = 'member' or i.level <> 'RED' and au.stage in ('ministry', 'regional', 'secretariat'))
      left join behind b on b.advisory_id = au.advisory_id and b.ceptoar_id = au.ceptoar_id and au.stage = 'member'
      left join receipts o on o.advisory_id = au.advisory_id and o.organisation_id = au.organisation_id and o.stage is null
       and b.advisory_id is null
      left join receipts t on t.advisory_id = au.advisory_id and t.organisation_id = au.organisation_id
       and t.ceptoar_id = au.ceptoar_id and t.stage = au.stage and b.advisory_id is null)
    select n.advisory_id, n.ceptoar_id, n.stage, coalesce(public.delay_class(n.seconds), 0::smallint), n.way, count(*)::integer,
           (count(*) filter (where not n.behind and (n.at is not null or n.current)))::integer,
           (count(*) filter (where not n.behind and (n.at is not null or n.current) and n.answer_due is not null))::integer,
           (count(*) filter (where n.at <= n.answer_due))::integer, min(n.seconds), max(n.seconds)
    from answers n group by 1, 2, 3, 4, 5;
  end $$;

create or replace function advisory_parts_freeze()
  returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if not exists (select from public.advisory_parts p where p.advisory_id = new.advisory_id) then return null; end if;
    if exists (select from public.advisory_parts p join public.stored_files f using (file_id)
               where p.advisory_id = new.advisory_id and f.state <> 'released') then
      raise exception 'a file that nobody has looked through' using errcode = 'check_violation',
        constraint = 'advisory_parts_released';
    end if;
    if new.level <> 'RED' and exists (
         select from public.advisory_parts p where p.advisory_id = new.advisory_id and p.level = 'RED') then
      raise exception 'nobody is named for a RED part' using errcode = 'check_violation', constraint = 'advisory_parts_red';
    end if;
    update public.advisory_parts p
      set level = public.strictest(p.level, new.level), handler_scope = public.strictest(p.handler_scope, new.handler_scope)
      where p.advisory_id = new.advisory_id;
    update public.advisory_parts p
      set strict = (p.level, p.handler_scope) is distinct from (new.level, new.handler_scope)
      where p.advisory_id = new.advisory_id;
    insert into public.advisory_part_readers (advisory_id, level, handler_scope, organisation_id, ceptoar_id, stage, door)
      select distinct new.advisory_id, k.level, k.handler_scope, w.organisation_id, w.ceptoar_id, w.stage,
             public.audience_door(w.stage, k.handler_scope, w.organisation_id, w.ceptoar_id)
      from public.strict_parts_of(new.advisory_id) k
      cross join lateral public.part_windows(new.advisory_id, k.level, k.handler_scope, new.published_at) w
      where w.verdict <> 'not_on_route' and w.stage in ('ministry', 'regional', 'secretariat', 'member');
    return null;
  end $$;

-- Offices that are silent themselves are told of together.
create or replace function escalation_take(p_now timestamptz, p_limit integer)
  returns table(errand_id uuid, advisory_id uuid, number text, level text, kind text, drill boolean, answer_due timestamptz, published_at timestamptz, reader text, recipients integer, ceptoars text[], ceptoars_ja text[], ceptoars_en text[], members bigint[], unreachable bigint[], desks boolean[], ministries boolean[], contacts uuid[], organisations uuid[], of_ceptoars text[], places smallint[], languages text[], addresses text[], addressees text[], follows uuid[])
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    today date := (p_now at time zone 'Asia/Tokyo')::date;
    closed boolean := public.is_off_hours(p_now);
  begin
    -- One at a time: whoever comes second finds nothing left.
    perform pg_advisory_xact_lock(7720);
    return query
    with due as materialized (
      select p.advisory_id, p.ceptoar_id, p.began_at, p.rung, p.step from public.escalation_plan p
      where p.taken_at is null and p.at <= p_now and not (p.office_hours and closed)
      order by p.at, p.advisory_id, p.ceptoar_id, p.began_at, p.rung limit p_limit),
    taken as (
      update public.escalation_plan p set taken_at = p_now from due d
      where p.advisory_id = d.advisory_id and p.ceptoar_id = d.ceptoar_id and p.began_at = d.began_at and p.rung = d.rung),
    lost as (
      delete from public.escalation_losses l
      where l.loss_id in (
        select x.loss_id from public.escalation_losses x
        where exists (select from public.escalation_plan p
                      where p.advisory_id = x.advisory_id and p.ceptoar_id = x.ceptoar_id and not (p.office_hours and closed))
        order by x.loss_id limit 2000)
      returning l.advisory_id, l.ceptoar_id, l.organisation_id),
    touched as materialized (
      select d.advisory_id, d.ceptoar_id from due d union select l.advisory_id, l.ceptoar_id from lost l),
    items as materialized (
      select a.advisory_id, a.number, a.level, t.kind, a.drill, a.answer_due, a.published_at, a.created_by, a.last_edited_by,
             a.submitted_by, a.approved_by
      from (select distinct x.advisory_id from touched x) i
      join public.advisories a on a.advisory_id = i.advisory_id and a.state = 'published'
       and (a.valid_until is null or a.valid_until >= today)
      join public.advisory_texts t on t.advisory_id = a.advisory_id),
    -- Who is silent: has the item, nothing newer, and no receipt by what counts as one everywhere.
    silent as materialized (
      select au.advisory_id, au.organisation_id, au.ceptoar_id, au.stage, coalesce(au.went_on_at, i.published_at) as began_at
      from touched x join items i on i.advisory_id = x.advisory_id
      join public.advisory_audience au on au.advisory_id = x.advisory_id and au.ceptoar_id = x.ceptoar_id
      where au.stage <> 'partner' and not au.held and not au.sealed and au.superseded_at is null and not au.withdrawn
        and not exists (select from public.advisory_receipts y
                        where y.advisory_id = au.advisory_id and y.organisation_id = au.organisation_id
                          and (y.stage is null or (y.stage = au.stage and y.ceptoar_id = au.ceptoar_id)))),
    -- Windows at which everybody is suspended, and mailboxes that did not take the item.
    shut as materialized (
      select f.contact_id from public.affiliations f join public.accounts c on c.account_id = f.account_id
      where f.contact_id is not null and f.valid @> today
      group by 1 having bool_and(c.suspended_at is not null)),
    broken as materialized (
      select d.item_id, lower(a.address) as address
      from public.deliveries d join public.delivery_addresses a on a.delivery_id = d.delivery_id
      where d.item_id in (select i.advisory_id from items i) and d.state in ('refused', 'expired')),
    reach as materialized (
      select x.advisory_id, w.organisation_id, w.ceptoar_id, w.stage, w.contact_id, w.window_position, w.language, w.address
      from (select distinct s.advisory_id from silent s) x
      cross join lateral public.sharing_windows(x.advisory_id, p_now) w
      where w.verdict in ('due', 'same_address')
        and w.contact_id not in (select h.contact_id from shut h)
        and (x.advisory_id, lower(w.address)) not in (select b.item_id, b.address from broken b)),
    facts as materialized (
      select u.advisory_id, u.organisation_id, u.ceptoar_id, u.stage, max(u.began_at) as began_at, bool_or(u.lost) as lost,
             count(u.contact_id)::integer as windows,
             coalesce(array_agg(u.rung) filter (where u.rung is not null), '{}') as rungs,
             coalesce(bool_or(u.step in ('desk', 'next_up')), false) as at_desk, coalesce(bool_or(u.step = 'next_up'), false) as higher
      from (select s.advisory_id, s.organisation_id, s.ceptoar_id, s.stage, s.began_at, false as lost, null::uuid as contact_id,
                   null::smallint as rung, null::text as step from silent s
            union all
            select l.advisory_id, l.organisation_id, l.ceptoar_id, 'member', null, true, null, null, null from lost l
            union all
            select r.advisory_id, r.organisation_id, r.ceptoar_id, r.stage, null, false, r.contact_id, null, null from reach r
            union all
            select e.advisory_id, e.organisation_id, e.ceptoar_id, e.stage, null, false, null, e.rung, e.step
            from (select distinct i.advisory_id from items i) i join public.escalations e on e.advisory_id = i.advisory_id) u
      group by 1, 2, 3, 4),
    -- Offices on the road that have the item and a window: who is not there cannot be told.
    offices as materialized (
      select r.advisory_id, r.ceptoar_id, r.stage, r.organisation_id, r.contact_id, r.window_position, r.language, r.address
      from reach r
      where r.stage in ('secretariat', 'ministry')
        and exists (select from public.advisory_audience au
                    where au.advisory_id = r.advisory_id and au.organisation_id = r.organisation_id
                      and au.ceptoar_id = r.ceptoar_id and au.stage = r.stage and not au.sealed)),
    marks as materialized (
      select distinct on (m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung)
             m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung, m.windows, m.unreachable,
             -- Where no desk can be told, the next one up is.
             case when m.step = 'desk' and not exists (
                    select from offices o
                    where o.advisory_id = m.advisory_id and o.ceptoar_id = m.ceptoar_id and o.stage = 'secretariat')
                  then 'next_up' else m.step end as step
      from (
        select f.*, d.rung, d.step, f.windows = 0 as unreachable
        from facts f join due d on d.advisory_id = f.advisory_id and d.ceptoar_id = f.ceptoar_id and d.began_at = f.began_at
        where d.step = 'again' and f.windows > 0 or d.step = 'desk' and f.stage = 'member' or d.step = 'next_up'
        union all
        -- Whom no mail reaches: their desk at once.
        select f.*, p.rung, 'desk', true
        from facts f
        cross join lateral (
          select x.rung from public.escalation_plan x
          where x.advisory_id = f.advisory_id and x.ceptoar_id = f.ceptoar_id and x.began_at = f.began_at and x.step = 'desk'
          order by x.rung limit 1) p
        where f.began_at is not null and f.stage = 'member' and f.windows = 0
          and (f.lost or exists (
            select from due d where d.advisory_id = f.advisory_id and d.ceptoar_id = f.ceptoar_id and d.began_at = f.began_at
              and d.step in ('look', 'again')))) m
      where not m.rung = any (m.rungs)
      order by m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung, m.unreachable desc),
    written as (
      insert into public.escalations (advisory_id, organisation_id, ceptoar_id, stage, rung, step, windows, unreachable, reached_at)
      select m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung, m.step,
             case when m.step = 'again' then m.windows else 0 end, m.unreachable, p_now
      from marks m on conflict do nothing),
    -- How it stands in each CEPTOAR for which something was done: members that are silent although the desk, or more, was told.
    standing as (
      select u.advisory_id, u.ceptoar_id, u.stage, u.organisation_id, bool_or(u.at_desk) as at_desk, bool_or(u.higher) as higher,
             max(u.windows) as windows
      from (select f.advisory_id, f.ceptoar_id, f.stage, f.organisation_id, f.at_desk, f.higher, f.windows
            from facts f where f.began_at is not null
            union all
            select m.advisory_id, m.ceptoar_id, m.stage, m.organisation_id, m.step <> 'again', m.step = 'next_up', 0
            from marks m) u
      group by 1, 2, 3, 4),
    lines as materialized (
      select t.advisory_id, t.ceptoar_id, x.step,
             count(*) filter (where t.stage = 'member' and (t.higher or x.step = 'desk' and t.at_desk)) as members,
             count(*) filter (where t.stage = 'member' and (t.higher or x.step = 'desk' and t.at_desk) and t.windows = 0)
               as unreachable,
             coalesce(bool_or(t.stage = 'secretariat' and t.higher), false) as desk,
             coalesce(bool_or(t.stage in ('ministry', 'regional') and t.higher), false) as ministry
      from (select distinct m.advisory_id, m.ceptoar_id, m.step from marks m where m.step <> 'again') x
      join standing t on t.advisory_id = x.advisory_id and t.ceptoar_id = x.ceptoar_id
      group by 1, 2, 3),
    team as (  -- who works on the item; an item that is not confidential is every approver's where nobody of them is left
      select i.advisory_id, a.account_id, a.mail_address, a.display_name, a.language, i.level = 'RED' as red,
             a.account_id in (i.created_by, i.last_edited_by, i.submitted_by, i.approved_by) as own
      from items i
      join public.accounts a on a.mail_address is not null and a.suspended_at is null
      where exists (select from lines l where l.advisory_id = i.advisory_id and l.step = 'next_up')
        and exists (select from public.affiliations f where f.account_id = a.account_id and f.valid @> today
                    and (f.role = 'nisc_approver'
                         or f.role = 'nisc_analyst'
                            and a.account_id in (i.created_by, i.last_edited_by, i.submitted_by, i.approved_by)))),
    copies as materialized (
      select c.* from (
        select x.advisory_id, 'silent' as reader, null::text as whose, x.contact_id, x.organisation_id, x.ceptoar_id,
               x.window_position, x.language, x.address, null::text as addressee
        from (select u.*, bool_or(u.marked) over (partition by u.advisory_id, u.organisation_id, u.ceptoar_id, u.stage) as wanted
              from (select r.*, false as marked from reach r
                    union all
                    select m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, null, null, null, null, true
                    from marks m where m.step = 'again') u) x
        where x.wanted and x.contact_id is not null
        union all
        select o.advisory_id, 'desk', o.ceptoar_id, o.contact_id, o.organisation_id, o.ceptoar_id, o.window_position, o.language,
               o.address, null
        from offices o join lines l on l.advisory_id = o.advisory_id and l.ceptoar_id = o.ceptoar_id and l.step = 'desk'
        where o.stage = 'secretariat'
        union all
        select o.advisory_id, 'ministry', o.organisation_id::text, o.contact_id, o.organisation_id, o.ceptoar_id,
               o.window_position, o.language, o.address, null
        from offices o join lines l on l.advisory_id = o.advisory_id and l.ceptoar_id = o.ceptoar_id and l.step = 'next_up'
        where o.stage = 'ministry' and (l.members > 0 or l.desk)
        union all
        select t.advisory_id, 'centre', null, t.account_id, t.account_id, '', 1::smallint, t.language, t.mail_address,
               t.display_name
        from team t
        where t.own or not t.red and not exists (select from team o where o.advisory_id = t.advisory_id and o.own)) c),
    -- One mailbox is one reader.
    single as materialized (
      select distinct on (c.advisory_id, c.reader, c.whose, lower(c.address))
             c.*, coalesce(c.addressee, case c.language when 'en' then n.en else n.ja end, '') as name, x.delivery_id as follows
      from copies c
      left join public.organisation_names n on n.organisation_id = c.organisation_id and n.valid @> today
      left join public.deliveries x on x.item_id = c.advisory_id and x.contact_id = c.contact_id
       and x.state not in ('held', 'cancelled')
      order by c.advisory_id, c.reader, c.whose, lower(c.address), c.window_position, c.contact_id),
    letters as (
      select s.advisory_id, s.reader, s.whose, array_agg(s.contact_id) as contacts, array_agg(s.organisation_id) as organisations,
             array_agg(s.ceptoar_id) as of_ceptoars, array_agg(s.window_position) as places, array_agg(s.language) as languages,
             array_agg(s.address) as addresses, array_agg(s.name) as addressees, array_agg(s.follows) as follows
      from single s group by 1, 2, 3)
    select gen_random_uuid(), i.advisory_id, i.number, i.level, i.kind, i.drill, i.answer_due, i.published_at, e.reader,
           (select count(*)::integer from marks m
            where m.advisory_id = e.advisory_id and (m.step = 'again') = (e.reader = 'silent')
              and (e.reader <> 'desk' or m.ceptoar_id = e.whose)),
           coalesce(t.ids, '{}'), coalesce(t.ja, '{}'), coalesce(t.en, '{}'), coalesce(t.members, '{}'),
           coalesce(t.unreachable, '{}'), coalesce(t.desks, '{}'), coalesce(t.ministries, '{}'),
           e.contacts, e.organisations, e.of_ceptoars, e.places, e.languages, e.addresses, e.addressees, e.follows
    from letters e
    join items i on i.advisory_id = e.advisory_id
    cross join lateral (
      select array_agg(l.ceptoar_id order by s.position, c.position) as ids,
             array_agg(coalesce(n.ja, l.ceptoar_id) order by s.position, c.position) as ja,
             array_agg(coalesce(n.en, l.ceptoar_id) order by s.position, c.position) as en,
             array_agg(l.members order by s.position, c.position) as members,
             array_agg(l.unreachable order by s.position, c.position) as unreachable,
             array_agg(l.desk order by s.position, c.position) as desks,
             array_agg(l.ministry order by s.position, c.position) as ministries
      from lines l
      join public.ceptoars c on c.ceptoar_id = l.ceptoar_id join public.sectors s on s.sector_id = c.sector_id
      left join public.ceptoar_names n on n.ceptoar_id = l.ceptoar_id and n.valid @> today
      where l.advisory_id = e.advisory_id
        and case e.reader
              when 'desk' then l.step = 'desk' and l.ceptoar_id = e.whose
              when 'ministry' then l.step = 'next_up' and l.ceptoar_id in (
                select o.ceptoar_id from offices o
                where o.advisory_id = e.advisory_id and o.stage = 'ministry' and o.organisation_id::text = e.whose)
              when 'centre' then l.step = 'next_up' else false end) t
    order by i.number, e.reader, e.whose;
  end $$;

create or replace function route_hops(p_ceptoar text, p_day date, p_proven_days integer)
  returns table(stage text, on_road boolean, bodies bigint, reachable bigint, proven bigint, twice bigint, people bigint, hubs bigint)
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
                 and r.stage = case when h.stage in ('partner', 'regional') then 'member' else h.stage end) as on_road
      from unnest(array['ministry', 'regional', 'secretariat', 'member', 'partner']) with ordinality h (stage, place)),
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
           case when h.stage in ('ministry', 'regional', 'secretariat') then (
             select count(distinct f.account_id) from bodies b
             join public.affiliations f on f.organisation_id = b.organisation_id and f.valid @> p_day
              and case when h.stage in ('ministry', 'regional') then f.role = 'ministry_liaison'
                   else f.role in ('secretariat', 'coordinator') and f.ceptoar_id = p_ceptoar end
             join public.accounts a on a.account_id = f.account_id and a.suspended_at is null
             where b.stage = h.stage) end,
           case when h.stage = 'member' then (
             select count(*) from public.memberships m where m.ceptoar_id = p_ceptoar and m.hub and m.valid @> p_day) end
    from hops h left join known k on k.stage = h.stage
    group by h.stage, h.place, h.on_road order by h.place;
  end $$;

create or replace function directory_keeps_windows_of(p_organisation uuid, p_ceptoar text)
  returns boolean
  language plpgsql stable security definer cost 20000 set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.memberships m
                   where m.organisation_id = p_organisation and m.ceptoar_id = p_ceptoar)
      and (p_ceptoar = any (public.viewer_secretariat_ceptoars())
           or exists (
             select from public.affiliations f
             where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
               and f.organisation_id = p_organisation and (f.ceptoar_id is null or f.ceptoar_id = p_ceptoar)
               and (f.role = 'member_admin'
                    or f.role in ('member_poc', 'hub_member') and (
                      f.contact_id is null
                      or exists (select from public.contacts k where k.contact_id = f.contact_id and k.handler
                                 and k.valid @> public.viewer_today())))))
      -- Partner bodies, and the secretariats of the CEPTOAR, those of the past among them: somebody has to close theirs.
      or p_ceptoar = any (public.viewer_secretariat_ceptoars())
         and (exists (select from public.partnerships p
                      where p.organisation_id = p_organisation and p.ceptoar_id = p_ceptoar)
              or exists (select from public.secretariat_terms t
                         where t.organisation_id = p_organisation and t.ceptoar_id = p_ceptoar))
      -- A ministry keeps its own, for each CEPTOAR of its sectors; a regional office for those that it is in.
      or exists (select from public.affiliations f
                 join public.sector_ministries m on m.organisation_id = f.organisation_id
                  and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today())
                 join public.ceptoars c on c.sector_id = m.sector_id and c.ceptoar_id = p_ceptoar
                 where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
                   and f.role = 'ministry_liaison' and f.organisation_id = p_organisation)
      or exists (select from public.affiliations f
                 join public.regional_offices r on r.organisation_id = f.organisation_id and r.ceptoar_id = p_ceptoar
                  and (upper_inf(r.valid) or upper(r.valid) > public.viewer_today())
                 where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
                   and f.role = 'ministry_liaison' and f.organisation_id = p_organisation);
  end $$;

-- Who may say so, and that it was written down: as with the road itself.
create function route_is_changing(p_ceptoar text, p_on date) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select p_on is not null and p_on >= public.viewer_today() and public.viewer_has_role('nisc_approver')
      and exists (select from public.directory_changes c
                  where c.subject = 'route' and c.ceptoar_id = p_ceptoar and c.made_by = public.viewer_account()
                    and c.made_at = public.viewer_now() and c.effective_on = p_on) $$;
revoke execute on function route_is_changing(text, date) from public;

create or replace function route_lead_over(p_ceptoar text, p_on date, p_ministry boolean, p_secretariat boolean) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if public.route_is_changing(p_ceptoar, p_on) is not true or p_ministry is null or p_secretariat is null
       or not p_secretariat and exists (
            select from public.relay_rules r
            where r.ceptoar_id = p_ceptoar and 'decided' in (r.office_hours, r.off_hours) and r.valid && daterange(p_on, null)) then
      raise exception 'a road is changed by an approver, from today on, with a reason' using errcode = 'insufficient_privilege';
    end if;
    update public.route_stages r
      set valid = case when lower(r.valid) >= p_on then 'empty' else daterange(lower(r.valid), p_on) end
      where r.ceptoar_id = p_ceptoar and not isempty(r.valid) and (upper_inf(r.valid) or upper(r.valid) > p_on);
    insert into public.route_stages (ceptoar_id, position, stage, valid)
      select p_ceptoar, row_number() over (order by s.place), s.stage, daterange(p_on, null)
      from (values (1, 'ministry', p_ministry), (2, 'secretariat', p_secretariat), (3, 'member', true)) s (place, stage, is_on)
      where s.is_on;
  end $$;

create function regional_office_begins(p_ceptoar text, p_names text[], p_subgroup text, p_on date, p_demonstration boolean)
  returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    office uuid;
  begin
    if public.route_is_changing(p_ceptoar, p_on) is not true
       or p_subgroup is not null and not exists (
            select from public.subgroups s where s.subgroup_id = p_subgroup and s.ceptoar_id = p_ceptoar and s.valid @> p_on) then
      raise exception 'a road is changed by an approver, from today on, with a reason' using errcode = 'insufficient_privilege';
    end if;
    -- One office may look after members of several CEPTOARs.
    select n.organisation_id into office from public.organisation_names n
      join public.regional_offices r on r.organisation_id = n.organisation_id
      where n.ja = p_names[1] and n.valid @> p_on limit 1;
    if office is null then
      insert into public.organisations (kind, demonstration) values ('ministry', p_demonstration)
        returning organisation_id into office;
      insert into public.organisation_names (organisation_id, ja, en, reading, valid, precision)
        values (office, p_names[1], p_names[2], p_names[3], daterange(p_on, null), 'day');
    end if;
    insert into public.regional_offices (ceptoar_id, organisation_id, subgroup_id, valid)
      values (p_ceptoar, office, p_subgroup, daterange(p_on, null));
  end $$;
comment on function regional_office_begins(text, text[], text, date, boolean) is
  'an office that looks after members of a CEPTOAR from a day on; its name in Japanese, in English and as read';
revoke execute on function regional_office_begins(text, text[], text, date, boolean) from public;
grant execute on function regional_office_begins(text, text[], text, date, boolean) to portal_app;

create function regional_office_ends(p_ceptoar text, p_fact uuid, p_on date) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if public.route_is_changing(p_ceptoar, p_on) is not true then
      raise exception 'a road is changed by an approver, from today on, with a reason' using errcode = 'insufficient_privilege';
    end if;
    update public.regional_offices r
      set valid = case when lower(r.valid) >= p_on then 'empty' else daterange(lower(r.valid), p_on) end
      where r.ceptoar_id = p_ceptoar and r.fact_id = p_fact and not isempty(r.valid)
        and (upper_inf(r.valid) or upper(r.valid) > p_on);
    return found;
  end $$;
comment on function regional_office_ends(text, uuid, date) is 'the first day on which an office does no longer look after members';
revoke execute on function regional_office_ends(text, uuid, date) from public;
grant execute on function regional_office_ends(text, uuid, date) to portal_app;

-- How the members stand that a regional office looks after, in numbers: for the office, about an item that it has.
create function regional_board(p_advisory uuid)
  returns table (ceptoar_id text, organisation_id uuid, members bigint, acknowledged bigint, waiting bigint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    with own as materialized (
      select distinct h.ceptoar_id, h.organisation_id from public.viewer_hats(array[p_advisory]) h
      where h.stage = 'regional' and not h.sealed),
    published as (
      select (a.published_at at time zone 'Asia/Tokyo')::date as day from public.advisories a where a.advisory_id = p_advisory),
    behind as (
      select o.ceptoar_id, o.organisation_id as office, au.organisation_id, au.held
      from own o cross join published p
      join public.regional_offices r on r.ceptoar_id = o.ceptoar_id and r.organisation_id = o.organisation_id and r.valid @> p.day
      join public.advisory_audience au on au.advisory_id = p_advisory and au.ceptoar_id = o.ceptoar_id and au.stage = 'member'
      where r.subgroup_id is null
         or exists (select from public.memberships m
                    where m.ceptoar_id = r.ceptoar_id and m.organisation_id = au.organisation_id
                      and m.subgroup_id = r.subgroup_id and m.valid @> p.day)
         or exists (select from public.group_members g
                    where g.subgroup_id = r.subgroup_id and g.organisation_id = au.organisation_id and g.valid @> p.day))
    select b.ceptoar_id, b.office, count(*),
           count(*) filter (where not b.held and exists (
             select from public.advisory_receipts y
             where y.advisory_id = p_advisory and y.organisation_id = b.organisation_id
               and (y.stage is null or y.stage = 'member' and y.ceptoar_id = b.ceptoar_id))),
           count(*) filter (where b.held)
    from behind b group by 1, 2 $$;
comment on function regional_board(uuid) is
  'members behind the viewer''s regional offices: how many, how many have received an item, how many wait for their desk';
revoke execute on function regional_board(uuid) from public;
grant execute on function regional_board(uuid) to portal_app;
