-- Accounts, what they are in which organisation, and their sessions.
create table accounts (
  account_id uuid primary key default gen_random_uuid(),
  sign_in_name text not null constraint accounts_sign_in_name_key unique,  -- canonical: NFKC, lower case
  display_name text not null,
  language text not null default 'ja' check (language in ('ja', 'en')),
  password_hash text not null,                 -- argon2id, PHC string
  demonstration boolean not null default false,
  suspended_at timestamptz,
  created_at timestamptz not null
);

create table affiliations (
  affiliation_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts,
  role text not null check (role in (
    'nisc_analyst', 'nisc_approver', 'ministry_liaison', 'secretariat', 'coordinator',
    'member_poc', 'member_reader', 'hub_member',
    'council_delegate', 'wg_chair', 'council_observer', 'auditor')),
  organisation_id uuid not null references organisations,
  ceptoar_id text references ceptoars,
  contact_id uuid references contacts,         -- the window this person answers for
  valid daterange not null
);
create index affiliations_account on affiliations (account_id);

create table sessions (
  session_id uuid primary key default gen_random_uuid(),
  token_hash bytea not null constraint sessions_token_key unique,  -- SHA-256; the token itself is only in the cookie
  account_id uuid not null references accounts,
  opened_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,             -- absolute end
  ended_at timestamptz
);
create index sessions_account on sessions (account_id);

-- Counted before any look-up, for real and unreal names alike.
create table sign_in_attempts (
  subject text primary key,                    -- 'name:<sha256>' | 'address:<ip>' | 'pair:<sha256>'
  window_started_at timestamptz not null,
  attempts integer not null
);

-- What the viewer is. SECURITY DEFINER because row security on affiliations must not ask itself.
create function viewer_has_role(variadic roles text[]) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.affiliations f
                       where f.account_id = public.viewer_account() and f.role = any(roles)
                         and f.valid @> public.viewer_today()) $$;

create function viewer_organisations() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.organisation_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role in ('ministry_liaison', 'secretariat', 'coordinator',
                         'member_poc', 'member_reader', 'hub_member') $$;

-- The organisations that the viewer answers for. A reader (member_reader) reads, and nothing more:
-- neither who was reached nor who acknowledged is for them.
create function viewer_answering_organisations() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.organisation_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role in ('ministry_liaison', 'secretariat', 'coordinator', 'member_poc', 'hub_member') $$;

-- CEPTOARs whose desk the viewer keeps.
create function viewer_ceptoars() returns text[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.ceptoar_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role in ('secretariat', 'coordinator') and f.ceptoar_id is not null $$;

create function account_for_sign_in(name text)
  returns table (account_id uuid, password_hash text, suspended boolean, demonstration boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.account_id, a.password_hash, a.suspended_at is not null, a.demonstration
        from public.accounts a where a.sign_in_name = name
          and public.viewer_account() is null $$; -- somebody signed in has no business with anybody's hash

-- Charges one attempt and answers how many there were in the window, this one included.
create function charge_sign_in_attempt(p_subject text, p_now timestamptz, p_window interval)
  returns integer
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ insert into public.sign_in_attempts as t (subject, window_started_at, attempts)
        values (p_subject, p_now, 1)
        on conflict (subject) do update set
          attempts = case when t.window_started_at <= p_now - p_window then 1 else t.attempts + 1 end,
          window_started_at = case when t.window_started_at <= p_now - p_window then p_now
                                   else t.window_started_at end
        returning attempts $$;

create function forgive_sign_in_attempts(p_subject text) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ delete from public.sign_in_attempts where subject = p_subject $$;

-- The account behind a session token, if the session lives; remembers at most once a minute that it was seen.
create function resume_session(p_token_hash bytea, p_now timestamptz, p_idle interval)
  returns table (session_id uuid, account_id uuid, display_name text, language text, demonstration boolean)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare s public.sessions;
  begin
    select * into s from public.sessions x where x.token_hash = p_token_hash;
    if not found or s.ended_at is not null or s.expires_at <= p_now or s.last_seen_at <= p_now - p_idle then
      return;
    end if;
    if s.last_seen_at < p_now - interval '1 minute' then
      update public.sessions x set last_seen_at = p_now where x.session_id = s.session_id;
    end if;
    return query select s.session_id, a.account_id, a.display_name, a.language, a.demonstration
      from public.accounts a where a.account_id = s.account_id and a.suspended_at is null;
  end $$;

-- Row security. An application without a viewer reads nothing at all.
call protect('accounts');
call protect('affiliations');
call protect('sessions');
call protect('sign_in_attempts');
create policy own on accounts for select to portal_app using (account_id = (select viewer_account()));
create policy own on affiliations for select to portal_app using (account_id = (select viewer_account()));
create policy own on sessions for select to portal_app using (account_id = (select viewer_account()));
create policy open_own on sessions for insert to portal_app
  with check (account_id = (select viewer_account()) and ended_at is null);
-- A session can be ended, and never brought back.
create policy end_own on sessions for update to portal_app using (account_id = (select viewer_account()))
  with check (account_id = (select viewer_account()) and ended_at is not null);
grant select on accounts, affiliations to portal_app;
grant select, insert on sessions to portal_app;
grant update (ended_at) on sessions to portal_app;

-- Public by nature, but still only for somebody signed in; the public reads published editions.
do $$
declare t text;
begin
  foreach t in array array['sectors', 'sector_names', 'sector_ministries', 'ceptoars', 'ceptoar_names',
                           'secretariat_terms', 'member_counts', 'subgroups', 'route_stages'] loop
    execute format('call protect(%L)', t);
    execute format('create policy signed_in on %I for select to portal_app using ((select viewer_account()) is not null)', t);
    execute format('grant select on %I to portal_app', t);
  end loop;
end $$;

-- Who is a member of what: the centre, the member's own people, and its CEPTOAR's secretariat.
call protect('memberships');
create policy own_or_desk on memberships for select to portal_app using (
  (select viewer_has_role('nisc_analyst', 'nisc_approver'))
  or organisation_id = any ((select viewer_organisations())::uuid[])
  or ceptoar_id = any ((select viewer_ceptoars())::text[]));
grant select on memberships to portal_app;

create function viewer_member_organisations() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct m.organisation_id), '{}') from public.memberships m
        where m.ceptoar_id = any (public.viewer_ceptoars()) $$;

call protect('organisations');
create policy known_or_own_or_desk on organisations for select to portal_app using (
  (select viewer_account()) is not null and (
    kind <> 'member'
    or (select viewer_has_role('nisc_analyst', 'nisc_approver'))
    -- A desk has over a thousand members: hashed, where `= any (array)` would walk the array for each row.
    or organisation_id in (select unnest((select viewer_organisations())))
    or organisation_id in (select unnest((select viewer_member_organisations())))));
grant select on organisations to portal_app;

call protect('organisation_names');
-- A name is readable exactly where its organisation is: the sub-select is under the policy above.
create policy with_organisation on organisation_names for select to portal_app using (
  exists (select from organisations o where o.organisation_id = organisation_names.organisation_id));
grant select on organisation_names to portal_app;

-- Points of contact hold people's night numbers: own organisation and own CEPTOAR's desk only.
call protect('contacts');
create policy own_or_desk on contacts for select to portal_app using (
  organisation_id = any ((select viewer_answering_organisations())::uuid[])
  or ceptoar_id = any ((select viewer_ceptoars())::text[]));
grant select on contacts to portal_app;

call protect('contact_channels');
create policy with_contact on contact_channels for select to portal_app using (
  contact_id in (select c.contact_id from contacts c));
grant select on contact_channels to portal_app;

grant execute on function viewer_account(), viewer_today(), viewer_has_role(text[]), viewer_organisations(),
  viewer_answering_organisations(), viewer_ceptoars(), viewer_member_organisations(), account_for_sign_in(text),
  charge_sign_in_attempt(text, timestamptz, interval), forgive_sign_in_attempts(text),
  resume_session(bytea, timestamptz, interval) to portal_app;
