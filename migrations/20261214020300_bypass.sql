-- The centre goes past a desk that keeps an item from its members: only where the CEPTOAR agreed to it, by two persons, with
-- a reason, before the eyes of everybody on the route (security.md section 5, docs/decisions/0051-going-past-a-desk.md).

alter table relay_rules add column bypass boolean not null default false;
comment on column relay_rules.bypass is 'whether the centre may bring an item to the members that the desk withholds or puts off';
grant insert (bypass) on relay_rules to portal_app;

-- As it was agreed when the item came: what is agreed later changes nothing about it.
alter table relays add column bypass boolean not null default false;
comment on column relays.bypass is 'whether the centre may go past the desk with this item';
create function relays_take_bypass() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    new.bypass := exists (select from public.relay_rules r
                          where r.ceptoar_id = new.ceptoar_id and r.bypass
                            and r.valid @> (new.asked_at at time zone 'Asia/Tokyo')::date);
    return new;
  end $$;
create trigger relays_take_bypass before insert on relays for each row execute function relays_take_bypass();

alter table relay_decisions drop constraint relay_decisions_decision, drop constraint relay_decisions_why,
  add constraint relay_decisions_decision check (
    decision in ('forward', 'forward_with_supplement', 'hold', 'withhold_duplicate', 'withhold_not_relevant', 'time_up',
                 'superseded', 'bypass_asked', 'bypass_refused', 'bypassed')),
  add constraint relay_decisions_why check (
    decision not in ('hold', 'withhold_duplicate', 'withhold_not_relevant', 'bypass_asked', 'bypass_refused') or reason <> '');

-- Whether somebody at the centre has asked to go past a desk and nobody has answered yet, and whether that was the viewer.
-- Newer versions end it.
create function relay_bypass_asked(p_advisory uuid default null)
  returns table (advisory_id uuid, ceptoar_id text, own boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
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
    where (p_advisory is null or r.advisory_id = p_advisory) and r.bypass and r.state in ('withheld', 'held')
      and l.decision = 'bypass_asked' and r.advisory_id <> all (public.viewer_kept_from())
      and not exists (select from public.advisories n
                      where n.thread_id = a.thread_id and n.version > a.version and n.state = 'published');
  end $$;
comment on function relay_bypass_asked(uuid) is 'open proposals to go past a desk, of one item or all; own: the viewer asked';
revoke execute on function relay_bypass_asked(uuid) from public;
grant execute on function relay_bypass_asked(uuid) to portal_app;
create index relays_past on relays (advisory_id) where bypass and state in ('withheld', 'held');

-- Ask, refuse, go: one step of the centre. False where the item has moved on since.
create function relay_bypass(p_advisory uuid, p_ceptoar text, p_step text, p_reason text) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
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
    if not found or p_step not in ('ask', 'refuse', 'go') or p_advisory = any (public.viewer_kept_from()) then
      raise exception 'only the centre goes past a desk' using errcode = 'insufficient_privilege';
    end if;
    select * into relay from public.relays r
      where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar and r.bypass for update;
    if not found or relay.state not in ('withheld', 'held')
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
    insert into public.relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, made_by, made_by_organisation,
                                        made_by_name, made_at)
      select p_advisory, p_ceptoar,
             case p_step when 'ask' then 'bypass_asked' when 'refuse' then 'bypass_refused' else 'bypassed' end,
             p_reason, '', c.account_id, centre, c.display_name, at
      from public.accounts c where c.account_id = public.viewer_account();
    if p_step = 'go' then
      update public.relays r set state = 'forwarded', settled_at = at
        where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
      perform public.relay_open(p_advisory, p_ceptoar);
    end if;
    return true;
  end $$;
comment on function relay_bypass(uuid, text, text, text) is 'ask to go past a desk, refuse it, or go, as the second person';
revoke execute on function relay_bypass(uuid, text, text, text) from public;
grant execute on function relay_bypass(uuid, text, text, text) to portal_app;

-- The desk is told at once: its members may be on the telephone in a minute.
create function relay_bypass_tell(p_advisory uuid, p_ceptoar text, p_languages text[], p_subjects text[], p_bodies text[],
                                  p_hashes bytea[], p_now timestamptz) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not exists (select from public.relay_decisions d
                   where d.advisory_id = p_advisory and d.ceptoar_id = p_ceptoar and d.decision = 'bypassed'
                     and d.made_by = public.viewer_account() and d.made_at = public.viewer_now()) then
      raise exception 'whoever goes past a desk tells it' using errcode = 'insufficient_privilege';
    end if;
    return (
      with desk as (
        select d.contact_id, da.address, da.addressee, t.subject, t.body, t.hash, m.language
        from public.deliveries d join public.delivery_addresses da using (delivery_id) join public.mails m using (mail_id)
        join unnest(p_languages, p_subjects, p_bodies, p_hashes) t (language, subject, body, hash) on t.language = m.language
        where d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.stage = 'secretariat')
      select count(*) from (
        select public.write_window_letters(array_agg(contact_id), array_agg(address), array_agg(addressee), array_agg(language),
                                           array_agg(subject), array_agg(body), array_agg(hash), 0::smallint, p_now)
        from desk having count(*) > 0) w);
  end $$;
comment on function relay_bypass_tell(uuid, text, text[], text[], text[], bytea[], timestamptz) is
  'the letter to the windows of a desk that the centre has just gone past';
revoke execute on function relay_bypass_tell(uuid, text, text[], text[], text[], bytea[], timestamptz) from public;
grant execute on function relay_bypass_tell(uuid, text, text[], text[], text[], bytea[], timestamptz) to portal_app;

-- Whoever has the item through the centre and not through the desk learns so.
create function relays_bypassed(p_advisory uuid) returns table (ceptoar_id text, made_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select d.ceptoar_id, d.made_at from public.relay_decisions d
    where d.advisory_id = p_advisory and d.decision = 'bypassed'
      and ((public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from()))
           or d.ceptoar_id in (select h.ceptoar_id from public.viewer_hats(array[p_advisory]) h where not h.sealed))
    order by d.made_at $$;
comment on function relays_bypassed(uuid) is 'past which desks the centre went with an item, for those who have it through one of them';
revoke execute on function relays_bypassed(uuid) from public;
grant execute on function relays_bypassed(uuid) to portal_app;
