-- Whose information an item is, on whose conditions, and the road from CEPTOAR to CEPTOAR
-- (docs/decisions/0064-whose-information.md).

alter table advisory_texts
  add column origin text not null default 'centre'
    constraint advisory_texts_origin check (origin in ('centre', 'ministry', 'security_body', 'ceptoar', 'council')),
  add column origin_name text not null default ''
    constraint advisory_texts_origin_name check (char_length(origin_name) <= 100),
  add column origin_conditions text not null default ''
    constraint advisory_texts_origin_conditions check (char_length(origin_conditions) <= 1000);
comment on column advisory_texts.origin is 'whose information it is; what CEPTOARs tell each other goes past the ministries';
comment on column advisory_texts.origin_name is 'who precisely, as far as it may be said';
comment on column advisory_texts.origin_conditions is 'what the originator allows, in words for every reader';

alter table advisory_comments drop constraint advisory_comments_field, add constraint advisory_comments_field check (field in (
  'kind', 'title', 'summary', 'impact', 'countermeasure', 'products', 'cves', 'links', 'purpose', 'level', 'handler_scope', 'drill',
  'addressees', 'answer_due', 'measures_due', 'valid_until', 'parts', 'origin', 'origin_conditions'));

create or replace function advisory_content(p_advisory uuid) returns jsonb
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select jsonb_build_object(
      'kind', t.kind, 'title', t.title, 'summary', t.summary, 'impact', t.impact, 'countermeasure', t.countermeasure,
      'purpose', t.purpose, 'origin', t.origin, 'origin_name', t.origin_name,
      'origin_conditions', t.origin_conditions, 'links', t.links, 'cves', t.cves, 'products', t.products,
      'level', a.level, 'handler_scope', a.handler_scope, 'drill', a.drill,
      'answer_due', a.answer_due, 'measures_due', a.measures_due, 'valid_until', a.valid_until,
      -- Files and limited sections: what they are called, how far they go, and what tells one from another.
      'parts', coalesce((
        select jsonb_agg(jsonb_build_object(
                 'name', case when p.body is null then f.name else p.heading end,
                 'level', public.strictest(p.level, a.level), 'scope', public.strictest(p.handler_scope, a.handler_scope),
                 'mark', left(encode(coalesce(f.sha256, sha256(convert_to(p.body, 'UTF8'))), 'hex'), 8))
               order by p.file_id is null, p.added_at, p.part_id)
        from public.advisory_parts p left join public.stored_files f on f.file_id = p.file_id
        where p.advisory_id = a.advisory_id), '[]'),
      'sectors', array(select d.sector_id from public.advisory_addressees d
                       where d.advisory_id = a.advisory_id and d.sector_id is not null order by 1),
      'ceptoars', array(select d.ceptoar_id from public.advisory_addressees d
                        where d.advisory_id = a.advisory_id and d.ceptoar_id is not null order by 1),
      'subgroups', array(select d.subgroup_id from public.advisory_addressees d
                         where d.advisory_id = a.advisory_id and d.subgroup_id is not null order by 1),
      'contacts', array(select d.contact_id from public.advisory_addressees d
                        where d.advisory_id = a.advisory_id and d.contact_id is not null order by 1))
    from public.advisories a join public.advisory_texts t using (advisory_id) where a.advisory_id = p_advisory $$;

-- The Council is nobody's subordinate: what its members tell each other is not the ministries' to hold, or to have.
create function goes_past_ministries(p_origin text) returns boolean
  language sql immutable set search_path = pg_catalog, pg_temp as $$ select p_origin in ('ceptoar', 'council') $$;
revoke execute on function goes_past_ministries(text) from public;

drop function relaying_of(text, text, text, timestamptz);
-- The desks that decide about an item of this kind and origin at that hour. Nothing waits for a desk at which nobody is.
create function relaying_of(p_level text, p_step text, p_kind text, p_origin text, p_now timestamptz)
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
      and not (r.stage = 'ministry' and public.goes_past_ministries(p_origin))
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
revoke execute on function relaying_of(text, text, text, text, timestamptz) from public;

create or replace function relaying(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, stage text, minutes smallint, then_minutes smallint)
  language sql stable set search_path to 'pg_catalog', 'pg_temp' as $$
    select r.ceptoar_id, min(r.stage),  -- in the order of the road, and of the alphabet: ministry, secretariat
           (array_agg(r.minutes order by r.stage))[1], (array_agg(r.minutes order by r.stage))[2]
    from public.advisories a join public.advisory_texts t using (advisory_id)
    cross join lateral public.relaying_of(a.level, a.step, t.kind, t.origin, p_now) r
    where a.advisory_id = p_advisory group by 1 $$;

CREATE OR REPLACE FUNCTION public.sharing_windows_of(p_item advisories, p_kind text, p_addressees advisory_addressees[], p_now timestamp with time zone)
 RETURNS TABLE(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with item as (
    select (p_item).level, (p_item).handler_scope, (p_item).step,
           (p_now at time zone 'Asia/Tokyo')::date as today,
           public.is_off_hours(p_now) as off_hours,
           -- A walk without an item is one of the centre's.
           coalesce((select t.origin from public.advisory_texts t where t.advisory_id = (p_item).advisory_id), 'centre') as origin),
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
    from item i cross join lateral public.relaying_of(i.level, i.step, p_kind, i.origin, p_now) d group by 1),
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
           -- What CEPTOARs tell each other goes past ministries and their offices; whoever had an earlier version is told.
           public.goes_past_ministries(i.origin) and o.stage in ('ministry', 'regional')
             and not exists (select from earlier h where h.ceptoar_id = o.ceptoar_id and h.stage = o.stage
                                                     and h.organisation_id = o.organisation_id) as past,
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
        when w.past then 'among_ceptoars'
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
      where w.held and w.verdict <> 'among_ceptoars' and not (w.stage = 'partner' and w.verdict = 'not_on_route')
      group by 1),
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
      -- Kept outside, they are no part of the audience: nobody there learns even of the number.
      where verdict <> 'among_ceptoars' and not (stage = 'partner' and verdict = 'not_on_route')
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
      where w.verdict not in ('not_on_route', 'among_ceptoars') and w.stage in ('ministry', 'regional', 'secretariat', 'member');
    return null;
  end $$;

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
           (select sum(d.minutes) from public.relaying_of(p_level, 'first', p_kind, 'centre', p_at) d
            where d.ceptoar_id = p_ceptoar and public.stage_place(w.stage) > public.stage_place(d.stage))::smallint
    from public.route_windows(p_ceptoar, p_level, p_scope, p_kind, p_at) w
    group by w.stage, w.verdict;
  end $function$;
