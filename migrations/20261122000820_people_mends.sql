-- What an attacker's review of the keeping of accounts found: docs/decisions/0017 holds, and these rules with it.

-- The address that a request was made for, and with which rank somebody was suspended
-- (3: keeper of staff, 2: secretariat, 1: a firm's own keeper).
alter table grant_requests add column mail_address text;
alter table account_suspensions add column rank smallint not null default 3 check (rank between 1 and 3);
update account_suspensions s set rank = case
  when exists (select from affiliations f where f.account_id = s.suspended_by
               and f.role in ('nisc_approver', 'system_admin')) then 3
  when exists (select from affiliations f where f.account_id = s.suspended_by and f.role = 'secretariat') then 2
  else 1 end;

-- A request waits for fourteen days; after that it is nothing.
create function people_waits(p_decision text, p_asked_at timestamptz) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select p_decision is null
          and (p_asked_at at time zone 'Asia/Tokyo')::date + 14 >= public.viewer_today() $$;

-- Whether a request makes somebody a person to keep: only of those who were never anything else. Or asking alone
-- would take over anybody's account.
create function people_request_counts(p_account uuid, p_purpose text, p_decision text, p_asked_at timestamptz)
  returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select p_purpose = 'duty' and public.people_waits(p_decision, p_asked_at)
          and not exists (select from public.affiliations f where f.account_id = p_account) $$;

-- Whether a keeper of staff shut this account out: then their like may open it, whatever changed meanwhile.
create function people_shut_by_staff(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.account_suspensions s
                       where s.account_id = p_account and s.lifted_at is null and s.rank = 3) $$;

create or replace function people_standing(p_account uuid)
  returns table (seen boolean, whole boolean, split boolean, staff boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with duties as (
    select f.role, f.organisation_id, f.ceptoar_id,
           not isempty(f.valid) and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today()) as live
      from public.affiliations f where f.account_id = p_account
    union all
    select r.role, r.organisation_id, r.ceptoar_id, true from public.grant_requests r
      where r.account_id = p_account
        and public.people_request_counts(r.account_id, r.purpose, r.decision, r.asked_at)),
  judged as (
    select d.*, d.live or not exists (select from duties l where l.live) as counts,
           public.people_reaches(d.role, d.organisation_id, d.ceptoar_id) as reached
    from duties d),
  summed as (
    select coalesce(bool_or(j.reached), false) as seen,
           coalesce(bool_and(j.reached) filter (where j.counts), false) as whole,
           coalesce(count(distinct j.organisation_id) filter (where j.counts) > 1
                    and count(distinct coalesce(j.ceptoar_id, '')) filter (where j.counts) > 1, false) as split,
           coalesce(bool_or(j.counts and j.role not in
             ('coordinator', 'member_poc', 'member_reader', 'hub_member', 'member_admin')), false) as staff
    from judged j)
  select s.seen or (public.viewer_has_role('system_admin') and (s.split or public.people_shut_by_staff(p_account))),
         s.whole, s.split, s.staff
  from summed s where public.viewer_account() is not null $$;

-- The emergency brake: whoever keeps the oldest live duty of a member's person may shut the account and end its
-- sessions, whatever others added since. A duty that was added later gives no brake: anybody could add one to
-- anybody, and then shut them out.
create function people_has_brake(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with live as (
    select coalesce(f.granted_at, '-infinity') as since, f.role,
           public.people_reaches(f.role, f.organisation_id, f.ceptoar_id) as reached
    from public.affiliations f where f.account_id = p_account and not isempty(f.valid)
      and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today()))
  select p_account <> public.viewer_account()
     and not exists (select from live l where l.role not in
                       ('coordinator', 'member_poc', 'member_reader', 'hub_member', 'member_admin'))
     and exists (select from live l where l.reached
                 and not exists (select from live o where not o.reached and o.since < l.since)) $$;

create function people_may_shut(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(public.people_may_keep(p_account) or public.people_has_brake(p_account), false) $$;

-- With which rank the viewer keeps this account.
create function people_rank(p_account uuid) returns smallint
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select (case
      when public.viewer_keeps_staff() then 3
      when exists (select from public.affiliations f where f.account_id = p_account
                   and ((f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')
                         and f.ceptoar_id = any (public.viewer_kept_ceptoars()))
                        or (f.role = 'coordinator'
                            and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id)))) then 2
      else 1 end)::smallint $$;

-- Whether nobody else active holds one of the roles that two persons need, once this account or duty is gone.
create function people_is_last(p_account uuid, p_affiliation uuid, p_day date) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare held text;
  begin
    for held in select distinct f.role from public.affiliations f
        where f.account_id = p_account and (p_affiliation is null or f.affiliation_id = p_affiliation)
          and f.role in ('auditor', 'nisc_approver') and f.valid @> public.viewer_today() order by 1 loop
      -- Two at the same moment must not each count on the other one.
      perform pg_advisory_xact_lock(7706, hashtext(held));
      if not exists (select from public.affiliations o join public.accounts a using (account_id)
                     where o.role = held and o.valid @> public.viewer_today() and o.valid @> p_day
                       and a.suspended_at is null and public.people_enrolled(o.account_id)
                       and o.affiliation_id is distinct from p_affiliation
                       and (p_affiliation is not null or o.account_id <> p_account)) then
        return true;
      end if;
    end loop;
    return false;
  end $$;

create or replace function people_state(p_account uuid) returns text
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select case
      when a.suspended_at is not null then 'suspended'
      when exists (select from public.affiliations f where f.account_id = p_account and not isempty(f.valid)
                   and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today())) then case
        when public.people_enrolled(p_account) then 'active'
        when exists (select from public.account_tickets t where t.account_id = p_account and t.purpose = 'enrol'
                     and t.used_at is null and t.expires_at > now()) then 'invited'
        else 'expired' end
      when exists (select from public.grant_requests r where r.account_id = p_account
                   and public.people_waits(r.decision, r.asked_at)) then 'waiting'
      else 'left' end
    from public.accounts a where a.account_id = p_account $$;

create or replace function people_list(p_pattern text, p_state text, p_after_name text, p_after uuid, p_limit integer)
  returns table (account_id uuid, display_name text, state text, last_sign_in timestamptz, strength text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with kept as materialized (
    select f.account_id, f.organisation_id from public.affiliations f
      where f.ceptoar_id = any ((select public.viewer_kept_ceptoars())::text[])
        and f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')
    union
    select f.account_id, f.organisation_id from public.affiliations f
      where f.organisation_id = any ((select public.viewer_kept_firms())::uuid[])
        and f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')
    union
    select f.account_id, f.organisation_id from public.affiliations f
      join public.affiliations own on own.ceptoar_id = f.ceptoar_id and own.organisation_id = f.organisation_id
        and own.role = 'secretariat' and own.account_id = (select public.viewer_account()) and own.valid @> (select public.viewer_today())
      where f.role = 'coordinator'
    union
    select f.account_id, f.organisation_id from public.affiliations f
      where (select public.viewer_keeps_staff()) and f.role in ('nisc_analyst', 'nisc_approver', 'ministry_liaison',
        'secretariat', 'council_delegate', 'wg_chair', 'council_observer', 'auditor', 'system_admin')
    union
    select r.account_id, r.organisation_id from public.grant_requests r
      where (select public.viewer_keeps_staff()) and r.decision is null
        and public.people_request_counts(r.account_id, r.purpose, r.decision, r.asked_at)
    union
    select f.account_id, f.organisation_id from public.account_suspensions s join public.affiliations f using (account_id)
      where (select public.viewer_has_role('system_admin')) and s.lifted_at is null and s.rank = 3),
  found as (
    select a.account_id, a.display_name from public.accounts a
    where a.account_id in (
        select k.account_id from kept k
        where p_pattern is null
           or exists (select from public.organisation_names n where n.organisation_id = k.organisation_id
                      and (public.people_folded(n.ja) like p_pattern or public.people_folded(n.en) like p_pattern
                           or public.people_folded(n.reading) like p_pattern))
           or exists (select from public.accounts b where b.account_id = k.account_id
                      and public.people_folded(b.display_name) like p_pattern))
      and (p_after is null or (a.display_name, a.account_id) > (p_after_name, p_after))
      -- The cheap question first: most accounts are not suspended.
      and (p_state is null or case when p_state = 'suspended' then a.suspended_at is not null
                                   else a.suspended_at is null and public.people_state(a.account_id) = p_state end)
    order by a.display_name, a.account_id limit least(p_limit, 201))
  select f.account_id, f.display_name, public.people_state(f.account_id),
         (select max(s.opened_at) from public.sessions s where s.account_id = f.account_id),
         public.people_strength(f.account_id)
  from found f order by f.display_name, f.account_id $$;

drop function people_person(uuid);
create function people_person(p_account uuid)
  returns table (account_id uuid, display_name text, state text, strength text, last_sign_in timestamptz,
                 sign_in_name text, mail_address text, language text, seen boolean, whole boolean, split boolean,
                 staff boolean, open_sessions bigint, brake boolean, suspended_rank smallint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select a.account_id, a.display_name, public.people_state(a.account_id), public.people_strength(a.account_id),
         (select max(s.opened_at) from public.sessions s where s.account_id = a.account_id),
         case when public.people_may_keep(a.account_id) then a.sign_in_name end,
         case when public.people_may_keep(a.account_id) then a.mail_address end,
         a.language, t.seen, t.whole, t.split, t.staff,
         (select count(*) from public.sessions s where s.account_id = a.account_id and s.ended_at is null
            and s.expires_at > now()),
         public.people_has_brake(a.account_id),
         (select s.rank from public.account_suspensions s where s.account_id = a.account_id and s.lifted_at is null)
  from public.accounts a cross join lateral public.people_standing(a.account_id) t
  where a.account_id = p_account and t.seen $$;

-- Requests, with what the second person needs in order to know whom they let in. Whoever asked learns by asking
-- nothing that they did not type: only others are shown what the portal knows.
drop function people_requests(uuid, uuid);
create function people_requests(p_request uuid, p_account uuid)
  returns table (request_id uuid, account_id uuid, display_name text, purpose text, role text, organisation_id uuid,
                 organisation_ja text, organisation_en text, ceptoar_id text, ceptoar_ja text, ceptoar_en text,
                 begins_on date, ends_on date, reason text, asked_by uuid, asked_by_name text, asked_at timestamptz,
                 decision text, decided_by_name text, decided_at timestamptz, waits boolean, counts boolean,
                 asked_address text, sign_in_name text, mail_address text, made_at timestamptz, made_by_name text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select r.request_id, r.account_id, a.display_name, r.purpose, r.role, r.organisation_id, n.ja, n.en, r.ceptoar_id,
         c.ja, c.en, lower(r.valid), upper(r.valid) - 1, r.reason, r.asked_by, b.display_name, r.asked_at,
         r.decision, d.display_name, r.decided_at, public.people_waits(r.decision, r.asked_at),
         public.people_request_counts(r.account_id, r.purpose, r.decision, r.asked_at),
         r.mail_address,
         case when k.shown then a.sign_in_name end, case when k.shown then a.mail_address end,
         case when k.shown then a.created_at end, case when k.shown then m.display_name end
  from public.grant_requests r
  join public.accounts a on a.account_id = r.account_id
  join public.accounts b on b.account_id = r.asked_by
  cross join lateral (select public.people_waits(r.decision, r.asked_at)
                             and r.asked_by <> public.viewer_account() as shown) k
  left join public.accounts d on d.account_id = r.decided_by
  -- An account is made in the same step as its first duty or request.
  left join lateral (
    select x.display_name from public.accounts x where x.account_id in (
      select f.granted_by from public.affiliations f where f.account_id = r.account_id and f.granted_at = a.created_at
      union all
      select q.asked_by from public.grant_requests q where q.account_id = r.account_id and q.asked_at = a.created_at)
    limit 1) m on true
  left join lateral (select x.ja, x.en from public.organisation_names x where x.organisation_id = r.organisation_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) n on true
  left join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = r.ceptoar_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) c on true
  where public.viewer_keeps_staff()
    and case when p_request is not null then r.request_id = p_request
             when p_account is not null then r.account_id = p_account
             else public.people_waits(r.decision, r.asked_at) end
  order by r.decision is not null, r.asked_at limit 200 $$;

-- Everything that the person of a request is or will be, for the second person.
create function people_request_duties(p_request uuid)
  returns table (role text, organisation_ja text, organisation_en text, ceptoar_ja text, ceptoar_en text,
                 begins_on date, ends_on date)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select f.role, coalesce(n.ja, ''), coalesce(n.en, ''), c.ja, c.en, lower(f.valid), upper(f.valid) - 1
  from public.grant_requests r
  join public.affiliations f on f.account_id = r.account_id and not isempty(f.valid)
    and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today())
  left join lateral (select x.ja, x.en from public.organisation_names x where x.organisation_id = f.organisation_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) n on true
  left join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = f.ceptoar_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) c on true
  where r.request_id = p_request and public.viewer_keeps_staff() and r.asked_by <> public.viewer_account()
    and public.people_waits(r.decision, r.asked_at)
  order by lower(f.valid) nulls first $$;

-- A request keeps the address that its account had, whoever writes it.
create function grant_requests_keep_address() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    select a.mail_address into new.mail_address from public.accounts a where a.account_id = new.account_id;
    return new;
  end $$;
create trigger grant_requests_address before insert on grant_requests
  for each row execute function grant_requests_keep_address();

create or replace function people_ask_recovery(p_account uuid, p_reason text, p_now timestamptz) returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare made uuid;
  begin
    perform public.people_must(public.viewer_keeps_staff() and p_reason <> '' and public.people_may_keep(p_account));
    -- One whose time is over gives way to the new one, as if its asker had taken it back.
    update public.grant_requests r set decision = 'withdrawn', decided_by = r.asked_by, decided_at = p_now
      where r.account_id = p_account and r.purpose = 'recovery' and r.decision is null
        and not public.people_waits(r.decision, r.asked_at);
    insert into public.grant_requests (account_id, purpose, reason, asked_by, asked_at)
      values (p_account, 'recovery', p_reason, public.viewer_account(), p_now) returning request_id into made;
    return made;
  end $$;

create or replace function people_decide(p_request uuid, p_decision text, p_now timestamptz)
  returns table (account_id uuid, purpose text, enrolled boolean, suspended boolean)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare r public.grant_requests;
          viewer uuid := public.viewer_account();
          made uuid;
  begin
    select * into r from public.grant_requests g where g.request_id = p_request for update;
    perform public.people_must(found and public.viewer_keeps_staff() and viewer <> r.account_id
      and case p_decision when 'confirmed' then viewer <> r.asked_by
                          when 'refused' then viewer <> r.asked_by
                          when 'withdrawn' then viewer = r.asked_by else false end);
    if not public.people_waits(r.decision, r.asked_at) then return; end if;
    if p_decision = 'confirmed' then
      -- Whom the asker and the second person mean must still be one and the same.
      if exists (select from public.accounts a where a.account_id = r.account_id
                 and lower(a.mail_address) is distinct from lower(r.mail_address)) then
        raise exception 'the address has changed' using errcode = 'check_violation', constraint = 'people_address';
      end if;
      -- Whoever asked must still be somebody who may.
      if not exists (select from public.affiliations f join public.accounts a using (account_id)
                     where f.account_id = r.asked_by and f.role in ('nisc_approver', 'system_admin')
                       and f.valid @> public.viewer_today() and a.suspended_at is null) then
        raise exception 'whoever asked may not any more' using errcode = 'check_violation', constraint = 'people_asker';
      end if;
      if r.purpose = 'duty' then
        if not public.people_place_fits(r.role, r.organisation_id, r.ceptoar_id, null,
                                        greatest(lower(r.valid), public.viewer_today())) then
          raise exception 'the role is not held there' using errcode = 'check_violation', constraint = 'people_place';
        end if;
        insert into public.affiliations (account_id, role, organisation_id, ceptoar_id, valid, granted_by, granted_at,
                                         confirmed_by, reason)
          values (r.account_id, r.role, r.organisation_id, r.ceptoar_id,
                  -- A role does not hold for the days that it waited.
                  r.valid * daterange(public.viewer_today(), null), r.asked_by, p_now, viewer, r.reason)
          returning affiliation_id into made;
      end if;
    end if;
    update public.grant_requests g set decision = p_decision, decided_by = viewer, decided_at = p_now,
      affiliation_id = made where g.request_id = p_request;
    return query select a.account_id, r.purpose, public.people_enrolled(a.account_id), a.suspended_at is not null
      from public.accounts a where a.account_id = r.account_id;
  end $$;

create or replace function people_end(p_affiliation uuid, p_last_day date, p_reason text, p_now timestamptz)
  returns table (account_id uuid, role text, organisation_id uuid, ceptoar_id text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare f public.affiliations;
          stop date := greatest(p_last_day + 1, public.viewer_today());
  begin
    select * into f from public.affiliations x where x.affiliation_id = p_affiliation for update;
    perform public.people_must(found and f.account_id <> public.viewer_account() and p_reason <> ''
      and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id));
    if isempty(f.valid) or upper(f.valid) <= stop then return; end if;
    if public.people_is_last(f.account_id, f.affiliation_id, stop) then
      raise exception 'nobody else holds this role' using errcode = 'check_violation', constraint = 'people_last';
    end if;
    update public.affiliations x
      set valid = case when lower(f.valid) >= stop then 'empty'::daterange else daterange(lower(f.valid), stop) end,
          ended_by = public.viewer_account(), ended_at = p_now, end_reason = p_reason
      where x.affiliation_id = p_affiliation;
    -- Who is nothing any more, and will be nothing, is out at once: sessions, links and letters under way.
    if not exists (select from public.affiliations x where x.account_id = f.account_id and not isempty(x.valid)
                   and (upper_inf(x.valid) or upper(x.valid) > public.viewer_today())) then
      update public.sessions s set ended_at = p_now where s.account_id = f.account_id and s.ended_at is null;
      perform public.people_drop_steps(f.account_id), public.cancel_account_letters(f.account_id);
    end if;
    return query select f.account_id, f.role, f.organisation_id, f.ceptoar_id;
  end $$;

create or replace function people_suspend(p_account uuid, p_reason text, p_now timestamptz)
  returns table (sessions bigint, letters bigint, deliveries bigint)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare ended bigint;
  begin
    perform public.people_must(public.people_may_shut(p_account) and p_reason <> '');
    perform from public.accounts a where a.account_id = p_account for update;
    if exists (select from public.accounts a where a.account_id = p_account and a.suspended_at is not null) then
      return;
    end if;
    if public.people_is_last(p_account, null, public.viewer_today()) then
      raise exception 'nobody else holds this role' using errcode = 'check_violation', constraint = 'people_last';
    end if;
    update public.accounts a set suspended_at = p_now where a.account_id = p_account;
    insert into public.account_suspensions (account_id, suspended_at, suspended_by, reason, rank)
      values (p_account, p_now, public.viewer_account(), p_reason, public.people_rank(p_account));
    update public.sessions s set ended_at = p_now where s.account_id = p_account and s.ended_at is null;
    get diagnostics ended = row_count;
    perform public.people_drop_steps(p_account);
    return query select ended, public.cancel_account_letters(p_account), public.people_cancel_deliveries(p_account);
  end $$;

-- Lets somebody back in, and is theirs alone who rank as high as whoever suspended.
create or replace function people_lift(p_account uuid, p_reason text, p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare shut public.account_suspensions;
  begin
    perform from public.accounts a where a.account_id = p_account for update;
    select * into shut from public.account_suspensions s where s.account_id = p_account and s.lifted_at is null;
    perform public.people_must(p_reason <> '' and p_account <> public.viewer_account()
      and (public.people_may_shut(p_account)
           or (public.viewer_has_role('system_admin') and coalesce(shut.rank = 3, false))));
    if public.people_rank(p_account) < coalesce(shut.rank, 1) then
      raise exception 'suspended by somebody of a higher rank' using errcode = 'check_violation', constraint = 'people_rank';
    end if;
    update public.account_suspensions s set lifted_at = p_now, lifted_by = public.viewer_account(), lift_reason = p_reason
      where s.account_id = p_account and s.lifted_at is null;
    update public.accounts a set suspended_at = null where a.account_id = p_account and a.suspended_at is not null;
    if not found then return false; end if;
    update public.sessions s set ended_at = p_now where s.account_id = p_account and s.ended_at is null;
    perform public.people_drop_steps(p_account);
    return true;
  end $$;

create or replace function people_end_sessions(p_account uuid, p_now timestamptz) returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare ended bigint;
  begin
    perform public.people_must(public.people_may_shut(p_account));
    update public.sessions s set ended_at = p_now where s.account_id = p_account and s.ended_at is null;
    get diagnostics ended = row_count;
    return ended;
  end $$;

grant execute on function people_person(uuid), people_requests(uuid, uuid), people_request_duties(uuid) to portal_app;
