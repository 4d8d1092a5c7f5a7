-- Partner bodies on routes (docs/decisions/0031-bodies-beside-the-ceptoars.md): a hop of its own behind the members', for
-- those that pass items on. They stand outside the membership, so what is AMBER or RED, limited to handlers or persons, or
-- for a subgroup never goes to them. They have no accounts: no door opens to them, and no answer is waited for.

alter table advisory_audience drop constraint advisory_audience_stage_check,
  add constraint advisory_audience_stage_check check (stage in ('ministry', 'secretariat', 'member', 'partner')),
  -- Whatever writes here: nobody's hats open this hop.
  add constraint advisory_audience_partner_shut check (stage <> 'partner' or door is null and sealed and named is null);

-- Who receives an item, as before; and partner bodies.
CREATE OR REPLACE FUNCTION public.sharing_windows(p_advisory uuid, p_now timestamp with time zone)
 RETURNS TABLE(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with item as (
    select a.advisory_id, a.level, a.handler_scope,
           (p_now at time zone 'Asia/Tokyo')::date as today,
           (extract(isodow from p_now at time zone 'Asia/Tokyo') > 5
            or (p_now at time zone 'Asia/Tokyo')::time not between time '09:00' and time '18:00') as off_hours
    from public.advisories a where a.advisory_id = p_advisory),
  addressed as (  -- a CEPTOAR may be reached in several ways; the widest comes first
    select distinct on (x.ceptoar_id, x.subgroup_id, x.contact_id) x.* from (
      select c.ceptoar_id, null::text as subgroup_id, null::uuid as contact_id, 'addressed_sector' as rule, 2 as width
        from public.advisory_addressees ad join public.ceptoars c using (sector_id) where ad.advisory_id = p_advisory
      union all
      select ad.ceptoar_id, null, null, 'addressed_ceptoar', 1
        from public.advisory_addressees ad where ad.advisory_id = p_advisory and ad.ceptoar_id is not null
      union all
      select s.ceptoar_id, s.subgroup_id, null, 'addressed_subgroup', 3
        from public.advisory_addressees ad join public.subgroups s using (subgroup_id) where ad.advisory_id = p_advisory
      union all
      select k.ceptoar_id, null, k.contact_id, 'named_person', 4
        from public.advisory_addressees ad join public.windows k using (contact_id) cross join item i
        where ad.advisory_id = p_advisory and i.level = 'RED'
    ) x order by x.ceptoar_id, x.subgroup_id, x.contact_id, x.width),
  wholes as (  -- whether a CEPTOAR is addressed as a whole, and not by a subgroup or a person alone
    select ad.ceptoar_id, bool_or(ad.subgroup_id is null and ad.contact_id is null) as whole
    from addressed ad group by ad.ceptoar_id),
  stages as (
    select distinct ad.ceptoar_id, r.stage from addressed ad
    join public.route_stages r on r.ceptoar_id = ad.ceptoar_id
    cross join item i where r.valid @> i.today),
  organisations_due as (
    select distinct on (o.ceptoar_id, o.stage, o.organisation_id) o.* from (
      select ad.ceptoar_id, 'member' as stage, ad.rule, ad.width, m.organisation_id
        from addressed ad
        join stages s on s.ceptoar_id = ad.ceptoar_id and s.stage = 'member'
        join public.memberships m on m.ceptoar_id = ad.ceptoar_id
         and (ad.subgroup_id is null or m.subgroup_id = ad.subgroup_id)
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
    ) o order by o.ceptoar_id, o.stage, o.organisation_id, o.width),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level, i.handler_scope,
           -- Partner bodies stand outside the membership: what is handled inside it never goes to them.
           o.stage = 'partner' and not (
             i.level in ('CLEAR', 'GREEN') and i.handler_scope = 'organisation'
             and exists (select from wholes w where w.ceptoar_id = o.ceptoar_id and w.whole)) as outside,
           exists (select from public.advisory_addressees ad
                   where ad.advisory_id = p_advisory and ad.contact_id = k.contact_id) as named
    from organisations_due o cross join item i
    left join public.contacts k on k.organisation_id = o.organisation_id and k.valid @> i.today
      and (k.ceptoar_id = o.ceptoar_id or (k.ceptoar_id is null and o.stage = 'ministry'))
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
    from windows w)
  select j.ceptoar_id, j.stage, j.rule, j.organisation_id, j.contact_id, j.window_position, j.language, j.address,
         case when j.first_verdict = 'due' and row_number() over (
                partition by j.first_verdict, lower(j.address)
                order by j.stage = 'partner', j.stage, j.window_position, j.ceptoar_id, j.contact_id) > 1
              then 'same_address' else j.first_verdict end
  from judged j
  $function$;

-- The publication, as before; a partner body that is kept outside is left out.
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
    with windows as materialized (
      select w.*, gen_random_uuid() as delivery_id from public.sharing_windows(p_advisory, p_now) w),
    audience as (
      insert into public.advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule, door, sealed, named)
      select distinct on (organisation_id, ceptoar_id, stage) p_advisory, organisation_id, ceptoar_id, stage, rule,
             public.audience_door(stage, item.handler_scope, organisation_id, ceptoar_id),
             item.level = 'RED' and stage <> 'member' or stage = 'partner',
             case when stage = 'member' then public.audience_named(p_advisory, item.handler_scope, organisation_id, ceptoar_id) end
      from windows
      -- Kept outside, a partner body is no part of the audience: nobody there learns even of the number.
      where not (stage = 'partner' and verdict = 'not_on_route')
      order by organisation_id, ceptoar_id, stage, rule),
    due as (
      insert into public.deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                     position, priority, give_up_at)
      select w.delivery_id, m.mail_id, p_advisory, w.organisation_id, w.ceptoar_id, w.contact_id, w.stage,
             -- The queue is judged on the database's clock; the application's only says for how long.
             w.window_position, p_priority, now() + (p_give_up_at - p_now)
      from windows w join public.mails m on m.item_id = p_advisory and m.language = w.language
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
             concat_ws('|', ceptoar_id, stage, organisation_id, contact_id, verdict)))
      into queued, digest from windows;
    -- Not the windows that the approver saw: the caller gives everything up.
    if p_digest is not null and p_digest <> digest then
      return -1;
    end if;
    perform pg_notify('outbox', '');
    return queued;
  end $function$;

-- Doors, as before; none for partner bodies.
CREATE OR REPLACE FUNCTION public.hang_doors(p_advisory uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update public.advisory_audience au
  set door = case a.state when 'published'
               then public.audience_door(au.stage, a.handler_scope, au.organisation_id, au.ceptoar_id) end,
      sealed = a.level = 'RED' and au.stage <> 'member' or au.stage = 'partner',
      named = case when au.stage = 'member' then public.audience_named(a.advisory_id, a.handler_scope, au.organisation_id, au.ceptoar_id) end
  from public.advisories a
  where a.advisory_id = p_advisory and au.advisory_id = p_advisory $function$;

CREATE OR REPLACE FUNCTION public.hang_missing_doors()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ begin
    perform public.hang_doors(n.advisory_id) from (select distinct advisory_id from fresh where door is null and stage <> 'partner') n;
    return null;
  end $function$;

-- The board, as before; with the hop of the partner bodies.
CREATE OR REPLACE FUNCTION public.delivery_board(p_advisory uuid)
 RETURNS TABLE(ceptoar_id text, stage text, organisations bigint, acknowledged bigint, unreached bigint, queued bigint, sending bigint, sent bigint, refused bigint, cancelled bigint, first_at timestamp with time zone, last_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  declare
    everything boolean := public.viewer_has_role('nisc_analyst', 'nisc_approver');
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'secretariat', 'member', 'partner'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with due as materialized (
      select d.ceptoar_id, d.stage, d.organisation_id, d.state, d.settled_at
      from public.deliveries d where d.item_id = p_advisory),
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
               select k.organisation_id from public.advisory_acknowledgements k
               where k.advisory_id = p_advisory)) as acknowledged,
             count(*) filter (where au.organisation_id not in (select d.organisation_id from due d)) as unreached
      from public.advisory_audience au
      where au.advisory_id = p_advisory and au.stage = any (hops)
        and (everything or au.ceptoar_id = any (scope))
      group by 1, 2)
    select o.ceptoar_id, o.stage, o.organisations, o.acknowledged, o.unreached,
           coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.sent, 0), coalesce(w.refused, 0),
           coalesce(w.cancelled, 0), w.first_at, w.last_at
    from organisations o left join windows w on w.ceptoar_id = o.ceptoar_id and w.stage = o.stage;
  end $function$;
