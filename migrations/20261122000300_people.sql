-- 利用者管理: who keeps whose accounts. What somebody is holds for a period; who gave it, who ended it and why
-- is written beside it. Duties are ended and never deleted, so that it stays known who could see what, and when.
alter table affiliations
  add column granted_by uuid references accounts,    -- empty: by the command line or the reference data
  add column granted_at timestamptz,
  add column confirmed_by uuid references accounts,  -- the second person, for roles of staff
  add column reason text not null default '',
  add column ended_by uuid references accounts,
  add column ended_at timestamptz,
  add column end_reason text not null default '',
  -- Nobody gives anything to themselves, and a role of staff that a person gave was confirmed by another one.
  add constraint affiliations_two_persons check (
    (granted_by is null or granted_by <> account_id)
    and (confirmed_by is null or (granted_by is not null and confirmed_by <> granted_by and confirmed_by <> account_id))
    and (granted_by is null or confirmed_by is not null
         or role in ('coordinator', 'member_poc', 'member_reader', 'hub_member', 'member_admin'))),
  -- The same duty is held once at a time. What ended before it began has an empty period, which overlaps nothing.
  add constraint affiliations_once exclude using gist (
    account_id with =, role with =, organisation_id with =, (coalesce(ceptoar_id, '')) with =,
    (coalesce(contact_id, '00000000-0000-0000-0000-000000000000'::uuid)) with =, valid with &&);
create index affiliations_ceptoar on affiliations (ceptoar_id, role);
create index affiliations_organisation on affiliations (organisation_id);
create index affiliations_contact on affiliations (contact_id) where contact_id is not null;
create index affiliations_role on affiliations (role);
create index sessions_latest on sessions (account_id, opened_at desc);
create index accounts_by_name on accounts (display_name, account_id);
create index accounts_mail_address on accounts (lower(mail_address));

-- Corrections do not rewrite history: the end may move to an earlier day, and nothing else changes.
create function affiliations_keep_history() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$
  begin
    if tg_op = 'DELETE' then
      if old.granted_by is not null then
        raise exception 'a duty is ended, never deleted' using errcode = 'restrict_violation';
      end if;
      return old;
    end if;
    if (new.affiliation_id, new.account_id, new.role, new.organisation_id, new.granted_at, new.reason)
         is distinct from (old.affiliation_id, old.account_id, old.role, old.organisation_id, old.granted_at, old.reason)
       or new.ceptoar_id is distinct from old.ceptoar_id or new.contact_id is distinct from old.contact_id
       or new.granted_by is distinct from old.granted_by or new.confirmed_by is distinct from old.confirmed_by
       or not (new.valid <@ old.valid) or (not isempty(new.valid) and lower(new.valid) is distinct from lower(old.valid))
    then
      raise exception 'a duty can be ended, and not rewritten' using errcode = 'restrict_violation';
    end if;
    return new;
  end $$;
create trigger affiliations_history before update or delete on affiliations
  for each row execute function affiliations_keep_history();

-- Suspensions, one row each, so that lifting one does not wipe it out.
create table account_suspensions (
  suspension_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts,
  suspended_at timestamptz not null,
  suspended_by uuid not null references accounts,
  reason text not null,
  lifted_at timestamptz,
  lifted_by uuid references accounts,
  lift_reason text not null default '',
  constraint account_suspensions_not_oneself check (suspended_by <> account_id and lifted_by is distinct from account_id)
);
create unique index account_suspensions_standing on account_suspensions (account_id) where lifted_at is null;
call protect('account_suspensions');

-- What takes two persons: one asks, another one confirms.
create table grant_requests (
  request_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts,      -- the person concerned
  purpose text not null check (purpose in ('duty', 'recovery')),
  role text,
  organisation_id uuid references organisations,
  ceptoar_id text references ceptoars,
  valid daterange,
  reason text not null,
  asked_by uuid not null references accounts,
  asked_at timestamptz not null,
  decision text check (decision in ('confirmed', 'refused', 'withdrawn')),
  decided_by uuid references accounts,
  decided_at timestamptz,
  affiliation_id uuid references affiliations,
  constraint grant_requests_not_for_oneself check (asked_by <> account_id),
  constraint grant_requests_two_persons check (decision is distinct from 'confirmed'
    or (decided_by is not null and decided_by <> asked_by and decided_by <> account_id)),
  constraint grant_requests_decided check ((decision is null) = (decided_by is null)),
  constraint grant_requests_whole check (case purpose
    when 'duty' then role is not null and organisation_id is not null and valid is not null
    else role is null and organisation_id is null and valid is null end)
);
create index grant_requests_account on grant_requests (account_id);
create index grant_requests_waiting on grant_requests (asked_at) where decision is null;
create unique index grant_requests_one_recovery on grant_requests (account_id)
  where purpose = 'recovery' and decision is null;
call protect('grant_requests');

-- Whose accounts the viewer keeps.
create function viewer_kept_ceptoars() returns text[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.ceptoar_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role = 'secretariat' and f.ceptoar_id is not null $$;

create function viewer_kept_firms() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.organisation_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role = 'member_admin' $$;

create function viewer_keeps_staff() returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select public.viewer_has_role('nisc_approver', 'system_admin') $$;

-- Whether the viewer keeps a duty like this one: src/features/access/people.rs says the same in code.
create function people_reaches(p_role text, p_organisation uuid, p_ceptoar text) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select case
      when p_role in ('member_poc', 'member_reader', 'hub_member', 'member_admin') then
        coalesce(p_ceptoar = any (public.viewer_kept_ceptoars()), false)
        or p_organisation = any (public.viewer_kept_firms())
      when p_role = 'coordinator' then exists (
        select from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role = 'secretariat' and f.ceptoar_id = p_ceptoar and f.organisation_id = p_organisation)
      when p_role in ('nisc_analyst', 'nisc_approver', 'ministry_liaison', 'secretariat', 'council_delegate',
                      'wg_chair', 'council_observer', 'auditor', 'system_admin') then public.viewer_keeps_staff()
      else false end $$;

-- Whether a role is held in such a place on a day: the same rule as on the command line (enrolment.rs).
create function people_place_fits(p_role text, p_organisation uuid, p_ceptoar text, p_contact uuid, p_day date)
  returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(case
      when p_role in ('nisc_analyst', 'nisc_approver', 'auditor', 'system_admin') then p_ceptoar is null and
        exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind = 'central')
      when p_role = 'ministry_liaison' then p_ceptoar is null and
        exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind = 'ministry')
      when p_role in ('secretariat', 'coordinator') then
        exists (select from public.secretariat_terms t where t.ceptoar_id = p_ceptoar
                and t.organisation_id = p_organisation and t.valid @> p_day)
      when p_role in ('member_poc', 'member_reader', 'hub_member', 'member_admin') then
        exists (select from public.memberships m where m.ceptoar_id = p_ceptoar
                and m.organisation_id = p_organisation and m.valid @> p_day)
      when p_role in ('council_delegate', 'wg_chair', 'council_observer') then
        exists (select from public.ceptoars c where c.ceptoar_id = p_ceptoar)
        and exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind <> 'member')
      else false end, false)
    and (p_contact is null or (p_role in ('member_poc', 'hub_member', 'coordinator') and exists (
           select from public.contacts k where k.contact_id = p_contact and k.organisation_id = p_organisation
             and (k.ceptoar_id is null or k.ceptoar_id = p_ceptoar) and k.valid @> p_day))) $$;

-- What the viewer is to somebody. `whole`: everything that counts of this person is the viewer's to keep;
-- `split`: no single secretariat and no single firm keeps all of it, so a system administrator does.
-- What counts is what somebody is, will be, or is asked to be; of somebody who left, what they were.
create function people_standing(p_account uuid)
  returns table (seen boolean, whole boolean, split boolean, staff boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with duties as (
    select f.role, f.organisation_id, f.ceptoar_id,
           not isempty(f.valid) and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today()) as live
      from public.affiliations f where f.account_id = p_account
    union all
    select r.role, r.organisation_id, r.ceptoar_id, true from public.grant_requests r
      where r.account_id = p_account and r.decision is null and r.purpose = 'duty'),
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
  select s.seen or (s.split and public.viewer_has_role('system_admin')), s.whole, s.split, s.staff
  from summed s where public.viewer_account() is not null $$;

create function people_may_see(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce((select s.seen from public.people_standing(p_account) s), false) $$;

-- Whether the viewer may suspend this account, end its sessions, or send its owner a link.
create function people_may_keep(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce((
      select s.seen and (s.whole or (public.viewer_has_role('system_admin') and (s.split or s.staff)))
      from public.people_standing(p_account) s where p_account <> public.viewer_account()), false) $$;

-- Whether somebody can sign in already. In the demonstration a password alone may do.
create function people_enrolled(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.authenticators t where t.account_id = p_account)
        or exists (select from public.accounts a where a.account_id = p_account and a.demonstration
                   and a.password_hash is not null) $$;

create function people_must(p_right boolean) returns void
  language plpgsql immutable set search_path = pg_catalog, pg_temp
  as $$
  begin
    if p_right is not true then
      raise exception 'not among those whose account the viewer keeps' using errcode = 'insufficient_privilege';
    end if;
  end $$;

-- The form in which names are searched (kernel/text.rs, `folded`).
create function people_folded(p_text text) returns text
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $$ select replace(translate(lower(normalize(p_text, nfkc)),
    'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ',
    'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ'),
    'せぷたー', 'ceptoar') $$;

-- Where an account stands, in one word.
create function people_state(p_account uuid) returns text
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select case
      when a.suspended_at is not null then 'suspended'
      when exists (select from public.affiliations f where f.account_id = p_account and not isempty(f.valid)
                   and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today())) then case
        when public.people_enrolled(p_account) then 'active'
        when exists (select from public.account_tickets t where t.account_id = p_account and t.purpose = 'enrol'
                     and t.used_at is null and t.expires_at > now()) then 'invited'
        else 'expired' end
      when exists (select from public.grant_requests r where r.account_id = p_account and r.decision is null)
        then 'waiting'
      else 'left' end
    from public.accounts a where a.account_id = p_account $$;

create function people_strength(p_account uuid) returns text
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select case
          when exists (select from public.authenticators t where t.account_id = p_account and t.kind = 'passkey') then 'passkey'
          when exists (select from public.authenticators t where t.account_id = p_account and t.kind = 'totp') then 'totp'
          when a.password_hash is not null then 'password' else 'none' end
        from public.accounts a where a.account_id = p_account $$;

-- The accounts that the viewer keeps, by name. Starts from the duties kept, never from all accounts.
create function people_list(p_pattern text, p_state text, p_after_name text, p_after uuid, p_limit integer)
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
      where (select public.viewer_keeps_staff()) and r.decision is null and r.purpose = 'duty'),
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

-- What these people are, were and will be, as far as the viewer keeps it.
create function people_duties(p_accounts uuid[])
  returns table (affiliation_id uuid, account_id uuid, role text, organisation_id uuid, organisation_ja text,
                 organisation_en text, ceptoar_id text, ceptoar_ja text, ceptoar_en text, window_label text,
                 window_position smallint, begins_on date, ends_on date, never boolean, reason text,
                 granted_at timestamptz, granted_by text, confirmed_by text,
                 ended_at timestamptz, ended_by text, end_reason text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select f.affiliation_id, f.account_id, f.role, f.organisation_id, coalesce(n.ja, ''), coalesce(n.en, ''),
         f.ceptoar_id, c.ja, c.en, k.label, k.position, lower(f.valid), upper(f.valid) - 1, isempty(f.valid),
         f.reason, f.granted_at, g.display_name, z.display_name, f.ended_at, e.display_name, f.end_reason
  from public.affiliations f
  left join lateral (select x.ja, x.en from public.organisation_names x where x.organisation_id = f.organisation_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) n on true
  left join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = f.ceptoar_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) c on true
  left join public.contacts k on k.contact_id = f.contact_id
  left join public.accounts g on g.account_id = f.granted_by
  left join public.accounts z on z.account_id = f.confirmed_by
  left join public.accounts e on e.account_id = f.ended_by
  where f.account_id = any (p_accounts) and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id)
  order by isempty(f.valid), upper(f.valid) desc nulls first, lower(f.valid) desc $$;

-- One person. The address and the sign-in name are shown to those alone who keep the whole account.
create function people_person(p_account uuid)
  returns table (account_id uuid, display_name text, state text, strength text, last_sign_in timestamptz,
                 sign_in_name text, mail_address text, language text, seen boolean, whole boolean, split boolean,
                 staff boolean, open_sessions bigint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select a.account_id, a.display_name, public.people_state(a.account_id), public.people_strength(a.account_id),
         (select max(s.opened_at) from public.sessions s where s.account_id = a.account_id),
         case when public.people_may_keep(a.account_id) then a.sign_in_name end,
         case when public.people_may_keep(a.account_id) then a.mail_address end,
         a.language, t.seen, t.whole, t.split, t.staff,
         (select count(*) from public.sessions s where s.account_id = a.account_id and s.ended_at is null
            and s.expires_at > now())
  from public.accounts a cross join lateral public.people_standing(a.account_id) t
  where a.account_id = p_account and t.seen $$;

create function people_suspensions(p_account uuid)
  returns table (suspended_at timestamptz, suspended_by text, reason text, lifted_at timestamptz, lifted_by text,
                 lift_reason text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select s.suspended_at, b.display_name, s.reason, s.lifted_at, l.display_name, s.lift_reason
  from public.account_suspensions s
  join public.accounts b on b.account_id = s.suspended_by
  left join public.accounts l on l.account_id = s.lifted_by
  where s.account_id = p_account and public.people_may_see(p_account) order by s.suspended_at desc $$;

-- Where the viewer may give duties: members of own CEPTOARs, the own firm, the own desk.
create function people_places(p_words text, p_limit integer)
  returns table (organisation_id uuid, ceptoar_id text, ja text, en text, ceptoar_ja text, ceptoar_en text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select m.organisation_id, m.ceptoar_id, n.ja, n.en, c.ja, c.en
  from public.memberships m
  join public.organisation_names n on n.organisation_id = m.organisation_id and n.valid @> (select public.viewer_today())
  left join public.ceptoar_names c on c.ceptoar_id = m.ceptoar_id and c.valid @> (select public.viewer_today())
  where m.valid @> (select public.viewer_today())
    and (m.ceptoar_id = any ((select public.viewer_kept_ceptoars())::text[]) or m.organisation_id = any ((select public.viewer_kept_firms())::uuid[]))
    and (p_words is null or public.people_folded(n.ja) like p_words or public.people_folded(n.en) like p_words
         or public.people_folded(n.reading) like p_words)
  order by n.reading, m.organisation_id limit least(p_limit, 101) $$;

-- One of them, own desks included (for coordinators).
create function people_place(p_organisation uuid, p_ceptoar text)
  returns table (ja text, en text, ceptoar_ja text, ceptoar_en text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select n.ja, n.en, c.ja, c.en
  from public.organisation_names n
  left join public.ceptoar_names c on c.ceptoar_id = p_ceptoar and c.valid @> (select public.viewer_today())
  where n.organisation_id = p_organisation and n.valid @> (select public.viewer_today())
    and ((public.people_reaches('member_poc', p_organisation, p_ceptoar)
          and exists (select from public.memberships m where m.organisation_id = p_organisation
                      and m.ceptoar_id = p_ceptoar and m.valid @> (select public.viewer_today())))
         or public.people_reaches('coordinator', p_organisation, p_ceptoar)) $$;

-- Whose duty this is.
create function people_holder(p_affiliation uuid) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select f.account_id from public.affiliations f where f.affiliation_id = p_affiliation
          and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id) $$;

-- Windows that a person could answer for: label and position, no number and no address.
create function people_windows(p_organisation uuid, p_ceptoar text)
  returns table (contact_id uuid, label text, window_position smallint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select k.contact_id, k.label, k.position from public.contacts k
  where k.organisation_id = p_organisation and k.ceptoar_id = p_ceptoar and k.valid @> (select public.viewer_today())
    and (p_ceptoar = any ((select public.viewer_kept_ceptoars())::text[]) or p_organisation = any ((select public.viewer_kept_firms())::uuid[]))
  order by k.position $$;

-- Windows of which everybody who answers for them is suspended: somebody else has to be named.
create function people_unanswered_windows()
  returns table (contact_id uuid, organisation_id uuid, ceptoar_id text, label text, window_position smallint,
                 ja text, en text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select k.contact_id, k.organisation_id, k.ceptoar_id, k.label, k.position, coalesce(n.ja, ''), coalesce(n.en, '')
  from public.contacts k
  join (select f.contact_id from public.affiliations f join public.accounts a using (account_id)
        where f.contact_id is not null and f.valid @> (select public.viewer_today())
        group by f.contact_id having bool_and(a.suspended_at is not null)) s on s.contact_id = k.contact_id
  left join public.organisation_names n on n.organisation_id = k.organisation_id and n.valid @> (select public.viewer_today())
  where k.valid @> (select public.viewer_today())
    and (k.ceptoar_id = any ((select public.viewer_kept_ceptoars())::text[]) or k.organisation_id = any ((select public.viewer_kept_firms())::uuid[]))
  order by n.reading, k.position limit 50 $$;

-- Requests of two persons that wait, or one of them.
create function people_requests(p_request uuid, p_account uuid)
  returns table (request_id uuid, account_id uuid, display_name text, purpose text, role text, organisation_id uuid,
                 organisation_ja text, organisation_en text, ceptoar_id text, ceptoar_ja text, ceptoar_en text,
                 begins_on date, ends_on date, reason text, asked_by uuid, asked_by_name text, asked_at timestamptz,
                 decision text, decided_by_name text, decided_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select r.request_id, r.account_id, a.display_name, r.purpose, r.role, r.organisation_id, n.ja, n.en, r.ceptoar_id,
         c.ja, c.en, lower(r.valid), upper(r.valid) - 1, r.reason, r.asked_by, b.display_name, r.asked_at,
         r.decision, d.display_name, r.decided_at
  from public.grant_requests r
  join public.accounts a on a.account_id = r.account_id
  join public.accounts b on b.account_id = r.asked_by
  left join public.accounts d on d.account_id = r.decided_by
  left join lateral (select x.ja, x.en from public.organisation_names x where x.organisation_id = r.organisation_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) n on true
  left join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = r.ceptoar_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) c on true
  where public.viewer_keeps_staff()
    and case when p_request is not null then r.request_id = p_request
             when p_account is not null then r.account_id = p_account
             else r.decision is null end
  order by r.decision is not null, r.asked_at limit 200 $$;

-- Finds the person of an address, or makes an account that nobody can sign in with yet.
create function people_person_of(p_name text, p_display_name text, p_address text, p_language text,
                                 p_demonstration boolean, p_now timestamptz)
  returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare found uuid[];
          made uuid;
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
    insert into public.accounts (sign_in_name, display_name, language, mail_address, demonstration, created_at)
      values (p_name, p_display_name, p_language, p_address, p_demonstration, p_now)
      returning account_id into made;
    return made;
  end $$;

create function people_check_place(p_role text, p_organisation uuid, p_ceptoar text, p_contact uuid, p_from date, p_until date)
  returns void
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if not public.people_place_fits(p_role, p_organisation, p_ceptoar, p_contact, p_from) then
      raise exception 'the role is not held there' using errcode = 'check_violation', constraint = 'people_place';
    end if;
    if p_from < public.viewer_today() or p_until < p_from then
      raise exception 'the period lies in the past or ends before it begins'
        using errcode = 'check_violation', constraint = 'people_period';
    end if;
  end $$;

-- Gives a duty to somebody who has an account already. One person suffices for members' people.
create function people_give(p_account uuid, p_role text, p_organisation uuid, p_ceptoar text, p_contact uuid,
                            p_from date, p_until date, p_reason text, p_now timestamptz) returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare made uuid;
  begin
    perform public.people_must(p_account <> public.viewer_account()
      and p_role in ('coordinator', 'member_poc', 'member_reader', 'hub_member', 'member_admin')
      and public.people_reaches(p_role, p_organisation, p_ceptoar) and public.people_may_see(p_account));
    perform public.people_check_place(p_role, p_organisation, p_ceptoar, p_contact, p_from, p_until);
    insert into public.affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid,
                                     granted_by, granted_at, reason)
      values (p_account, p_role, p_organisation, p_ceptoar, p_contact, daterange(p_from, p_until + 1),
              public.viewer_account(), p_now, p_reason)
      returning affiliation_id into made;
    return made;
  end $$;

-- The same for somebody known by address only, with or without an account.
create function people_invite(p_name text, p_display_name text, p_address text, p_language text, p_demonstration boolean,
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
    perform public.people_must(person <> public.viewer_account());
    insert into public.affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid,
                                     granted_by, granted_at, reason)
      values (person, p_role, p_organisation, p_ceptoar, p_contact, daterange(p_from, p_until + 1),
              public.viewer_account(), p_now, p_reason);
    return query select a.account_id, public.people_enrolled(a.account_id), a.suspended_at is not null
      from public.accounts a where a.account_id = person;
  end $$;

-- Asks for a role of staff. Nothing is given yet; an account that is made here has no link either.
create function people_ask(p_name text, p_display_name text, p_address text, p_language text, p_demonstration boolean,
                           p_role text, p_organisation uuid, p_ceptoar text, p_from date, p_until date,
                           p_reason text, p_now timestamptz)
  returns table (request_id uuid, account_id uuid)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare person uuid;
  begin
    perform public.people_must(public.viewer_keeps_staff() and p_reason <> '' and p_role in ('nisc_analyst', 'nisc_approver',
      'ministry_liaison', 'secretariat', 'council_delegate', 'wg_chair', 'council_observer', 'auditor', 'system_admin'));
    perform public.people_check_place(p_role, p_organisation, p_ceptoar, null, p_from, p_until);
    person := public.people_person_of(p_name, p_display_name, p_address, p_language, p_demonstration, p_now);
    perform public.people_must(person <> public.viewer_account());
    return query insert into public.grant_requests (account_id, purpose, role, organisation_id, ceptoar_id, valid,
                                                    reason, asked_by, asked_at)
      values (person, 'duty', p_role, p_organisation, p_ceptoar, daterange(p_from, p_until + 1),
              p_reason, public.viewer_account(), p_now)
      returning request_id, account_id;
  end $$;

-- Asks that a member of staff may enrol a new authenticator.
create function people_ask_recovery(p_account uuid, p_reason text, p_now timestamptz) returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare made uuid;
  begin
    perform public.people_must(public.viewer_keeps_staff() and p_reason <> '' and public.people_may_keep(p_account));
    insert into public.grant_requests (account_id, purpose, reason, asked_by, asked_at)
      values (p_account, 'recovery', p_reason, public.viewer_account(), p_now) returning request_id into made;
    return made;
  end $$;

-- Decides about a request that still waits; an answer without rows says that somebody else was faster.
create function people_decide(p_request uuid, p_decision text, p_now timestamptz)
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
    if r.decision is not null then return; end if;
    if p_decision = 'confirmed' then
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

-- Ends a duty after its last day; a last day before today ends it at once. The end only ever moves forward.
create function people_end(p_affiliation uuid, p_last_day date, p_reason text, p_now timestamptz)
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

-- Copies that wait for a window which nobody but this person answers for.
create function people_cancel_deliveries(p_account uuid) returns bigint
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  with alone as (
    select f.contact_id from public.affiliations f
    where f.account_id = p_account and f.contact_id is not null and f.valid @> public.viewer_today()
      and not exists (select from public.affiliations o join public.accounts a using (account_id)
                      where o.contact_id = f.contact_id and o.account_id <> p_account
                        and o.valid @> public.viewer_today() and a.suspended_at is null)),
  gone as (
    update public.deliveries d set state = 'cancelled', settled_at = now()
    where d.state = 'queued' and d.stage <> 'account' and d.contact_id in (select contact_id from alone) returning 1)
  select count(*) from gone $$;

-- A copy that was in a worker's hands during the suspension and comes back for another try goes no further.
-- Copies of later items are sent: the window belongs to the firm (docs/decisions/0017).
create function deliveries_of_suspended() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if exists (
      select from public.mails m
      where m.mail_id = new.mail_id and m.item_kind <> 'account'
        and exists (select from public.affiliations f where f.contact_id = new.contact_id
                    and f.valid @> public.viewer_today())
        and not exists (select from public.affiliations f join public.accounts a using (account_id)
                        where f.contact_id = new.contact_id and f.valid @> public.viewer_today()
                          and (a.suspended_at is null or a.suspended_at < m.created_at))) then
      new.state := 'cancelled';
      new.settled_at := now();
    end if;
    return new;
  end $$;
create trigger deliveries_back_in_queue before update of state on deliveries
  for each row when (old.state = 'sending' and new.state = 'queued') execute function deliveries_of_suspended();

-- Links under way, sign-ins that are half done, and what a passkey was asked to sign.
create function people_drop_steps(p_account uuid) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  delete from public.account_tickets t where t.account_id = p_account and t.used_at is null;
  delete from public.passkey_ceremonies c where c.account_id = p_account;
  delete from public.sign_in_steps s where s.account_id = p_account;
  $$;

-- Everything that an account could still do or get ends in this one transaction.
create function people_suspend(p_account uuid, p_reason text, p_now timestamptz)
  returns table (sessions bigint, letters bigint, deliveries bigint)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare ended bigint;
  begin
    perform public.people_must(public.people_may_keep(p_account) and p_reason <> '');
    perform from public.accounts a where a.account_id = p_account for update;
    if exists (select from public.accounts a where a.account_id = p_account and a.suspended_at is not null) then
      return;
    end if;
    update public.accounts a set suspended_at = p_now where a.account_id = p_account;
    insert into public.account_suspensions (account_id, suspended_at, suspended_by, reason)
      values (p_account, p_now, public.viewer_account(), p_reason);
    update public.sessions s set ended_at = p_now where s.account_id = p_account and s.ended_at is null;
    get diagnostics ended = row_count;
    perform public.people_drop_steps(p_account);
    return query select ended, public.cancel_account_letters(p_account), public.people_cancel_deliveries(p_account);
  end $$;

-- Tickets are given by those who keep the account (people_may_keep), and a ticket that lets a member of staff
-- enrol a new authenticator by two persons alone.
create or replace function viewer_keeps_account(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select public.people_may_keep(p_account) or exists (
          -- A first duty was given just now, to somebody of whom the giver does not keep all: their link may go out.
          select from public.affiliations f where f.account_id = p_account and f.valid @> public.viewer_today()
            and public.viewer_account() in (f.granted_by, f.confirmed_by) and not public.people_enrolled(p_account)
            and p_account <> public.viewer_account()
            and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id)) $$;

create function account_tickets_by_two() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if new.caused_by is not null and new.caused_by <> new.account_id then
      if not exists (select from public.affiliations f where f.account_id = new.account_id and not isempty(f.valid)
                     and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today())) then
        raise exception 'no link for somebody without a duty' using errcode = 'insufficient_privilege';
      end if;
      if new.purpose = 'recover' and exists (
           select from public.affiliations f where f.account_id = new.account_id and not isempty(f.valid)
             and (upper_inf(f.valid) or upper(f.valid) > public.viewer_today())
             and f.role not in ('coordinator', 'member_poc', 'member_reader', 'hub_member', 'member_admin'))
         and not exists (
           select from public.grant_requests r where r.account_id = new.account_id and r.purpose = 'recovery'
             and r.decision = 'confirmed' and r.decided_by = new.caused_by and r.decided_at = new.issued_at) then
        raise exception 'recovery of a member of staff takes two persons' using errcode = 'insufficient_privilege';
      end if;
    end if;
    return new;
  end $$;
create trigger account_tickets_two_persons before insert on account_tickets
  for each row execute function account_tickets_by_two();

-- Lets somebody back in. A session that was opened in the very moment of the suspension stays dead.
create function people_lift(p_account uuid, p_reason text, p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    perform public.people_must(public.people_may_keep(p_account) and p_reason <> '');
    update public.account_suspensions s set lifted_at = p_now, lifted_by = public.viewer_account(), lift_reason = p_reason
      where s.account_id = p_account and s.lifted_at is null;
    update public.accounts a set suspended_at = null where a.account_id = p_account and a.suspended_at is not null;
    if not found then return false; end if;
    update public.sessions s set ended_at = p_now where s.account_id = p_account and s.ended_at is null;
    perform public.people_drop_steps(p_account);
    return true;
  end $$;

create function people_end_sessions(p_account uuid, p_now timestamptz) returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare ended bigint;
  begin
    perform public.people_must(public.people_may_keep(p_account));
    update public.sessions s set ended_at = p_now where s.account_id = p_account and s.ended_at is null;
    get diagnostics ended = row_count;
    return ended;
  end $$;

-- Whom a letter about their account goes to: for those who just did something to it.
create function people_addressee(p_account uuid)
  returns table (sign_in_name text, display_name text, mail_address text, language text, suspended boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.sign_in_name, a.display_name, a.mail_address, a.language, a.suspended_at is not null from public.accounts a
        where a.account_id = p_account and public.people_may_see(p_account) $$;

-- Whoever keeps a firm's accounts reads its name, and nothing of its items by that.
create policy keeper on organisations for select to portal_app using (
  organisation_id in (select unnest((select viewer_kept_firms()))));

grant execute on function viewer_kept_firms(), viewer_kept_ceptoars(), viewer_keeps_staff(),
  people_list(text, text, text, uuid, integer), people_duties(uuid[]), people_person(uuid), people_suspensions(uuid),
  people_places(text, integer), people_place(uuid, text), people_holder(uuid), people_windows(uuid, text), people_unanswered_windows(), people_requests(uuid, uuid),
  people_give(uuid, text, uuid, text, uuid, date, date, text, timestamptz),
  people_invite(text, text, text, text, boolean, text, uuid, text, uuid, date, date, text, timestamptz),
  people_ask(text, text, text, text, boolean, text, uuid, text, date, date, text, timestamptz),
  people_ask_recovery(uuid, text, timestamptz), people_decide(uuid, text, timestamptz),
  people_end(uuid, date, text, timestamptz), people_suspend(uuid, text, timestamptz),
  people_lift(uuid, text, timestamptz), people_end_sessions(uuid, timestamptz), people_addressee(uuid) to portal_app;
