-- The desk narrows an item: to groups of its members, and to the designated handlers of each (docs/decisions/0061-the-desk-narrows.md).
-- Nothing is ever widened: what a desk may open is what the approver froze.

alter table advisory_audience add column handlers_only boolean not null default false
  constraint advisory_audience_handlers_of_members check (not handlers_only or stage = 'member');
comment on column advisory_audience.handlers_only is
  'the desk passed the item on to the designated handlers alone, though the whole organisation might have had it';

alter table relays add column narrowed boolean not null default false
  constraint relays_narrowed check (not narrowed or state = 'forwarded');
comment on column relays.narrowed is 'it went on to a part of those who might have it; the desk can still pass it on to all';

alter table relay_decisions
  add column groups text[],
  add column handlers_only boolean not null default false,
  add constraint relay_decisions_narrow check (
    (groups is null and not handlers_only) or decision in ('forward', 'forward_with_supplement') and reason <> ''),
  add constraint relay_decisions_groups check (groups is null or cardinality(groups) between 1 and 200);
grant select (groups, handlers_only) on relay_decisions to portal_app;
comment on column relay_decisions.groups is 'the groups (subgroups) to whose members it went alone; none: to all';

-- The centre may also go past a desk that narrowed, where that was agreed.
drop index relays_past;
create index relays_past on relays (advisory_id) where bypass and (narrowed or state in ('withheld', 'held'));

-- Another step to the rest begins its own clock.
drop trigger relays_escalation on relays;
create trigger relays_escalation after update of state, settled_at on relays for each row
  when (new.state = 'forwarded' and new.settled_at is distinct from old.settled_at)
  execute function escalation_begins_behind_the_desk();

create index advisory_audience_narrowed on advisory_audience (advisory_id) where handlers_only;

-- Members whose organisation has an item, or the newest earlier version where they do not have it yet, by its designated
-- handlers alone. Reminders of the item go no further, nor does a later version without a new decision of the desk.
create function narrowed_members(p_advisory uuid) returns table (ceptoar_id text, organisation_id uuid, own boolean)
  language sql stable set search_path to 'pg_catalog', 'pg_temp' as $$
    select au.ceptoar_id, au.organisation_id, e.advisory_id = i.advisory_id
    from public.advisories i
    join public.advisories e on e.thread_id = i.thread_id and e.version <= i.version and e.state = 'published'
    join public.advisory_audience au on au.advisory_id = e.advisory_id and au.handlers_only
    where i.advisory_id = p_advisory
      and not exists (
        select from public.advisories l
        join public.advisory_audience b on b.advisory_id = l.advisory_id and b.organisation_id = au.organisation_id
         and b.ceptoar_id = au.ceptoar_id and b.stage = 'member' and not b.held
        where l.thread_id = i.thread_id and l.version > e.version and l.version <= i.version and l.state = 'published') $$;
revoke execute on function narrowed_members(uuid) from public;

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
  deciding as materialized (select d.ceptoar_id from public.relaying_of((p_item).level, (p_item).step, p_kind, p_now) d),
  -- What went to the handlers alone goes on so, unless the desk decides anew.
  narrowed as materialized (
    select n.* from item i cross join lateral public.narrowed_members((p_item).advisory_id) n
    where n.own or i.step = 'correction' or n.ceptoar_id not in (select d.ceptoar_id from deciding d)),
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
      select w.*, gen_random_uuid() as delivery_id, d.minutes,
             d.ceptoar_id is not null and w.stage in ('member', 'partner') and c.organisation_id is null as held,
             nr.organisation_id is not null and item.handler_scope = 'organisation'
               and not (d.ceptoar_id is not null and c.organisation_id is null) as narrow,
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
      select w.ceptoar_id, min(w.minutes) as minutes from windows w
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
      insert into public.relays (advisory_id, ceptoar_id, asked_at, due_at)
      select p_advisory, b.ceptoar_id, p_now, p_now + make_interval(mins => b.minutes) from behind b),
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
        order by x.relay = (w.stage = 'secretariat' and w.ceptoar_id in (select b.ceptoar_id from behind b)) desc,
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
             concat_ws('|', ceptoar_id, stage, organisation_id, contact_id, verdict, case when held then minutes end)))
      into queued, digest from windows;
    -- Not the windows that the approver saw: the caller gives everything up.
    if p_digest is not null and p_digest <> digest then
      return -1;
    end if;
    if item.version > 1 then perform public.end_earlier_versions(p_advisory, p_now); end if;
    perform pg_notify('outbox', '');
    return queued;
  end $function$;

drop function relay_open(uuid, text);

CREATE OR REPLACE FUNCTION public.relay_open(p_advisory uuid, p_ceptoar text, p_groups text[] DEFAULT NULL::text[], p_handlers boolean DEFAULT false)
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
                             where d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.state = 'held' and f.valid @> today)
      order by a.account_id for key share;
    update public.advisory_audience au
      set held = false, handlers_only = p_handlers,
          door = public.audience_door(au.stage, case when p_handlers and a.handler_scope = 'organisation' then 'handlers'
                                                    else a.handler_scope end,
                                      au.organisation_id, au.ceptoar_id)
      from public.advisories a
      where a.advisory_id = p_advisory and au.advisory_id = p_advisory and au.ceptoar_id = p_ceptoar
        -- What went to handlers alone is opened to all of the organisation where the desk says so afterwards.
        and (au.held or au.handlers_only and lifted)
        -- Partner bodies stand outside the membership: what is not for all members is not for them.
        and (au.stage = 'partner' and not narrow
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
        -- What was left out can still go on.
        and (g.delivery_id is not null or not narrow);
    perform pg_notify('outbox', '');
  end $function$;
revoke execute on function relay_open(uuid, text, text[], boolean) from public;

CREATE OR REPLACE FUNCTION public.hang_doors(p_advisory uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update public.advisory_audience au
  set door = case when a.state = 'published' and not au.held
               then public.audience_door(au.stage, case when au.handlers_only and a.handler_scope = 'organisation' then 'handlers'
                                                       else a.handler_scope end, au.organisation_id, au.ceptoar_id) end,
      sealed = a.level = 'RED' and au.stage <> 'member' or au.stage = 'partner',
      named = case when au.stage = 'member' then public.audience_named(a.advisory_id, a.handler_scope, au.organisation_id, au.ceptoar_id) end
  from public.advisories a
  where a.advisory_id = p_advisory and au.advisory_id = p_advisory $function$;

drop function relay_decide(uuid, text, text, text, text, timestamptz);

-- The groups of a CEPTOAR among whose members somebody waits for the desk, and how many; for whoever is at that desk.
create function relay_groups(p_advisory uuid, p_ceptoar text)
  returns table (subgroup_id text, code text, scope text, scope_en text, members bigint)
  language sql stable security definer set search_path to 'pg_catalog', 'pg_temp' as $$
    select s.subgroup_id, s.code, s.scope, s.scope_en, count(*)
    from public.advisory_audience au
    join public.subgroups s on s.ceptoar_id = p_ceptoar and s.valid @> public.viewer_today()
    join public.memberships m on m.organisation_id = au.organisation_id and m.ceptoar_id = p_ceptoar
     and m.valid @> public.viewer_today()
    where au.advisory_id = p_advisory and au.ceptoar_id = p_ceptoar and au.stage = 'member' and au.held
      and (m.subgroup_id = s.subgroup_id
           or exists (select from public.group_members g where g.subgroup_id = s.subgroup_id
                        and g.organisation_id = au.organisation_id and g.valid @> public.viewer_today()))
      and exists (select from public.viewer_hats(array[p_advisory]) h
                  where h.stage = 'secretariat' and h.ceptoar_id = p_ceptoar and not h.sealed)
    group by 1, 2, 3, 4 $$;
revoke execute on function relay_groups(uuid, text) from public;
grant execute on function relay_groups(uuid, text) to portal_app;

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
    select h.organisation_id into desk from public.viewer_hats(array[p_advisory]) h
      where h.stage = 'secretariat' and h.ceptoar_id = p_ceptoar and not h.sealed limit 1;
    if not found then
      raise exception 'only the desk decides about its own members' using errcode = 'insufficient_privilege';
    end if;
    select * into relay from public.relays r
      where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar for update;
    -- What is old goes nowhere any more.
    if exists (select from public.advisories a join public.advisories n on n.thread_id = a.thread_id and n.version > a.version
               where a.advisory_id = p_advisory and n.state = 'published') then
      return false;
    end if;
    -- Over: it went on, or its time is up, or it is withheld and cannot be put off any more.
    if not found or relay.state = 'forwarded' and not (relay.narrowed and p_decision in ('forward', 'forward_with_supplement'))
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
    if (p_groups is not null or p_handlers) and (
         relay.narrowed
         or p_handlers and exists (select from public.advisories a where a.advisory_id = p_advisory
                                   and a.handler_scope <> 'organisation')
         or p_groups is not null and (
           exists (select from unnest(p_groups) g (subgroup_id) where not exists (
                     select from public.subgroups s where s.subgroup_id = g.subgroup_id and s.ceptoar_id = p_ceptoar
                       and s.valid @> public.viewer_today()))
           or not exists (select from public.relay_groups(p_advisory, p_ceptoar) w where w.subgroup_id = any (p_groups)))) then
      raise exception 'no such part' using errcode = 'check_violation', constraint = 'relay_decisions_narrow';
    end if;
    insert into public.relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, held_until, groups, handlers_only, made_by,
                                        made_by_organisation, made_by_name, made_at)
      select p_advisory, p_ceptoar, p_decision, p_reason, p_supplement, p_held_until, p_groups, p_handlers, c.account_id, desk, c.display_name, at
      from public.accounts c where c.account_id = public.viewer_account();
    if p_decision in ('forward', 'forward_with_supplement') then
      update public.relays r set state = 'forwarded', settled_at = at, narrowed = p_groups is not null or p_handlers
        where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
      perform public.relay_open(p_advisory, p_ceptoar, p_groups, p_handlers);
    elsif p_decision = 'hold' then
      update public.relays r set state = 'held', due_at = p_held_until where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    else
      update public.relays r set state = 'withheld', settled_at = at where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    end if;
    return true;
  end $function$;
revoke execute on function relay_decide(uuid, text, text, text, text, timestamptz, text[], boolean) from public;
grant execute on function relay_decide(uuid, text, text, text, text, timestamptz, text[], boolean) to portal_app;

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
       or p_ceptoar = any (public.viewer_ceptoars()) then
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
    insert into public.relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, made_by, made_by_organisation,
                                        made_by_name, made_at)
      select p_advisory, p_ceptoar,
             case p_step when 'ask' then 'bypass_asked' when 'refuse' then 'bypass_refused' else 'bypassed' end,
             p_reason, '', c.account_id, centre, c.display_name, at
      from public.accounts c where c.account_id = public.viewer_account();
    if p_step = 'go' then
      update public.relays r set state = 'forwarded', settled_at = at, narrowed = false
        where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
      perform public.relay_open(p_advisory, p_ceptoar);
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
      where d.advisory_id = r.advisory_id and d.ceptoar_id = r.ceptoar_id and d.decision like 'bypass%'
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

CREATE OR REPLACE FUNCTION public.reckon(p_items uuid[])
 RETURNS TABLE(advisory_id uuid, ceptoar_id text, stage text, delay smallint, way text, organisations integer, asked integer, due integer, in_time integer, soonest integer, latest integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_mergejoin TO 'off'
 SET enable_nestloop TO 'off'
AS $function$
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
      select au.advisory_id, au.ceptoar_id, au.stage, au.superseded_at is null as current, b.advisory_id is not null or au.held as behind,
             i.answer_due, least(o.at, t.at) as at,
             case when t.strength < o.strength or o.way is null then t.way else o.way end as way,
             extract(epoch from least(o.at, t.at) - i.published_at)::integer as seconds
      from items i
      join public.advisory_audience au on au.advisory_id = i.advisory_id and au.advisory_id = any (p_items)
       and (au.stage = 'member' or i.level <> 'RED' and au.stage in ('ministry', 'regional', 'secretariat'))
      left join behind b on b.advisory_id = au.advisory_id and b.ceptoar_id = au.ceptoar_id and au.stage = 'member'
      left join receipts o on o.advisory_id = au.advisory_id and o.organisation_id = au.organisation_id and o.stage is null
       and b.advisory_id is null and not au.held
      left join receipts t on t.advisory_id = au.advisory_id and t.organisation_id = au.organisation_id
       and t.ceptoar_id = au.ceptoar_id and t.stage = au.stage and b.advisory_id is null and not au.held)
    select n.advisory_id, n.ceptoar_id, n.stage, coalesce(public.delay_class(n.seconds), 0::smallint), n.way, count(*)::integer,
           (count(*) filter (where not n.behind and (n.at is not null or n.current)))::integer,
           (count(*) filter (where not n.behind and (n.at is not null or n.current) and n.answer_due is not null))::integer,
           (count(*) filter (where n.at <= n.answer_due))::integer, min(n.seconds), max(n.seconds)
    from answers n group by 1, 2, 3, 4, 5;
  end $function$;
