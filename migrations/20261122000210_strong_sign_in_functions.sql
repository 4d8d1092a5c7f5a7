-- The narrow doors to those tables, for somebody who is not signed in yet.

-- The weakest way to sign in that an account's roles of today allow (docs/decisions/0016).
create function account_needs_passkey(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.affiliations f
          where f.account_id = p_account and f.valid @> public.viewer_today()
            and f.role in ('nisc_analyst', 'nisc_approver', 'ministry_liaison', 'secretariat', 'coordinator',
                           'auditor', 'system_admin')) $$;

create function account_is_invented(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.accounts a where a.account_id = p_account and a.demonstration) $$;

-- The second wall of P17: whatever the program believes, no weaker session than the roles need.
drop policy open_own on sessions;
create policy open_own on sessions for insert to portal_app
  with check (account_id = (select viewer_account()) and ended_at is null
              and expires_at <= opened_at + interval '12 hours'
              and case opened_by
                    when 'demonstration' then public.account_is_invented(account_id)
                    when 'passkey' then true
                    else not public.account_needs_passkey(account_id)
                  end);

drop function resume_session(bytea, timestamptz, interval);
create function resume_session(p_token_hash bytea, p_now timestamptz, p_idle interval)
  returns table (session_id uuid, account_id uuid, display_name text, language text, demonstration boolean,
                 opened_by text, confirmed_at timestamptz)
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
    return query select s.session_id, a.account_id, a.display_name, a.language, a.demonstration,
                        s.opened_by, s.confirmed_at
      from public.accounts a where a.account_id = s.account_id and a.suspended_at is null;
  end $$;

-- Whoever holds the token may end it: signing in over a session leaves none behind.
create function end_session_of_token(p_token_hash bytea, p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ update public.sessions set ended_at = p_now where token_hash = p_token_hash and ended_at is null $$;

-- May the viewer give this account a ticket? An operator of the portal for all, a secretariat and a member's
-- account keeper for the people of their members, and for nobody who is something else as well.
create function viewer_keeps_account(p_account uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select public.viewer_account() is not null and public.viewer_account() <> p_account and (
      public.viewer_has_role('system_admin')
      or (exists (select from public.affiliations f
                  where f.account_id = p_account and coalesce(upper(f.valid) > public.viewer_today(), true))
          and not exists (
            select from public.affiliations f
            where f.account_id = p_account and coalesce(upper(f.valid) > public.viewer_today(), true)
              and not (f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')
                       and (coalesce(f.ceptoar_id = any (public.viewer_ceptoars()), false)
                            or exists (select from public.affiliations own
                                       where own.account_id = public.viewer_account() and own.role = 'member_admin'
                                         and own.organisation_id = f.organisation_id
                                         and own.valid @> public.viewer_today()))))))
  $$;

-- Issues a ticket if that is possible for this account and by this viewer; answers whether it did.
-- The owner (the command line) may always; somebody not signed in may reset a password, as the link goes
-- to the account's own address.
create function issue_account_ticket(p_token_hash bytea, p_account uuid, p_purpose text, p_new_address text,
                                     p_now timestamptz, p_expires timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare a public.accounts;
          equipped boolean;
          by_owner boolean := pg_has_role(session_user, current_user, 'member');
          viewer uuid := public.viewer_account();
  begin
    -- One after the other for each account: a newer ticket ends the older.
    select * into a from public.accounts x where x.account_id = p_account for update;
    if not found or a.suspended_at is not null then return false; end if;
    equipped := exists (select from public.authenticators t where t.account_id = p_account);
    if not coalesce(case p_purpose
      when 'enrol' then not equipped and (by_owner or public.viewer_keeps_account(p_account))
      when 'recover' then a.password_hash is not null and (by_owner or public.viewer_keeps_account(p_account))
      when 'reset_password' then a.password_hash is not null
        and (by_owner or viewer is null or viewer = p_account or public.viewer_keeps_account(p_account))
      when 'address' then viewer = p_account
    end, false) then
      return false;
    end if;
    if p_expires > p_now + (case p_purpose when 'enrol' then interval '72 hours' else interval '30 minutes' end) then
      return false;
    end if;
    delete from public.account_tickets t
      where t.account_id = p_account and t.purpose = p_purpose and t.used_at is null;
    insert into public.account_tickets (token_hash, account_id, purpose, caused_by, new_address, issued_at, expires_at)
      values (p_token_hash, p_account, p_purpose, viewer, p_new_address, p_now, p_expires);
    return true;
  end $$;

-- What a ticket is for, while it lives.
create function account_ticket(p_token_hash bytea, p_now timestamptz)
  returns table (account_id uuid, purpose text, sign_in_name text, display_name text, password_hash text,
                 mail_address text, new_address text, language text, demonstration boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.account_id, t.purpose, a.sign_in_name, a.display_name, a.password_hash, a.mail_address,
               t.new_address, a.language, a.demonstration
        from public.account_tickets t join public.accounts a on a.account_id = t.account_id
        where t.token_hash = p_token_hash and t.used_at is null and t.expires_at > p_now and a.suspended_at is null $$;

-- Uses it up; answers whether it was the first to do so.
create function use_account_ticket(p_token_hash bytea, p_purpose text, p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    update public.account_tickets t set used_at = p_now from public.accounts a
      where t.token_hash = p_token_hash and t.purpose = p_purpose and t.used_at is null and t.expires_at > p_now
        and a.account_id = t.account_id and a.suspended_at is null;
    return found;
  end $$;

-- A person's own password and address. Links under way for the old ones end with them.
create function set_own_password(p_hash text) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ update public.accounts a set password_hash = p_hash where a.account_id = public.viewer_account();
        delete from public.account_tickets t
          where t.account_id = public.viewer_account() and t.purpose = 'reset_password' and t.used_at is null $$;

create function set_own_address(p_address text) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ update public.accounts a set mail_address = p_address where a.account_id = public.viewer_account();
        delete from public.account_tickets t
          where t.account_id = public.viewer_account() and t.used_at is null and t.purpose = 'reset_password' $$;

-- Whom a forgotten password belongs to, if a letter can be sent.
create function account_for_letter(p_name text)
  returns table (account_id uuid, display_name text, mail_address text, language text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.account_id, a.display_name, a.mail_address, a.language from public.accounts a
        where a.sign_in_name = p_name and a.suspended_at is null and a.mail_address is not null
          and a.password_hash is not null and public.viewer_account() is null $$;

-- The account behind a half-done sign-in.
create function sign_in_step(p_token_hash bytea, p_now timestamptz)
  returns table (step_id uuid, account_id uuid, purpose text, session_id uuid, sealed_secret bytea, attempts integer,
                 sign_in_name text, display_name text, demonstration boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select s.step_id, s.account_id, s.purpose, s.session_id, s.sealed_secret, s.attempts, a.sign_in_name,
               a.display_name, a.demonstration
        from public.sign_in_steps s join public.accounts a on a.account_id = s.account_id
        where s.token_hash = p_token_hash and s.ended_at is null and s.expires_at > p_now
          and a.suspended_at is null
          and (s.session_id is null or exists (select from public.sessions x
                                               where x.session_id = s.session_id and x.ended_at is null)) $$;

-- Passkeys: the challenge kept, the answer taken once.
create function keep_passkey_ceremony(p_kind text, p_account uuid, p_state jsonb, p_expires timestamptz) returns uuid
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ insert into public.passkey_ceremonies (kind, account_id, state, expires_at)
        values (p_kind, p_account, p_state, p_expires) returning ceremony_id $$;

create function take_passkey_ceremony(p_ceremony uuid, p_kind text, p_account uuid, p_now timestamptz) returns jsonb
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare gone public.passkey_ceremonies;
  begin
    delete from public.passkey_ceremonies c
      where c.ceremony_id = p_ceremony and c.kind = p_kind and c.account_id is not distinct from p_account
      returning c.* into gone;
    if not found or gone.expires_at <= p_now then return null; end if;
    return gone.state;
  end $$;

-- Whose passkey it is. Somebody signed in asks for their own through row security.
create function passkey_for_sign_in(p_credential bytea)
  returns table (authenticator_id uuid, account_id uuid, credential jsonb, demonstration boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select t.authenticator_id, t.account_id, t.credential, a.demonstration
        from public.authenticators t join public.accounts a on a.account_id = t.account_id
        where t.credential_id = p_credential and a.suspended_at is null and public.viewer_account() is null $$;

create function remember_sign_in_place(p_subject text, p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ insert into public.sign_in_places as t (subject, seen_at) values (p_subject, p_now)
        on conflict (subject) do update set seen_at = greatest(t.seen_at, p_now) $$;

create function is_sign_in_place(p_subject text, p_since timestamptz) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.sign_in_places t where t.subject = p_subject and t.seen_at > p_since) $$;

-- What has no use any more. Called when somebody signs in.
create function sweep_sign_in(p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ delete from public.sign_in_attempts where window_started_at < p_now - interval '1 day';
        delete from public.sign_in_places where seen_at < p_now - interval '30 days';
        delete from public.passkey_ceremonies where expires_at < p_now;
        delete from public.sign_in_steps where expires_at < p_now - interval '1 day';
        delete from public.account_tickets where expires_at < p_now - interval '90 days' $$;

drop function account_for_sign_in(text);
create function account_for_sign_in(name text)
  returns table (account_id uuid, password_hash text, suspended boolean, demonstration boolean, equipped boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.account_id, a.password_hash, a.suspended_at is not null, a.demonstration,
               exists (select from public.authenticators t where t.account_id = a.account_id)
        from public.accounts a where a.sign_in_name = name
          and public.viewer_account() is null $$; -- somebody signed in has no business with anybody's hash

grant execute on function account_needs_passkey(uuid), account_is_invented(uuid),
  resume_session(bytea, timestamptz, interval), end_session_of_token(bytea, timestamptz), viewer_keeps_account(uuid),
  issue_account_ticket(bytea, uuid, text, text, timestamptz, timestamptz), account_ticket(bytea, timestamptz),
  use_account_ticket(bytea, text, timestamptz), set_own_password(text), set_own_address(text),
  account_for_letter(text), sign_in_step(bytea, timestamptz),
  keep_passkey_ceremony(text, uuid, jsonb, timestamptz), take_passkey_ceremony(uuid, text, uuid, timestamptz),
  passkey_for_sign_in(bytea), remember_sign_in_place(text, timestamptz), is_sign_in_place(text, timestamptz),
  sweep_sign_in(timestamptz), account_for_sign_in(text) to portal_app;
