-- Two desks in a row: the ministry decides first, then the secretariat (docs/decisions/0063-two-desks-in-a-row.md).
-- An item stands at one desk at a time: the row of `relays` goes along the road with it.

alter table relay_rules add column stage text not null default 'secretariat'
  constraint relay_rules_stage check (stage in ('ministry', 'secretariat'));
alter table relay_rules drop constraint relay_rules_one_at_a_time;
alter table relay_rules add constraint relay_rules_one_at_a_time
  exclude using gist (ceptoar_id with =, stage with =, valid with &&);
grant insert (stage) on relay_rules to portal_app;
comment on column relay_rules.stage is 'whose part of the agreement: the ministry writes its own, the secretariat its own';

-- Everybody writes the part of their own desk.
create function relay_rule_is_own(p_ceptoar text, p_stage text) returns boolean
  language plpgsql stable security definer cost 1000 set search_path = pg_catalog, pg_temp as $$ begin
    return coalesce(case p_stage when 'secretariat' then public.directory_keeps_ceptoar(p_ceptoar)
                                 when 'ministry' then p_ceptoar = any (public.viewer_ministry_ceptoars()) end, false);
  end $$;
revoke execute on function relay_rule_is_own(text, text) from public;
grant execute on function relay_rule_is_own(text, text) to portal_app;
drop policy desk_adds on relay_rules;
drop policy desk_changes on relay_rules;
create policy desk_adds on relay_rules for insert to portal_app with check (relay_rule_is_own(ceptoar_id, stage));
create policy desk_changes on relay_rules for update to portal_app
  using (relay_rule_is_own(ceptoar_id, stage)) with check (relay_rule_is_own(ceptoar_id, stage));

-- That a ministry changed its part is written down by whoever did, and read by centre, ministries and desk.
alter table directory_changes
  drop constraint directory_changes_subject_check,
  add constraint directory_changes_subject_check check (subject in (
    'membership', 'name', 'window', 'partnership', 'group', 'group_member', 'relay_rule', 'ministry_rule', 'route')),
  drop constraint directory_changes_whose,
  add constraint directory_changes_whose check (
    (organisation_id is null) = (subject in ('group', 'relay_rule', 'ministry_rule', 'route'))
    and (subgroup_id is not null) = (subject in ('group', 'group_member')));
alter policy own_change on directory_changes with check (
  made_by = (select viewer_account()) and made_at = (select viewer_now()) and subject not in ('route', 'ministry_rule')
  and (directory_keeps_ceptoar(ceptoar_id) or subject = 'window' and directory_keeps_window(contact_id)));
create policy ministry_changes_its_part on directory_changes for insert to portal_app with check (
  subject = 'ministry_rule' and made_by = (select viewer_account()) and made_at = (select viewer_now())
  and relay_rule_is_own(ceptoar_id, 'ministry')
  and exists (select from affiliations f
              where f.account_id = directory_changes.made_by and f.organisation_id = directory_changes.made_by_organisation
                and f.role = 'ministry_liaison' and f.valid @> viewer_today()));
alter policy routes_are_seen on directory_changes using (
  subject in ('route', 'ministry_rule')
  and ((select viewer_at_centre()) or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])));

alter table relays
  add column stage text not null default 'secretariat' constraint relays_stage check (stage in ('ministry', 'secretariat')),
  add column then_minutes smallint constraint relays_then check (then_minutes is null or stage = 'ministry');
comment on column relays.stage is 'at whose desk it stands';
comment on column relays.then_minutes is 'how long the secretariat has after the ministry; none where it decides nothing, or has it already';
alter table relay_decisions
  add column stage text not null default 'secretariat' constraint relay_decisions_stage check (stage in ('ministry', 'secretariat')),
  add constraint relay_decisions_narrow_at_the_desk check (stage = 'secretariat' or groups is null and not handlers_only);
grant select (stage) on relay_decisions to portal_app;
comment on column relay_decisions.stage is 'at whose desk it was decided';

-- Where a ministry decides, offices behind it wait as well.
alter table advisory_audience drop constraint advisory_audience_held_shut;
alter table advisory_audience add constraint advisory_audience_held_shut check (not held or door is null and stage <> 'ministry');

create or replace function advisory_audience_went_on() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin
    -- It went on to the members, or to the next desk.
    new.went_on_at := (select coalesce(r.settled_at, r.asked_at) from public.relays r
                       where r.advisory_id = new.advisory_id and r.ceptoar_id = new.ceptoar_id);
    return new;
  end $$;

create or replace function relays_take_bypass() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin
    new.bypass := exists (select from public.relay_rules r
                          where r.ceptoar_id = new.ceptoar_id and r.stage = new.stage and r.bypass
                            and r.valid @> (new.asked_at at time zone 'Asia/Tokyo')::date);
    return new;
  end $$;
drop trigger relays_take_bypass on relays;
create trigger relays_take_bypass before insert or update of stage on relays for each row execute function relays_take_bypass();

create or replace function escalation_begins_behind_the_desk() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin
    perform public.escalation_begin(new.advisory_id, array[new.ceptoar_id], coalesce(new.settled_at, new.asked_at));
    return null;
  end $$;
create trigger relays_escalation_on_the_way after update of stage on relays for each row
  when (new.stage is distinct from old.stage) execute function escalation_begins_behind_the_desk();

drop function relaying_preview(uuid, timestamptz);
drop function relaying(uuid, timestamptz);
drop function relaying_of(text, text, text, timestamptz);

-- Who stands at a desk on the road of a CEPTOAR on a day, and in which roles one decides there.
create function desks_of(p_ceptoar text, p_stage text, p_day date) returns table (organisation_id uuid, roles text[])
  language sql stable set search_path to 'pg_catalog', 'pg_temp' as $$
    select t.organisation_id, array['secretariat', 'coordinator'] from public.secretariat_terms t
      where p_stage = 'secretariat' and t.ceptoar_id = p_ceptoar and t.valid @> p_day
    union all
    select m.organisation_id, array['ministry_liaison'] from public.sector_ministries m join public.ceptoars c using (sector_id)
      where p_stage = 'ministry' and c.ceptoar_id = p_ceptoar and m.valid @> p_day $$;
revoke execute on function desks_of(text, text, date) from public;

-- The desks that decide about an item of this kind at that hour. Nothing waits for a desk at which nobody is.
create function relaying_of(p_level text, p_step text, p_kind text, p_now timestamptz)
  returns table (ceptoar_id text, stage text, minutes smallint)
  language sql stable set search_path to 'pg_catalog', 'pg_temp' as $$
    select r.ceptoar_id, r.stage, r.minutes
    from public.relay_rules r
    cross join (
      select (p_now at time zone 'Asia/Tokyo')::date as today, public.is_off_hours(p_now) as off_hours
      -- Nobody keeps a withdrawal back from those who have what is withdrawn.
      where p_level <> 'RED' and p_step <> 'withdrawal') i
    where r.valid @> i.today
      and case when i.off_hours then r.off_hours else r.office_hours end = 'decided'
      and not (r.urgent_at_once and p_kind = 'early_warning')
      and exists (select from public.route_stages s
                  where s.ceptoar_id = r.ceptoar_id and s.stage = r.stage and s.valid @> i.today)
      and exists (
        select from public.desks_of(r.ceptoar_id, r.stage, i.today) t
        join public.affiliations f on f.organisation_id = t.organisation_id and f.role = any (t.roles) and f.valid @> i.today
         and (f.ceptoar_id = r.ceptoar_id or f.ceptoar_id is null and r.stage = 'ministry')
        join public.accounts a on a.account_id = f.account_id and a.suspended_at is null
        join public.contacts k on k.organisation_id = t.organisation_id and k.valid @> i.today
         and (k.ceptoar_id = r.ceptoar_id or k.ceptoar_id is null and r.stage = 'ministry')
        join public.contact_channels c on c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> i.today) $$;
revoke execute on function relaying_of(text, text, text, timestamptz) from public;

-- The first desk of each CEPTOAR that decides about an item, and how long the secretariat has after it.
create function relaying(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, stage text, minutes smallint, then_minutes smallint)
  language sql stable set search_path to 'pg_catalog', 'pg_temp' as $$
    select r.ceptoar_id, min(r.stage),  -- in the order of the road, and of the alphabet: ministry, secretariat
           (array_agg(r.minutes order by r.stage))[1], (array_agg(r.minutes order by r.stage))[2]
    from public.advisories a join public.advisory_texts t using (advisory_id)
    cross join lateral public.relaying_of(a.level, a.step, t.kind, p_now) r
    where a.advisory_id = p_advisory group by 1 $$;
revoke execute on function relaying(uuid, timestamptz) from public;

create function relaying_preview(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, stage text, minutes smallint, then_minutes smallint)
  language sql stable security definer set search_path to 'pg_catalog', 'pg_temp' as $$
    select r.* from public.relaying(p_advisory, p_now) r where (select public.viewer_previews(p_advisory)) $$;
revoke execute on function relaying_preview(uuid, timestamptz) from public;
grant execute on function relaying_preview(uuid, timestamptz) to portal_app;

CREATE OR REPLACE FUNCTION public.sharing_windows_of(p_item advisories, p_kind text, p_addressees advisory_addressees[], p_now timestamp with time zone)
 RETURNS TABLE(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
  deciding as materialized (
    select d.ceptoar_id, min(d.stage) as stage, bool_or(d.stage = 'secretariat') as anew
    from public.relaying_of((p_item).level, (p_item).step, p_kind, p_now) d group by 1),
  -- What went to the handlers alone goes on so, unless the desk decides anew.
  narrowed as materialized (
    select n.* from item i cross join lateral public.narrowed_members((p_item).advisory_id) n
    where n.own or i.step = 'correction' or n.ceptoar_id not in (select d.ceptoar_id from deciding d where d.anew)),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level,
           case when nr.ceptoar_id is not null and i.handler_scope = 'organisation' then 'handlers' else i.handler_scope end
             as handler_scope,
           -- Partner bodies stand outside the membership: what is handled inside it never goes to them.
           o.stage = 'partner' and not (
             i.level in ('CLEAR', 'GREEN') and i.handler_scope = 'organisation'
             and (o.rule = 'had_earlier' or exists (select from wholes w where w.ceptoar_id = o.ceptoar_id and w.whole))) as outside,
           coalesce(k.contact_id in (select ad.contact_id from unnest(p_addressees) ad where ad.contact_id is not null),
                    false) as named
    from organisations_due o cross join item i
    left join narrowed nr
      on o.stage = 'member' and nr.ceptoar_id = o.ceptoar_id and nr.organisation_id = o.organisation_id
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
           case when public.stage_place(j.stage) >= public.stage_place(d.stage) then j.stage = d.stage end as asks,
           case when public.stage_place(j.stage) >= public.stage_place(d.stage) then d.ceptoar_id end as desk,
           -- Nor does the copy of an office between two desks for one behind both.
           public.stage_place(j.stage) >= public.stage_place(d.stage) and j.stage in ('member', 'partner') as last
    from judged j left join deciding d on d.ceptoar_id = j.ceptoar_id),
  -- One copy for each window, whatever it stands for; whoever is asked is asked.
  single as (
    select r.*, row_number() over (
             partition by r.first_verdict, r.contact_id
             order by r.asks is true desc, r.stage = 'partner', r.stage, r.ceptoar_id) as nth
    from ranked r)
  select s.ceptoar_id, s.stage, s.rule, s.organisation_id, s.contact_id, s.window_position, s.language, s.address,
         case when s.first_verdict = 'due' and (s.nth > 1 or row_number() over (
                partition by s.first_verdict, s.nth, lower(s.address), s.desk, s.asks, s.last is true
                order by s.stage = 'partner', s.stage, s.window_position, s.ceptoar_id, s.contact_id) > 1)
              then 'same_address' else s.first_verdict end
  from single s
  $function$;

CREATE OR REPLACE FUNCTION public.sharing_freeze(p_advisory uuid, p_now timestamp with time zone, p_priority smallint, p_give_up_at timestamp with time zone, p_digest text DEFAULT NULL::text)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare
    item public.advisories;
    queued integer;
    digest text;
  begin
    select * into item from public.advisories a where a.advisory_id = p_advisory and a.state = 'published'
      and a.approved_by = public.viewer_account();
    if not found then
      raise exception 'only the approver freezes the audience, in the publication itself'
        using errcode = 'insufficient_privilege';
    end if;
    -- Desks that still have an earlier version before them wait: it is over in the same moment.
    if item.version > 1 then
      perform from public.relays r
        where r.advisory_id in (select e.advisory_id from public.advisories e
                                where e.thread_id = item.thread_id and e.version < item.version)
        order by r.advisory_id, r.ceptoar_id for update;
    end if;
    with deciding as materialized (select d.* from public.relaying(p_advisory, p_now) d),
    before as materialized (select e.* from public.advisories e
                            where e.thread_id = item.thread_id and e.version < item.version and e.state = 'published'),
    windows as materialized (
      select w.*, gen_random_uuid() as delivery_id, d.stage as desk, d.minutes, d.then_minutes,
             coalesce(public.stage_place(w.stage) > public.stage_place(d.stage), false) and c.organisation_id is null as held,
             nr.organisation_id is not null and item.handler_scope = 'organisation'
               -- The secretariat decides anew about everybody.
               and not (coalesce(d.stage = 'secretariat' or d.then_minutes is not null, false) and c.organisation_id is null)
               as narrow,
             -- Whether its people may read an earlier version: the others learn nothing of it, not even that there was one.
             -- By index, row by row: a join of two intermediate results may be the slowest there is.
             -- A ministry is one reader, whichever of its CEPTOARs a copy stands for.
             item.version > 1 and w.verdict in ('due', 'same_address') and exists (
               select from before e
               join public.advisory_audience au on au.advisory_id = e.advisory_id and au.organisation_id = w.organisation_id
                and (au.ceptoar_id = w.ceptoar_id or w.stage = 'ministry') and au.stage = w.stage and not au.held
               where case when au.stage <> 'member' then e.level <> 'RED'
                          when e.handler_scope = 'handlers' or au.handlers_only then exists (
                            select from public.contacts k
                            where k.contact_id = w.contact_id and k.handler
                              and k.valid @> (p_now at time zone 'Asia/Tokyo')::date)
                          when e.handler_scope = 'named' then exists (
                            select from public.advisory_addressees ad
                            where ad.advisory_id = e.advisory_id and ad.contact_id = w.contact_id)
                          else true end) as knows,
             -- The mail that the new one answers, in a mail program: the first that the window got.
             case when item.version > 1 then (
               select x.delivery_id from before e
               join public.deliveries x on x.item_id = e.advisory_id and x.contact_id = w.contact_id
                and x.state not in ('held', 'cancelled')
               order by e.version limit 1) end as first_copy
      from public.sharing_windows(p_advisory, p_now) w left join deciding d on d.ceptoar_id = w.ceptoar_id
      left join public.corrected_audience(p_advisory) c
        on c.ceptoar_id = w.ceptoar_id and c.stage = w.stage and c.organisation_id = w.organisation_id
      left join public.narrowed_members(p_advisory) nr
        on w.stage = 'member' and nr.ceptoar_id = w.ceptoar_id and nr.organisation_id = w.organisation_id),
    -- One mailbox is one reader as well: whoever looks into it has seen what came there.
    letters as materialized (
      select w.*, bool_or(w.knows) over mailbox as known, min(w.first_copy::text) over mailbox as answers
      from windows w where w.verdict in ('due', 'same_address') window mailbox as (partition by lower(w.address), w.held)),
    -- Nobody is asked about nobody.
    behind as (
      select w.ceptoar_id, min(w.desk) as desk, min(w.minutes) as minutes, min(w.then_minutes) as then_minutes from windows w
      where w.held and not (w.stage = 'partner' and w.verdict = 'not_on_route') group by 1),
    audience as (
      insert into public.advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule, held, handlers_only, door,
                                            sealed, named)
      select distinct on (organisation_id, ceptoar_id, stage) p_advisory, organisation_id, ceptoar_id, stage, rule, held,
             narrow,
             case when not held then public.audience_door(
               stage, case when narrow then 'handlers' else item.handler_scope end, organisation_id, ceptoar_id) end,
             item.level = 'RED' and stage <> 'member' or stage = 'partner',
             case when stage = 'member' then public.audience_named(p_advisory, item.handler_scope, organisation_id, ceptoar_id) end
      from windows
      -- Kept outside, a partner body is no part of the audience: nobody there learns even of the number.
      where not (stage = 'partner' and verdict = 'not_on_route')
      order by organisation_id, ceptoar_id, stage, rule),
    relays as (
      insert into public.relays (advisory_id, ceptoar_id, stage, asked_at, due_at, then_minutes)
      select p_advisory, b.ceptoar_id, b.desk, p_now, p_now + make_interval(mins => b.minutes), b.then_minutes from behind b),
    due as (
      insert into public.deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                     position, state, priority, give_up_at, follows)
      select w.delivery_id, m.mail_id, p_advisory, w.organisation_id, w.ceptoar_id, w.contact_id, w.stage,
             -- The queue is judged on the database's clock; the application's only says for how long.
             w.window_position, case when w.held then 'held' else 'queued' end, p_priority, now() + (p_give_up_at - p_now),
             case when w.known then coalesce(w.first_copy, w.answers::uuid) end
      from letters w
      cross join lateral (
        select x.mail_id from public.mails x where x.item_id = p_advisory and x.language = w.language
        order by x.relay = exists (select from behind b where b.ceptoar_id = w.ceptoar_id
                                   and (w.stage = b.desk or w.stage = 'secretariat' and b.then_minutes is not null)) desc,
                 x.newcomers = (item.version > 1 and item.step <> 'withdrawal' and not w.known) desc
        limit 1) m
      where w.verdict = 'due'),
    addresses as (
      insert into public.delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
      select w.delivery_id, w.organisation_id, w.ceptoar_id, w.address,
             coalesce(case w.language when 'en' then n.en else n.ja end, '')
      from windows w
      left join public.organisation_names n on n.organisation_id = w.organisation_id
        and n.valid @> (p_now at time zone 'Asia/Tokyo')::date
      where w.verdict = 'due')
    select count(*) filter (where verdict = 'due'), public.sharing_digest(array_agg(
             concat_ws('|', ceptoar_id, stage, organisation_id, contact_id, verdict, case when held then concat_ws('-', desk, minutes, then_minutes) end)))
      into queued, digest from windows;
    -- Not the windows that the approver saw: the caller gives everything up.
    if p_digest is not null and p_digest <> digest then
      return -1;
    end if;
    if item.version > 1 then perform public.end_earlier_versions(p_advisory, p_now); end if;
    perform pg_notify('outbox', '');
    return queued;
  end $function$;

CREATE OR REPLACE FUNCTION public.corrected_audience(p_advisory uuid)
 RETURNS TABLE(ceptoar_id text, stage text, organisation_id uuid)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select au.ceptoar_id, au.stage, au.organisation_id
    from public.advisories i
    join public.advisories e on e.advisory_id = i.previous_id and e.level <> 'RED'
    join public.advisory_audience au on au.advisory_id = e.advisory_id and not au.held and au.stage <> 'ministry'
    where i.advisory_id = p_advisory and i.step = 'correction' $function$;

CREATE OR REPLACE FUNCTION public.end_earlier_versions(p_advisory uuid, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare
    item public.advisories;
    earlier uuid[];
  begin
    select * into item from public.advisories a where a.advisory_id = p_advisory;
    select coalesce(array_agg(e.advisory_id), '{}') into earlier from public.advisories e
      where e.thread_id = item.thread_id and e.version < item.version and e.state = 'published';
    insert into public.relay_decisions (advisory_id, ceptoar_id, stage, decision, reason, supplement, made_at)
      select r.advisory_id, r.ceptoar_id, r.stage, 'superseded', '', '', p_now from public.relays r
      where r.advisory_id = any (earlier) and r.state in ('waiting', 'held');
    update public.relays r set state = 'withheld', settled_at = p_now
      where r.advisory_id = any (earlier) and r.state in ('waiting', 'held');
    update public.deliveries d set state = 'cancelled', settled_at = now()
      where d.item_id = any (earlier)
        and (d.state = 'held' or d.state = 'queued' and (item.step = 'withdrawal' or item.step = 'correction' and exists (
               select from public.deliveries n
               where n.item_id = p_advisory and n.contact_id = d.contact_id and n.state = 'queued')));
    perform public.supersede_earlier(p_advisory, null);
  end $function$;

CREATE OR REPLACE FUNCTION public.route_walk(p_ceptoar text, p_level text, p_scope text, p_kind text, p_at timestamp with time zone)
 RETURNS TABLE(stage text, verdict text, windows bigint, organisations bigint, minutes smallint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  begin
    if not public.viewer_oversees(p_ceptoar) then return; end if;
    return query
    select w.stage, w.verdict, count(*), count(distinct w.organisation_id),
           (select sum(d.minutes) from public.relaying_of(p_level, 'first', p_kind, p_at) d
            where d.ceptoar_id = p_ceptoar and public.stage_place(w.stage) > public.stage_place(d.stage))::smallint
    from public.route_windows(p_ceptoar, p_level, p_scope, p_kind, p_at) w
    group by w.stage, w.verdict;
  end $function$;

CREATE OR REPLACE FUNCTION public.route_lead_over(p_ceptoar text, p_on date, p_ministry boolean, p_secretariat boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ begin
    if public.route_is_changing(p_ceptoar, p_on) is not true or p_ministry is null or p_secretariat is null
       or exists (
            select from public.relay_rules r
            where r.ceptoar_id = p_ceptoar and case r.stage when 'ministry' then not p_ministry else not p_secretariat end
              and 'decided' in (r.office_hours, r.off_hours) and r.valid && daterange(p_on, null)) then
      raise exception 'a road is changed by an approver, from today on, with a reason' using errcode = 'insufficient_privilege';
    end if;
    update public.route_stages r
      set valid = case when lower(r.valid) >= p_on then 'empty' else daterange(lower(r.valid), p_on) end
      where r.ceptoar_id = p_ceptoar and not isempty(r.valid) and (upper_inf(r.valid) or upper(r.valid) > p_on);
    insert into public.route_stages (ceptoar_id, position, stage, valid)
      select p_ceptoar, row_number() over (order by s.place), s.stage, daterange(p_on, null)
      from (values (1, 'ministry', p_ministry), (2, 'secretariat', p_secretariat), (3, 'member', true)) s (place, stage, is_on)
      where s.is_on;
  end $function$;

CREATE OR REPLACE FUNCTION public.escalation_take(p_now timestamp with time zone, p_limit integer)
 RETURNS TABLE(errand_id uuid, advisory_id uuid, number text, level text, kind text, drill boolean, answer_due timestamp with time zone, published_at timestamp with time zone, reader text, recipients integer, ceptoars text[], ceptoars_ja text[], ceptoars_en text[], members bigint[], unreachable bigint[], desks boolean[], ministries boolean[], contacts uuid[], organisations uuid[], of_ceptoars text[], places smallint[], languages text[], addresses text[], addressees text[], follows uuid[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
                      and au.ceptoar_id = r.ceptoar_id and au.stage = r.stage and not au.held and not au.sealed)),
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
  end $function$;

drop function relay_open(uuid, text, text[], boolean);

CREATE FUNCTION public.relay_open(p_advisory uuid, p_ceptoar text, p_upto text, p_groups text[] DEFAULT NULL::text[], p_handlers boolean DEFAULT false)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare
    today date := public.viewer_today();
    narrow boolean := p_groups is not null or p_handlers;
    -- What this version brought along from an earlier one stays as it is.
    lifted boolean := exists (select from public.relay_decisions d where d.advisory_id = p_advisory
                              and d.ceptoar_id = p_ceptoar and d.handlers_only);
  begin
    -- Accounts first and in order, as people_suspend does: who waits for whom is the same everywhere.
    perform from public.accounts a
      where a.account_id in (select f.account_id from public.affiliations f
                             join public.deliveries d on d.contact_id = f.contact_id
                             where d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.state = 'held' and f.valid @> today
                               and public.stage_place(d.stage) <= public.stage_place(p_upto))
      order by a.account_id for key share;
    update public.advisory_audience au
      set held = false, handlers_only = p_handlers or au.held and au.handlers_only,
          door = public.audience_door(au.stage, case when (p_handlers or au.held and au.handlers_only) and a.handler_scope = 'organisation' then 'handlers'
                                                    else a.handler_scope end,
                                      au.organisation_id, au.ceptoar_id)
      from public.advisories a
      where a.advisory_id = p_advisory and au.advisory_id = p_advisory and au.ceptoar_id = p_ceptoar
        -- What went to handlers alone is opened to all of the organisation where the desk says so afterwards.
        and (au.held or au.handlers_only and lifted)
        -- Partner bodies stand outside the membership: what is not for all members is not for them.
        and public.stage_place(au.stage) <= public.stage_place(p_upto)
        and (au.stage in ('regional', 'secretariat') or au.stage = 'partner' and not narrow
             or au.stage = 'member' and exists (
               select from public.memberships m where m.organisation_id = au.organisation_id
                 and m.ceptoar_id = p_ceptoar and m.valid @> today
                 and (p_groups is null or m.subgroup_id = any (p_groups)
                      or exists (select from public.group_members g
                                 where g.subgroup_id = any (p_groups) and g.organisation_id = m.organisation_id
                                   and g.ceptoar_id = p_ceptoar and g.valid @> today))));
    perform public.supersede_earlier(p_advisory, p_ceptoar);
    -- Windows at which nobody is left who could read it: worked out once, not copy by copy.
    with silent as materialized (
      select f.contact_id
      from public.advisories a
      join public.deliveries d on d.item_id = a.advisory_id and d.ceptoar_id = p_ceptoar and d.state = 'held'
       and public.stage_place(d.stage) <= public.stage_place(p_upto)
      join public.affiliations f on f.contact_id = d.contact_id and f.valid @> today
      join public.accounts c on c.account_id = f.account_id
      where a.advisory_id = p_advisory group by 1
      having not bool_or(c.suspended_at is null or c.suspended_at < a.published_at)),
    going as (
      select d.delivery_id from public.deliveries d
      join public.advisory_audience au on au.advisory_id = d.item_id and au.organisation_id = d.organisation_id
       and au.ceptoar_id = d.ceptoar_id and au.stage = d.stage and not au.held
      join public.contacts k on k.contact_id = d.contact_id and k.valid @> today and (k.handler or not au.handlers_only)
      where d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.state = 'held'
        and d.contact_id not in (select n.contact_id from silent n))
    update public.deliveries d
      set state = case when g.delivery_id is null then 'cancelled' else 'queued' end,
          settled_at = case when g.delivery_id is null then now() end,
          due_at = now(), give_up_at = now() + (d.give_up_at - d.due_at)
      from public.deliveries x left join going g on g.delivery_id = x.delivery_id
      where x.delivery_id = d.delivery_id and d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.state = 'held'
        and public.stage_place(d.stage) <= public.stage_place(p_upto)
        -- What was left out can still go on.
        and (g.delivery_id is not null or not narrow);
    perform pg_notify('outbox', '');
  end $function$;
revoke execute on function relay_open(uuid, text, text, text[], boolean) from public;

-- An item leaves a desk: to the next one where that decides as well (so it was approved), else to the members.
create function relay_goes_on(p_advisory uuid, p_ceptoar text, p_at timestamptz, p_groups text[] default null,
                              p_handlers boolean default false) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
  declare relay public.relays;
  begin
    select * into relay from public.relays r where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar for update;
    if relay.stage = 'ministry' and relay.then_minutes is not null then
      update public.relays r
        set stage = 'secretariat', state = 'waiting', asked_at = p_at, settled_at = null, then_minutes = null,
            due_at = p_at + make_interval(mins => relay.then_minutes)
        where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
      perform public.relay_open(p_advisory, p_ceptoar, 'secretariat');
    else
      update public.relays r set state = 'forwarded', settled_at = p_at, narrowed = p_groups is not null or p_handlers
        where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
      perform public.relay_open(p_advisory, p_ceptoar, 'partner', p_groups, p_handlers);
    end if;
  end $$;
revoke execute on function relay_goes_on(uuid, text, timestamptz, text[], boolean) from public;

CREATE OR REPLACE FUNCTION public.relay_time_up(p_now timestamp with time zone)
 RETURNS TABLE(advisory_id uuid, ceptoar_id text, problem text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  declare due record;
  begin
    for due in
      select r.advisory_id, r.ceptoar_id, r.stage from public.relays r
      where r.state in ('waiting', 'held') and r.due_at <= p_now order by r.due_at for update skip locked
    loop
      advisory_id := due.advisory_id; ceptoar_id := due.ceptoar_id; problem := null;
      -- What is wrong with one keeps no other one back; the next look tries it again.
      begin
        insert into public.relay_decisions (advisory_id, ceptoar_id, stage, decision, reason, supplement, made_at)
          values (due.advisory_id, due.ceptoar_id, due.stage, 'time_up', '', '', p_now);
        perform public.relay_goes_on(due.advisory_id, due.ceptoar_id, p_now);
      exception when others then
        problem := sqlstate;
      end;
      return next;
    end loop;
  end $function$;

CREATE OR REPLACE FUNCTION public.relay_decide(p_advisory uuid, p_ceptoar text, p_decision text, p_reason text, p_supplement text, p_held_until timestamp with time zone, p_groups text[] DEFAULT NULL::text[], p_handlers boolean DEFAULT false)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare
    desk uuid;
    relay public.relays;
    at timestamptz := public.viewer_now();
  begin
    select * into relay from public.relays r
      where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar for update;
    select h.organisation_id into desk from public.viewer_hats(array[p_advisory]) h
      where h.stage = relay.stage and h.ceptoar_id = p_ceptoar and not h.sealed
        and h.role in ('ministry_liaison', 'secretariat', 'coordinator') limit 1;
    if not found then
      raise exception 'only the desk at which it stands decides' using errcode = 'insufficient_privilege';
    end if;
    -- What is old goes nowhere any more.
    if exists (select from public.advisories a join public.advisories n on n.thread_id = a.thread_id and n.version > a.version
               where a.advisory_id = p_advisory and n.state = 'published') then
      return false;
    end if;
    -- Over: it went on, or its time is up, or it is withheld and cannot be put off any more.
    if relay.state = 'forwarded' and not (relay.narrowed and p_decision in ('forward', 'forward_with_supplement'))
       or p_decision not in ('forward', 'forward_with_supplement') and (relay.state = 'withheld' or relay.due_at <= at) then
      return false;
    end if;
    -- Put off means later than now, and a day after it came at the latest.
    if p_decision is null
       or p_decision not in ('forward', 'forward_with_supplement', 'hold', 'withhold_duplicate', 'withhold_not_relevant')
       or p_decision = 'hold' and (p_held_until <= relay.due_at or p_held_until > relay.asked_at + interval '24 hours') then
      raise exception 'no such decision' using errcode = 'check_violation', constraint = 'relay_decisions_decision';
    end if;
    -- Narrowed once, and only to somebody; afterwards it goes on to all or stays as it is.
    -- Members are the secretariat's to choose among.
    if (p_groups is not null or p_handlers) and (
         relay.narrowed or relay.stage <> 'secretariat'
         or p_handlers and exists (select from public.advisories a where a.advisory_id = p_advisory
                                   and a.handler_scope <> 'organisation')
         or p_groups is not null and (
           exists (select from unnest(p_groups) g (subgroup_id) where not exists (
                     select from public.subgroups s where s.subgroup_id = g.subgroup_id and s.ceptoar_id = p_ceptoar
                       and s.valid @> public.viewer_today()))
           or not exists (select from public.relay_groups(p_advisory, p_ceptoar) w where w.subgroup_id = any (p_groups)))) then
      raise exception 'no such part' using errcode = 'check_violation', constraint = 'relay_decisions_narrow';
    end if;
    insert into public.relay_decisions (advisory_id, ceptoar_id, stage, decision, reason, supplement, held_until, groups, handlers_only, made_by,
                                        made_by_organisation, made_by_name, made_at)
      select p_advisory, p_ceptoar, relay.stage, p_decision, p_reason, p_supplement, p_held_until, p_groups, p_handlers, c.account_id, desk, c.display_name, at
      from public.accounts c where c.account_id = public.viewer_account();
    if p_decision in ('forward', 'forward_with_supplement') then
      perform public.relay_goes_on(p_advisory, p_ceptoar, at, p_groups, p_handlers);
    elsif p_decision = 'hold' then
      update public.relays r set state = 'held', due_at = p_held_until where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    else
      update public.relays r set state = 'withheld', settled_at = at where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    end if;
    return true;
  end $function$;

CREATE OR REPLACE FUNCTION public.relay_bypass(p_advisory uuid, p_ceptoar text, p_step text, p_reason text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare
    centre uuid;
    relay public.relays;
    is_open boolean;
    is_own boolean;
    at timestamptz := public.viewer_now();
  begin
    select f.organisation_id into centre from public.affiliations f
      where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
        and f.role = any (case when p_step = 'ask' then array['nisc_analyst', 'nisc_approver'] else array['nisc_approver'] end)
      order by f.organisation_id limit 1;
    -- Nobody goes past a desk that is theirs as well.
    if not found or p_step is null or p_step not in ('ask', 'refuse', 'go') or p_advisory = any (public.viewer_kept_from())
       or p_ceptoar = any (public.viewer_ceptoars() || public.viewer_ministry_ceptoars()) then
      raise exception 'only the centre goes past a desk' using errcode = 'insufficient_privilege';
    end if;
    select * into relay from public.relays r
      where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar and r.bypass for update;
    if not found or not relay.narrowed and relay.state not in ('withheld', 'held')
       or exists (select from public.advisories a join public.advisories n on n.thread_id = a.thread_id and n.version > a.version
                  where a.advisory_id = p_advisory and n.state = 'published') then
      return false;
    end if;
    select true, b.own into is_open, is_own from public.relay_bypass_asked(p_advisory) b where b.ceptoar_id = p_ceptoar;
    if (p_step = 'ask') = coalesce(is_open, false) then
      return false;
    end if;
    if p_step = 'go' and is_own then
      raise exception 'nobody goes past a desk alone' using errcode = 'insufficient_privilege';
    end if;
    -- One after the other, also where two machines' clocks differ: the newest step counts.
    select greatest(at, max(d.made_at) + interval '1 microsecond') into at from public.relay_decisions d
      where d.advisory_id = p_advisory and d.ceptoar_id = p_ceptoar;
    insert into public.relay_decisions (advisory_id, ceptoar_id, stage, decision, reason, supplement, made_by, made_by_organisation,
                                        made_by_name, made_at)
      select p_advisory, p_ceptoar, relay.stage,
             case p_step when 'ask' then 'bypass_asked' when 'refuse' then 'bypass_refused' else 'bypassed' end,
             p_reason, '', c.account_id, centre, c.display_name, at
      from public.accounts c where c.account_id = public.viewer_account();
    if p_step = 'go' then
      perform public.relay_goes_on(p_advisory, p_ceptoar, at);
    end if;
    return true;
  end $function$;

CREATE OR REPLACE FUNCTION public.relay_bypass_asked(p_advisory uuid DEFAULT NULL::uuid)
 RETURNS TABLE(advisory_id uuid, ceptoar_id text, own boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  begin
    if not public.viewer_at_centre() then return; end if;
    return query
    select r.advisory_id, r.ceptoar_id, l.made_by = public.viewer_account()
    from public.relays r
    join public.advisories a on a.advisory_id = r.advisory_id
    cross join lateral (
      select d.decision, d.made_by from public.relay_decisions d
      where d.advisory_id = r.advisory_id and d.ceptoar_id = r.ceptoar_id and d.stage = r.stage
        and d.decision like 'bypass%'
      order by d.made_at desc, d.decision = 'bypass_asked' limit 1) l
    where (p_advisory is null or r.advisory_id = p_advisory) and r.bypass and (r.narrowed or r.state in ('withheld', 'held'))
      and l.decision = 'bypass_asked'
      and exists (select from public.affiliations f join public.accounts c on c.account_id = f.account_id
                  where f.account_id = l.made_by and f.role in ('nisc_analyst', 'nisc_approver')
                    and f.valid @> public.viewer_today() and c.suspended_at is null)
      and r.advisory_id <> all (public.viewer_kept_from())
      and not exists (select from public.advisories n
                      where n.thread_id = a.thread_id and n.version > a.version and n.state = 'published');
  end $function$;

CREATE OR REPLACE FUNCTION public.relay_bypass_tell(p_advisory uuid, p_ceptoar text, p_languages text[], p_subjects text[], p_bodies text[], p_hashes bytea[], p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare past text;
  begin
    -- The desk that was gone past, a moment ago.
    select d.stage into past from public.relay_decisions d
      where d.advisory_id = p_advisory and d.ceptoar_id = p_ceptoar and d.decision = 'bypassed'
        and d.made_by = public.viewer_account() and d.made_at >= public.viewer_now();
    if cardinality(p_languages) <> 2
       or past is null then
      raise exception 'whoever goes past a desk tells it' using errcode = 'insufficient_privilege';
    end if;
    return (
      with desk as (
        -- The desk of today; of each window the address of this hour.
        select k.contact_id, ch.value as address, coalesce(k.label, '') as addressee, t.subject, t.body, t.hash, k.language
        from public.desks_of(p_ceptoar, past, public.viewer_today()) s
        join public.contacts k on k.organisation_id = s.organisation_id and k.valid @> public.viewer_today()
         and (k.ceptoar_id = p_ceptoar or k.ceptoar_id is null and past = 'ministry')
        cross join lateral (
          select c.value from public.contact_channels c
          where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> public.viewer_today()
          order by (c.hours = 'always' or (c.hours = 'off_hours') = public.is_off_hours(p_now)) desc, c.position limit 1) ch
        join (select distinct on (x.language) x.* from unnest(p_languages, p_subjects, p_bodies, p_hashes)
                x (language, subject, body, hash)) t on t.language = k.language
        )
      select count(*) from (
        select public.write_window_letters(array_agg(contact_id), array_agg(address), array_agg(addressee), array_agg(language),
                                           array_agg(subject), array_agg(body), array_agg(hash), 0::smallint, p_now)
        from desk having count(*) > 0) w);
  end $function$;

CREATE OR REPLACE FUNCTION public.relays_bypassed(p_advisory uuid)
 RETURNS TABLE(ceptoar_id text, made_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select d.ceptoar_id, d.made_at from public.relay_decisions d
    where d.advisory_id = p_advisory and d.decision = 'bypassed'
      -- What the members ask their own desk about.
      and d.stage = 'secretariat'
      and ((public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from()))
           or d.ceptoar_id in (select h.ceptoar_id from public.viewer_hats(array[p_advisory]) h where not h.sealed))
    order by d.made_at $function$;
