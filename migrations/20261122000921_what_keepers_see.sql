-- A keeper sees of a person what that keeper keeps: not that they work elsewhere, nor what others did and why.

-- Where an account stands, as far as the viewer keeps it: of somebody who left this keeper's places it is "left",
-- whatever they are elsewhere.
create or replace function people_state(p_account uuid) returns text
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select case
      when a.suspended_at is not null then 'suspended'
      when exists (select from public.affiliations f where f.account_id = p_account and not isempty(f.valid)
                   and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today())
                   and (public.people_reaches(f.role, f.organisation_id, f.ceptoar_id)
                        or public.viewer_has_role('system_admin'))) then case
        when public.people_enrolled(p_account) then 'active'
        when exists (select from public.account_tickets t where t.account_id = p_account and t.purpose = 'enrol'
                     and t.used_at is null and t.expires_at > now()) then 'invited'
        else 'expired' end
      when exists (select from public.grant_requests r where r.account_id = p_account
                   and public.people_waits(r.decision, r.asked_at)
                   and case when r.role is null then public.viewer_keeps_staff()
               else public.people_reaches(r.role, r.organisation_id, r.ceptoar_id) end) then 'waiting'
      else 'left' end
    from public.accounts a where a.account_id = p_account $$;

-- The rows of `kept` are what the viewer reaches, so the state of each person is read off them: asking people_state
-- for thousands of people would ask thousands of times what the viewer keeps.
create or replace function people_list(p_pattern text, p_state text, p_after_name text, p_after uuid, p_limit integer)
  returns table (account_id uuid, display_name text, state text, last_sign_in timestamptz, strength text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with asked as materialized (
    select r.account_id, r.organisation_id,
           public.people_request_counts(r.account_id, r.purpose, r.decision, r.asked_at) as counts
    from public.grant_requests r
    where r.decision is null and public.people_waits(r.decision, r.asked_at)
      and case when r.role is null then public.viewer_keeps_staff()
               else public.people_reaches(r.role, r.organisation_id, r.ceptoar_id) end),
  duties as materialized (
    select f.account_id, f.organisation_id, f.valid from public.affiliations f
      where f.ceptoar_id = any ((select public.viewer_kept_ceptoars())::text[])
        and f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')
    union
    select f.account_id, f.organisation_id, f.valid from public.affiliations f
      where f.organisation_id = any ((select public.viewer_kept_firms())::uuid[])
        and f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')
    union
    select f.account_id, f.organisation_id, f.valid from public.affiliations f
      join public.affiliations own on own.ceptoar_id = f.ceptoar_id and own.organisation_id = f.organisation_id
        and own.role = 'secretariat' and own.account_id = (select public.viewer_account()) and own.valid @> (select public.viewer_today())
      where f.role = 'coordinator'
    union
    select f.account_id, f.organisation_id, f.valid from public.affiliations f
      where (select public.viewer_keeps_staff()) and f.role in ('nisc_analyst', 'nisc_approver', 'ministry_liaison',
        'secretariat', 'council_delegate', 'wg_chair', 'council_observer', 'auditor', 'system_admin')),
  kept as materialized (
    select d.account_id, d.organisation_id from duties d
    union
    select r.account_id, r.organisation_id from asked r where r.counts
    union
    select f.account_id, f.organisation_id from public.account_suspensions s join public.affiliations f using (account_id)
      where (select public.viewer_has_role('system_admin')) and s.lifted_at is null and s.rank = 3),
  judged as (
    select a.account_id, a.display_name, case
        when a.suspended_at is not null then 'suspended'
        when a.account_id in (select d.account_id from duties d where not isempty(d.valid)
                              and (upper_inf(d.valid) or upper(d.valid) > (select public.viewer_today()))) then case
          when (a.demonstration and a.password_hash is not null)
               or a.account_id in (select t.account_id from public.authenticators t) then 'active'
          when a.account_id in (select t.account_id from public.account_tickets t where t.purpose = 'enrol'
                                and t.used_at is null and t.expires_at > now()) then 'invited'
          else 'expired' end
        when a.account_id in (select r.account_id from asked r) then 'waiting'
        else 'left' end as state
    from public.accounts a
    where a.account_id in (
        select k.account_id from kept k
        where p_pattern is null
           or exists (select from public.organisation_names n where n.organisation_id = k.organisation_id
                      and (public.people_folded(n.ja) like p_pattern or public.people_folded(n.en) like p_pattern
                           or public.people_folded(n.reading) like p_pattern))
           or exists (select from public.accounts b where b.account_id = k.account_id
                      and public.people_folded(b.display_name) like p_pattern))
      and (p_after is null or (a.display_name, a.account_id) > (p_after_name, p_after))),
  found as (
    select j.account_id, j.display_name, j.state from judged j where p_state is null or j.state = p_state
    order by j.display_name, j.account_id limit least(p_limit, 201))
  select f.account_id, f.display_name, f.state,
         (select max(s.opened_at) from public.sessions s where s.account_id = f.account_id),
         public.people_strength(f.account_id)
  from found f order by f.display_name, f.account_id $$;

-- `split` is for system administrators, `staff` for those who keep staff, and sessions and the rank of a suspension
-- for those who may shut the account: others decide nothing by them.
drop function people_person(uuid);
create function people_person(p_account uuid)
  returns table (account_id uuid, display_name text, state text, strength text, last_sign_in timestamptz,
                 sign_in_name text, mail_address text, whole boolean, split boolean, staff boolean,
                 open_sessions bigint, brake boolean, suspended_rank smallint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select a.account_id, a.display_name, public.people_state(a.account_id), public.people_strength(a.account_id),
         (select max(s.opened_at) from public.sessions s where s.account_id = a.account_id),
         case when k.keeps then a.sign_in_name end, case when k.keeps then a.mail_address end,
         t.whole, t.split and public.viewer_has_role('system_admin'), t.staff and public.viewer_keeps_staff(),
         case when k.shuts then (select count(*) from public.sessions s
                                 where s.account_id = a.account_id and s.ended_at is null and s.expires_at > now()) end,
         public.people_has_brake(a.account_id),
         case when k.shuts or public.viewer_has_role('system_admin') then
           (select s.rank from public.account_suspensions s where s.account_id = a.account_id and s.lifted_at is null) end
  from public.accounts a cross join lateral public.people_standing(a.account_id) t
  cross join lateral (select public.people_may_keep(a.account_id) as keeps,
                             public.people_may_shut(a.account_id) or a.account_id = public.viewer_account() as shuts) k
  where a.account_id = p_account and t.seen $$;

-- Who suspended, and why, is for those who keep all of the person, and for whoever did it.
drop function people_suspensions(uuid);
create function people_suspensions(p_account uuid)
  returns table (suspended_at timestamptz, suspended_by text, reason text, lifted_at timestamptz, lifted_by text,
                 lift_reason text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select s.suspended_at, case when k.keeps or k.viewer = s.suspended_by then b.display_name end,
         case when k.keeps or k.viewer = s.suspended_by then s.reason else '' end,
         s.lifted_at, case when k.keeps or k.viewer = s.lifted_by then l.display_name end,
         case when k.keeps or k.viewer = s.lifted_by then s.lift_reason else '' end
  from public.account_suspensions s
  cross join (select public.people_may_keep(p_account) as keeps, public.viewer_account() as viewer) k
  join public.accounts b on b.account_id = s.suspended_by
  left join public.accounts l on l.account_id = s.lifted_by
  where s.account_id = p_account and public.people_may_see(p_account) order by s.suspended_at desc $$;

-- Whom to tell that the emergency brake was pulled: everybody else who keeps a duty of this person, and the system
-- administrators where they keep the whole. For whoever may pull it.
create function people_other_keepers(p_account uuid)
  returns table (account_id uuid, sign_in_name text, display_name text, mail_address text, language text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select distinct a.account_id, a.sign_in_name, a.display_name, a.mail_address, a.language
  from public.affiliations d
  join public.affiliations k on k.valid @> public.viewer_today() and (
       (public.people_is_members_role(d.role) and k.role = 'member_admin' and k.organisation_id = d.organisation_id)
    or (public.people_is_members_role(d.role) and k.role = 'secretariat' and k.ceptoar_id = d.ceptoar_id)
    or (d.role = 'coordinator' and k.role = 'secretariat' and k.ceptoar_id = d.ceptoar_id
        and k.organisation_id = d.organisation_id)
    or (k.role = 'system_admin' and (select s.split from public.people_standing(p_account) s)))
  join public.accounts a on a.account_id = k.account_id and a.suspended_at is null
  where d.account_id = p_account and not isempty(d.valid)
    and (upper_inf(d.valid) or upper(d.valid) > public.viewer_today())
    and a.account_id not in (p_account, public.viewer_account()) and public.people_may_shut(p_account)
  order by a.account_id limit 50 $$;

revoke execute on function people_person(uuid), people_suspensions(uuid), people_other_keepers(uuid) from public;
grant execute on function people_person(uuid), people_suspensions(uuid), people_other_keepers(uuid) to portal_app;
