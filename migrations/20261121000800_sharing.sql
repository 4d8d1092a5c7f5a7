-- Who receives an item, and by which rule. One function decides; the preview shows its rows and
-- the publication stores them, so the two cannot differ (docs/architecture.md, "one advisory").
--
-- verdict: 'due', or the first reason that keeps the window out:
--   not_on_route   the organisation learns of the item's envelope only (desks and ministries of a RED item)
--   not_named      RED goes to named persons, and this is not one of them
--   not_handler    the item is for designated handlers (取扱担当者), and this window is none
--   no_window      the organisation keeps no window for this CEPTOAR
--   no_mail        the window has no mail channel: telephone
--   same_address   the address gets the item through another window already
-- rule: why the organisation is in the audience at all.
create function sharing_windows(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid,
                 window_position smallint, language text, address text, verdict text)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
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
        from public.advisory_addressees ad join public.contacts k using (contact_id) cross join item i
        where ad.advisory_id = p_advisory and i.level = 'RED'
    ) x order by x.ceptoar_id, x.subgroup_id, x.contact_id, x.width),
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
              (select k.organisation_id from public.contacts k where k.contact_id = ad.contact_id))
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
    ) o order by o.ceptoar_id, o.stage, o.organisation_id, o.width),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level, i.handler_scope,
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
                order by j.stage, j.window_position, j.ceptoar_id, j.contact_id) > 1
              then 'same_address' else j.first_verdict end
  from judged j
  $$;

-- One text that stands for all windows and their verdicts: the approver approves these and no others.
create function sharing_digest(p_windows text[]) returns text
  language sql immutable set search_path = pg_catalog, pg_temp
  as $$ select encode(sha256(convert_to(string_agg(w, E'\n' order by w collate "C"), 'UTF8')), 'hex')
        from unnest(p_windows) w $$;

-- The preview: the same rows, without a single address.
create function sharing_preview(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid,
                 window_position smallint, language text, verdict text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select w.ceptoar_id, w.stage, w.rule, w.organisation_id, w.contact_id, w.window_position, w.language, w.verdict
        from public.sharing_windows(p_advisory, p_now) w
        where p_advisory = any (public.viewer_drafts()) $$;

-- Candidates for naming persons: position and organisation, no address.
create function sharing_windows_of_ceptoar(p_ceptoar text)
  returns table (contact_id uuid, organisation_id uuid, window_position smallint, handler boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select k.contact_id, k.organisation_id, k.position, k.handler from public.contacts k
        where k.ceptoar_id = p_ceptoar and k.valid @> public.viewer_today() and k.handler
          and exists (select from public.memberships m where m.organisation_id = k.organisation_id
                      and m.ceptoar_id = p_ceptoar and m.valid @> public.viewer_today())
          and public.viewer_has_role('nisc_analyst', 'nisc_approver') $$;

-- The windows that a draft names, for its author and the approvers.
create function sharing_named_windows(p_advisory uuid)
  returns table (contact_id uuid, organisation_id uuid, ceptoar_id text, window_position smallint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select k.contact_id, k.organisation_id, k.ceptoar_id, k.position
        from public.advisory_addressees ad join public.contacts k using (contact_id)
        where ad.advisory_id = p_advisory
          and (p_advisory = any (public.viewer_drafts())
               or (p_advisory = any (public.viewer_contents()) and public.viewer_has_role('nisc_analyst', 'nisc_approver'))) $$;

-- Freezes the audience of an item that this transaction has just published, and queues one
-- delivery per due window. Set-based: one statement per table at any size.
create function sharing_freeze(p_advisory uuid, p_now timestamptz, p_priority smallint, p_give_up_at timestamptz,
                               p_digest text default null)
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    queued integer;
    digest text;
  begin
    if not exists (select from public.advisories a where a.advisory_id = p_advisory and a.state = 'published'
                   and a.approved_by = public.viewer_account()) then
      raise exception 'only the approver freezes the audience, in the publication itself'
        using errcode = 'insufficient_privilege';
    end if;
    with windows as materialized (
      select w.*, gen_random_uuid() as delivery_id from public.sharing_windows(p_advisory, p_now) w),
    audience as (
      insert into public.advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule)
      select distinct on (organisation_id, ceptoar_id, stage) p_advisory, organisation_id, ceptoar_id, stage, rule
      from windows order by organisation_id, ceptoar_id, stage, rule),
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
  end $$;

grant execute on function sharing_preview(uuid, timestamptz), sharing_windows_of_ceptoar(text), sharing_named_windows(uuid),
  sharing_freeze(uuid, timestamptz, smallint, timestamptz, text), sharing_digest(text[]),
  viewer_envelopes(), viewer_contents(), viewer_drafts() to portal_app;
