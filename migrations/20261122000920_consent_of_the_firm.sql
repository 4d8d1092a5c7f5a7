-- A firm that has somebody of its own is asked before a secretariat names a person for it (docs/decisions/0022).
-- It is the request of two persons that roles of staff take, with the firm as the second person.
alter table grant_requests add column contact_id uuid references contacts;
-- The name that was typed with an address. What the account itself is called is not the proposer's business.
alter table grant_requests add column asked_name text;

create function people_is_members_role(p_role text) returns boolean
  language sql immutable set search_path = pg_catalog, pg_temp
  as $$ select coalesce(p_role in ('member_poc', 'member_reader', 'hub_member', 'member_admin'), false) $$;

-- Who answers for a firm: those who keep its people; where there is none, those who handle its items. Only who can
-- sign in today counts, and nobody who is left out: whoever proposes, and whoever is proposed.
create function people_firm_keepers(p_organisation uuid, p_but uuid[]) returns setof uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with own as (
    select distinct f.account_id, f.role = 'member_admin' as keeper
    from public.affiliations f join public.accounts a using (account_id)
    where f.organisation_id = p_organisation and f.role in ('member_admin', 'member_poc', 'hub_member')
      and f.valid @> public.viewer_today() and a.suspended_at is null and public.people_enrolled(f.account_id)
      and f.account_id <> all (p_but))
  select distinct o.account_id from own o where o.keeper or not exists (select from own k where k.keeper) $$;

-- Whether a firm has somebody to ask. Whom a desk or a colleague suspended counts: else a desk would shut out those
-- who can say no, name whom it likes, and let them in again. They get no letter and decide nothing meanwhile.
create function people_firm_has_somebody(p_organisation uuid, p_but uuid[]) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (
    select from public.affiliations f join public.accounts a using (account_id)
    where f.organisation_id = p_organisation and f.role in ('member_admin', 'member_poc', 'hub_member')
      and f.valid @> public.viewer_today() and public.people_enrolled(f.account_id) and f.account_id <> all (p_but)
      and (a.suspended_at is null or exists (
        select from public.account_suspensions s
        where s.account_id = a.account_id and s.lifted_at is null and s.rank < 3))) $$;

-- Whether the viewer has to ask a firm before giving this duty.
create function people_needs_consent(p_role text, p_organisation uuid, p_ceptoar text, p_person uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select public.people_is_members_role(p_role) and p_organisation <> all (public.viewer_kept_firms())
          and public.people_firm_has_somebody(p_organisation,
                array_remove(array[public.viewer_account(), p_person], null)) $$;

-- The same fact for the code, of somebody known by account or by address. Who does not keep the place learns nothing.
create function people_firm_answers(p_organisation uuid, p_ceptoar text, p_person uuid, p_address text) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select not public.people_reaches('member_poc', p_organisation, p_ceptoar) 
          or public.people_firm_has_somebody(p_organisation, array_remove(array[public.viewer_account(), p_person]
            || array(select a.account_id from public.accounts a where lower(a.mail_address) = lower(p_address)), null)) $$;

-- Whether the viewer is the second person of a request about a member's duty.
create function people_consents(p_role text, p_organisation uuid, p_account uuid, p_asked_by uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select public.people_is_members_role(p_role)
          and public.viewer_account() in (select public.people_firm_keepers(p_organisation, array[p_account, p_asked_by])) $$;

-- Whether the viewer gave or confirmed a duty of this account in this very transaction: then its letter may go out.
create function people_just_confirmed(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.affiliations f
          where f.account_id = p_account and f.confirmed_by = public.viewer_account()
            and f.xmin = pg_current_xact_id()::xid) $$;

create or replace function viewer_keeps_account(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select public.people_may_keep(p_account)
          or (public.people_just_confirmed(p_account) and not public.people_enrolled(p_account))
          or exists (
          -- A first duty was given just now, to somebody of whom the giver does not keep all: their link may go out.
          select from public.affiliations f where f.account_id = p_account and f.valid @> public.viewer_today()
            and public.viewer_account() in (f.granted_by, f.confirmed_by) and not public.people_enrolled(p_account)
            and p_account <> public.viewer_account()
            and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id)) $$;

create or replace function people_addressee(p_account uuid)
  returns table (sign_in_name text, display_name text, mail_address text, language text, suspended boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.sign_in_name, a.display_name, a.mail_address, a.language, a.suspended_at is not null from public.accounts a
        where a.account_id = p_account
          and (public.people_may_see(p_account) or public.people_just_confirmed(p_account)) $$;

-- Names to sign in with end in digits that the portal adds to every one. Or a name that is refused, or changed only
-- when it is taken, would tell who else has an account.
create or replace function people_person_of(p_name text, p_display_name text, p_address text, p_language text,
                                            p_demonstration boolean, p_now timestamptz)
  returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare found uuid[];
          made uuid;
          digits integer := 4;
  begin
    -- Two invitations of one address at a time must not make two accounts.
    perform pg_advisory_xact_lock(7705, hashtext(lower(p_address)));
    select array_agg(a.account_id order by a.sign_in_name = p_name desc) into found from public.accounts a
      where lower(a.mail_address) = lower(p_address);
    if array_length(found, 1) = 1
       or exists (select from public.accounts a where a.account_id = found[1] and a.sign_in_name = p_name) then
      return found[1];
    elsif found is not null then
      raise exception 'several accounts have this address' using errcode = 'unique_violation', constraint = 'people_one_address';
    end if;
    loop
      insert into public.accounts (sign_in_name, display_name, language, mail_address, demonstration, created_at)
        values (left(p_name, 63 - digits) || '-' || lpad(floor(random() * 10 ^ digits)::bigint::text, digits, '0'),
                p_display_name, p_language, p_address, p_demonstration, p_now)
        on conflict (sign_in_name) do nothing
        returning account_id into made;
      exit when made is not null;
      digits := least(digits + 1, 9);
    end loop;
    return made;
  end $$;

-- Whether a firm is also in a CEPTOAR whose desk the viewer does not keep.
create function people_firm_elsewhere(p_organisation uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.memberships m
          where m.organisation_id = p_organisation and not isempty(m.valid)
            and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today())
            and m.ceptoar_id <> all (public.viewer_kept_ceptoars())) $$;

-- What a desk may name alone, for a firm that has nobody to ask: somebody of whom at least one window hears, and no
-- keeper of a firm that is in another CEPTOAR too, whose people and items that keeper would reach.
create function people_check_first(p_role text, p_organisation uuid, p_ceptoar text) returns void
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if not public.people_is_members_role(p_role) or p_organisation = any (public.viewer_kept_firms()) then
      return;
    end if;
    if p_role = 'member_admin' and public.people_firm_elsewhere(p_organisation) then
      raise exception 'a keeper of several CEPTOARs' using errcode = 'check_violation', constraint = 'people_first_keeper';
    end if;
    if not exists (select from public.people_firm_windows(p_organisation, p_ceptoar)) then
      raise exception 'no window to be told' using errcode = 'check_violation', constraint = 'people_first_window';
    end if;
  end $$;

create or replace function people_give(p_account uuid, p_role text, p_organisation uuid, p_ceptoar text, p_contact uuid,
                            p_from date, p_until date, p_reason text, p_now timestamptz) returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare made uuid;
  begin
    perform public.people_must(p_account <> public.viewer_account()
      and p_role in ('coordinator', 'member_poc', 'member_reader', 'hub_member', 'member_admin')
      and public.people_reaches(p_role, p_organisation, p_ceptoar) and public.people_may_see(p_account)
      and not public.people_needs_consent(p_role, p_organisation, p_ceptoar, p_account));
    perform public.people_check_place(p_role, p_organisation, p_ceptoar, p_contact, p_from, p_until);
    perform public.people_check_first(p_role, p_organisation, p_ceptoar);
    insert into public.affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid,
                                     granted_by, granted_at, reason)
      values (p_account, p_role, p_organisation, p_ceptoar, p_contact, daterange(p_from, p_until + 1),
              public.viewer_account(), p_now, p_reason)
      returning affiliation_id into made;
    return made;
  end $$;

create or replace function people_invite(p_name text, p_display_name text, p_address text, p_language text, p_demonstration boolean,
                              p_role text, p_organisation uuid, p_ceptoar text, p_contact uuid,
                              p_from date, p_until date, p_reason text, p_now timestamptz)
  returns table (account_id uuid, enrolled boolean, suspended boolean)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare person uuid;
  begin
    perform public.people_must(p_role in ('coordinator', 'member_poc', 'member_reader', 'hub_member', 'member_admin')
      and public.people_reaches(p_role, p_organisation, p_ceptoar));
    perform public.people_check_place(p_role, p_organisation, p_ceptoar, p_contact, p_from, p_until);
    person := public.people_person_of(p_name, p_display_name, p_address, p_language, p_demonstration, p_now);
    perform public.people_must(person <> public.viewer_account()
      and not public.people_needs_consent(p_role, p_organisation, p_ceptoar, person));
    perform public.people_check_first(p_role, p_organisation, p_ceptoar);
    insert into public.affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid,
                                     granted_by, granted_at, reason)
      values (person, p_role, p_organisation, p_ceptoar, p_contact, daterange(p_from, p_until + 1),
              public.viewer_account(), p_now, p_reason);
    return query select a.account_id, public.people_enrolled(a.account_id), a.suspended_at is not null
      from public.accounts a where a.account_id = person;
  end $$;

-- A secretariat proposes a person to a firm: by account, or by address where p_account is empty.
create function people_propose(p_account uuid, p_name text, p_display_name text, p_address text, p_language text,
                               p_demonstration boolean, p_role text, p_organisation uuid, p_ceptoar text,
                               p_contact uuid, p_from date, p_until date, p_reason text, p_now timestamptz)
  returns table (request_id uuid, account_id uuid)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare person uuid := p_account;
          period daterange := daterange(p_from, p_until + 1);
  begin
    perform public.people_must(public.people_is_members_role(p_role)
      and coalesce(p_ceptoar = any (public.viewer_kept_ceptoars()), false)
      and (p_account is null or public.people_may_see(p_account)));
    perform public.people_check_place(p_role, p_organisation, p_ceptoar, p_contact, p_from, p_until);
    if person is null then
      person := public.people_person_of(p_name, p_display_name, p_address, p_language, p_demonstration, p_now);
    end if;
    perform public.people_must(person <> public.viewer_account()
      and public.people_needs_consent(p_role, p_organisation, p_ceptoar, person));
    -- Two at the same moment would both find nothing proposed: the second waits here until the first is done.
    perform from public.accounts a where a.account_id = person for update;
    if exists (select from public.affiliations f
               where f.account_id = person and f.role = p_role and f.organisation_id = p_organisation
                 and f.ceptoar_id = p_ceptoar and f.contact_id is not distinct from p_contact and f.valid && period) then
      raise exception 'already held' using errcode = 'check_violation', constraint = 'affiliations_once';
    end if;
    if exists (select from public.grant_requests r
               where r.account_id = person and r.role = p_role and r.organisation_id = p_organisation
                 and r.ceptoar_id = p_ceptoar and r.contact_id is not distinct from p_contact
                 and public.people_waits(r.decision, r.asked_at)) then
      raise exception 'proposed already' using errcode = 'check_violation', constraint = 'people_proposed';
    end if;
    return query insert into public.grant_requests (account_id, purpose, role, organisation_id, ceptoar_id, contact_id,
                                                    valid, reason, asked_by, asked_at, asked_name)
      values (person, 'duty', p_role, p_organisation, p_ceptoar, p_contact, period, p_reason,
              public.viewer_account(), p_now, case when p_account is null then p_display_name end)
      returning request_id, account_id;
  end $$;

-- Whom the letter about a proposal goes to; for whoever made it.
create function people_request_keepers(p_request uuid)
  returns table (account_id uuid, sign_in_name text, display_name text, mail_address text, language text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.account_id, a.sign_in_name, a.display_name, a.mail_address, a.language
        from public.grant_requests r
        join public.accounts a on a.account_id in (
          select public.people_firm_keepers(r.organisation_id, array[r.account_id, r.asked_by]))
        where r.request_id = p_request and r.asked_by = public.viewer_account()
          and public.people_is_members_role(r.role) and public.people_waits(r.decision, r.asked_at)
        order by a.account_id limit 20 $$;

-- The windows of a firm that had nobody to ask: each is told whom the secretariat named.
create function people_firm_windows(p_organisation uuid, p_ceptoar text)
  returns table (contact_id uuid, label text, mail_address text, language text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select distinct on (lower(c.value)) k.contact_id, k.label, c.value, k.language
        from public.contacts k join public.contact_channels c using (contact_id)
        where k.organisation_id = p_organisation and public.people_reaches('member_poc', p_organisation, p_ceptoar)
          and c.kind = 'mail' and k.valid @> public.viewer_today() and c.valid @> public.viewer_today()
        order by lower(c.value), k.contact_id limit 20 $$;

-- Requests: those of staff for those who keep staff; those of members for the desk and for those who answer for the
-- firm. A firm learns of the person what it needs in order to know them, and nothing of what they are elsewhere.
drop function people_requests(uuid, uuid);
create function people_requests(p_request uuid, p_account uuid)
  returns table (request_id uuid, account_id uuid, display_name text, purpose text, role text, organisation_id uuid,
                 organisation_ja text, organisation_en text, ceptoar_id text, ceptoar_ja text, ceptoar_en text,
                 window_label text, window_position smallint,
                 begins_on date, ends_on date, reason text, asked_by uuid, asked_by_name text, asked_at timestamptz,
                 decision text, decided_by_name text, decided_at timestamptz, waits boolean, counts boolean,
                 handlers_answer boolean, asked_address text, sign_in_name text, mail_address text,
                 made_at timestamptz, made_by_name text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select r.request_id, r.account_id,
         -- The stored name is for whom the person works, or worked; everybody else knows the name that was typed.
         case when exists (select from public.affiliations f where f.account_id = r.account_id
                           and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id))
              then a.display_name else coalesce(r.asked_name, a.display_name) end,
         r.purpose, r.role, r.organisation_id, n.ja, n.en, r.ceptoar_id,
         c.ja, c.en, w.label, w.position, lower(r.valid), upper(r.valid) - 1, r.reason, r.asked_by, b.display_name,
         r.asked_at, r.decision, d.display_name, r.decided_at, public.people_waits(r.decision, r.asked_at),
         public.people_request_counts(r.account_id, r.purpose, r.decision, r.asked_at),
         k.members and not exists (
           select from public.people_firm_keepers(r.organisation_id, array[r.account_id, r.asked_by]) p (account_id)
           join public.affiliations f on f.account_id = p.account_id and f.organisation_id = r.organisation_id
             and f.role = 'member_admin' and f.valid @> public.viewer_today()),
         case when k.shown and (not k.members or k.firm) then r.mail_address end,
         case when k.shown and not k.members then a.sign_in_name end,
         case when k.shown and not k.members then a.mail_address end,
         case when k.shown and not k.members then a.created_at end,
         case when k.shown and not k.members then m.display_name end
  from public.grant_requests r
  join public.accounts a on a.account_id = r.account_id
  join public.accounts b on b.account_id = r.asked_by
  cross join lateral (select public.people_is_members_role(r.role) as members,
                             public.people_waits(r.decision, r.asked_at)
                             and r.asked_by <> public.viewer_account() as shown,
                             r.organisation_id = any (public.viewer_kept_firms())
                             or public.people_consents(r.role, r.organisation_id, r.account_id, r.asked_by) as firm) k
  left join public.accounts d on d.account_id = r.decided_by
  left join public.contacts w on w.contact_id = r.contact_id
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
  where (case when k.members then k.firm or coalesce(r.ceptoar_id = any (public.viewer_kept_ceptoars()), false)
              else public.viewer_keeps_staff() end)
    and case when p_request is not null then r.request_id = p_request
             when p_account is not null then r.account_id = p_account
             else public.people_waits(r.decision, r.asked_at) end
  order by r.decision is not null, r.asked_at limit 200 $$;

create or replace function people_request_duties(p_request uuid)
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
  where r.request_id = p_request and r.asked_by <> public.viewer_account()
    and public.people_waits(r.decision, r.asked_at)
    and case when public.people_is_members_role(r.role) then
          f.organisation_id = r.organisation_id and public.people_is_members_role(f.role)
          and (r.organisation_id = any (public.viewer_kept_firms())
               or public.people_consents(r.role, r.organisation_id, r.account_id, r.asked_by))
        else public.viewer_keeps_staff() end
  order by lower(f.valid) nulls first $$;

create or replace function people_decide(p_request uuid, p_decision text, p_now timestamptz)
  returns table (account_id uuid, purpose text, enrolled boolean, suspended boolean)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare r public.grant_requests;
          viewer uuid := public.viewer_account();
          members boolean;
          made uuid;
  begin
    select * into r from public.grant_requests g where g.request_id = p_request for update;
    members := public.people_is_members_role(r.role);
    perform public.people_must(r.request_id is not null and viewer <> r.account_id
      and case when p_decision = 'withdrawn' then viewer = r.asked_by
                 and case when members then coalesce(r.ceptoar_id = any (public.viewer_kept_ceptoars()), false)
                          else public.viewer_keeps_staff() end
               when p_decision in ('confirmed', 'refused') then viewer <> r.asked_by
                 and case when members then
                            public.people_consents(r.role, r.organisation_id, r.account_id, r.asked_by)
                          else public.viewer_keeps_staff() end
               else false end);
    if not public.people_waits(r.decision, r.asked_at) then return; end if;
    if p_decision = 'confirmed' then
      -- Whom the asker and the second person mean must still be one and the same.
      if exists (select from public.accounts a where a.account_id = r.account_id
                 and lower(a.mail_address) is distinct from lower(r.mail_address)) then
        raise exception 'the address has changed' using errcode = 'check_violation', constraint = 'people_address';
      end if;
      -- Whoever asked must still be somebody who may.
      if not exists (select from public.affiliations f join public.accounts a using (account_id)
                     where f.account_id = r.asked_by and f.valid @> public.viewer_today() and a.suspended_at is null
                       and case when members then f.role = 'secretariat' and f.ceptoar_id = r.ceptoar_id
                                else f.role in ('nisc_approver', 'system_admin') end) then
        raise exception 'whoever asked may not any more' using errcode = 'check_violation', constraint = 'people_asker';
      end if;
      if r.purpose = 'duty' then
        if not public.people_place_fits(r.role, r.organisation_id, r.ceptoar_id, r.contact_id,
                                        greatest(lower(r.valid), public.viewer_today())) then
          raise exception 'the role is not held there' using errcode = 'check_violation', constraint = 'people_place';
        end if;
        insert into public.affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid, granted_by,
                                         granted_at, confirmed_by, reason)
          values (r.account_id, r.role, r.organisation_id, r.ceptoar_id, r.contact_id,
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

revoke execute on function people_firm_keepers(uuid, uuid[]), people_firm_has_somebody(uuid, uuid[]),
  people_needs_consent(text, uuid, text, uuid),
  people_firm_answers(uuid, text, uuid, text), people_consents(text, uuid, uuid, uuid), people_just_confirmed(uuid),
  people_firm_elsewhere(uuid), people_check_first(text, uuid, text),
  people_propose(uuid, text, text, text, text, boolean, text, uuid, text, uuid, date, date, text, timestamptz),
  people_request_keepers(uuid), people_firm_windows(uuid, text), people_requests(uuid, uuid) from public;
grant execute on function people_firm_answers(uuid, text, uuid, text), people_firm_elsewhere(uuid),
  people_propose(uuid, text, text, text, text, boolean, text, uuid, text, uuid, date, date, text, timestamptz),
  people_request_keepers(uuid), people_firm_windows(uuid, text), people_requests(uuid, uuid) to portal_app;
