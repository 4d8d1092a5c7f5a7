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

-- As before, but a desk makes the decisions of a desk and no others: what the centre does stands in the same list.
create or replace function relay_decide(p_advisory uuid, p_ceptoar text, p_decision text, p_reason text, p_supplement text,
                                        p_held_until timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
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
    if not found or relay.state = 'forwarded'
       or p_decision not in ('forward', 'forward_with_supplement') and (relay.state = 'withheld' or relay.due_at <= at) then
      return false;
    end if;
    -- Put off means later than now, and a day after it came at the latest.
    if p_decision is null
       or p_decision not in ('forward', 'forward_with_supplement', 'hold', 'withhold_duplicate', 'withhold_not_relevant')
       or p_decision = 'hold' and (p_held_until <= relay.due_at or p_held_until > relay.asked_at + interval '24 hours') then
      raise exception 'no such decision' using errcode = 'check_violation', constraint = 'relay_decisions_decision';
    end if;
    insert into public.relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, held_until, made_by,
                                        made_by_organisation, made_by_name, made_at)
      select p_advisory, p_ceptoar, p_decision, p_reason, p_supplement, p_held_until, c.account_id, desk, c.display_name, at
      from public.accounts c where c.account_id = public.viewer_account();
    if p_decision in ('forward', 'forward_with_supplement') then
      update public.relays r set state = 'forwarded', settled_at = at where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
      perform public.relay_open(p_advisory, p_ceptoar);
    elsif p_decision = 'hold' then
      update public.relays r set state = 'held', due_at = p_held_until where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    else
      update public.relays r set state = 'withheld', settled_at = at where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    end if;
    return true;
  end $$;

-- Whether somebody at the centre has asked to go past a desk and nobody has answered yet, and whether that was the viewer.
-- Newer versions end it, and so does that whoever asked is no longer there.
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
      and l.decision = 'bypass_asked'
      and exists (select from public.affiliations f join public.accounts c on c.account_id = f.account_id
                  where f.account_id = l.made_by and f.role in ('nisc_analyst', 'nisc_approver')
                    and f.valid @> public.viewer_today() and c.suspended_at is null)
      and r.advisory_id <> all (public.viewer_kept_from())
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
    -- Nobody goes past a desk that is theirs as well.
    if not found or p_step is null or p_step not in ('ask', 'refuse', 'go') or p_advisory = any (public.viewer_kept_from())
       or p_ceptoar = any (public.viewer_ceptoars()) then
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
    if cardinality(p_languages) <> 2
       or not exists (select from public.relay_decisions d join public.relays r using (advisory_id, ceptoar_id)
                      where d.advisory_id = p_advisory and d.ceptoar_id = p_ceptoar and d.decision = 'bypassed'
                        and r.state = 'forwarded' and r.settled_at >= public.viewer_now() and d.made_by = public.viewer_account()) then
      raise exception 'whoever goes past a desk tells it' using errcode = 'insufficient_privilege';
    end if;
    return (
      with desk as (
        -- The desk of today; of each window the address of this hour.
        select k.contact_id, ch.value as address, coalesce(k.label, '') as addressee, t.subject, t.body, t.hash, k.language
        from public.secretariat_terms s
        join public.contacts k on k.organisation_id = s.organisation_id and k.ceptoar_id = s.ceptoar_id
         and k.valid @> public.viewer_today()
        cross join lateral (
          select c.value from public.contact_channels c
          where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> public.viewer_today()
          order by (c.hours = 'always' or (c.hours = 'off_hours') = public.is_off_hours(p_now)) desc, c.position limit 1) ch
        join (select distinct on (x.language) x.* from unnest(p_languages, p_subjects, p_bodies, p_hashes)
                x (language, subject, body, hash)) t on t.language = k.language
        where s.ceptoar_id = p_ceptoar and s.valid @> public.viewer_today())
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
