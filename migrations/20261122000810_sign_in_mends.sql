-- What was started for an account ends when something newer, or graver, happens to it: an old link or a
-- half-done enrolment never outlives the means that it was opened with.

create function end_account_links(p_account uuid, p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  delete from public.account_tickets t
    where t.account_id = p_account and t.used_at is null and t.purpose in ('enrol', 'recover', 'address');
  update public.sign_in_steps s set ended_at = p_now
    where s.account_id = p_account and s.ended_at is null and s.purpose in ('enrol', 'recover', 'add');
  $$;
revoke execute on function end_account_links(uuid, timestamptz) from public;

-- The viewer's own, when their other sessions end.
create function end_own_links(p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ select public.end_account_links(public.viewer_account(), p_now) where public.viewer_account() is not null $$;
revoke execute on function end_own_links(timestamptz) from public;

-- Whether a session is strong enough for what its account is today, and lives.
create function session_holds(p_session uuid, p_account uuid, p_now timestamptz) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from public.sessions x
          where x.session_id = p_session and x.account_id = p_account and x.ended_at is null and x.expires_at > p_now
            and case x.opened_by
                  when 'demonstration' then public.account_is_invented(p_account)
                  when 'passkey' then true
                  else not public.account_needs_passkey(p_account)
                end) $$;
revoke execute on function session_holds(uuid, uuid, timestamptz) from public;

-- As before; and a newer link ends older ones of every purpose and what they opened. A forgotten password
-- alone does not: anybody may say that they forgot it, and must not be able to kill other links by that.
create or replace function issue_account_ticket(p_token_hash bytea, p_account uuid, p_purpose text, p_new_address text,
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
    if p_purpose <> 'reset_password' then
      perform public.end_account_links(p_account, p_now);
    end if;
    insert into public.account_tickets (token_hash, account_id, purpose, caused_by, new_address, issued_at, expires_at)
      values (p_token_hash, p_account, p_purpose, viewer, p_new_address, p_now, p_expires);
    return true;
  end $$;

-- Uses it up; answers whether it was the first to do so. An address is confirmed by its owner alone, signed in
-- or speaking as such to the database.
create or replace function use_account_ticket(p_token_hash bytea, p_purpose text, p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare account uuid;
  begin
    -- The account before the ticket, in the same order as whoever issues or enrols.
    select a.account_id into account from public.accounts a
      where a.account_id = (select t.account_id from public.account_tickets t where t.token_hash = p_token_hash)
        and a.suspended_at is null
      for update;
    if not found then return false; end if;
    if p_purpose = 'enrol' and exists (select from public.authenticators t where t.account_id = account) then
      return false;
    end if;
    update public.account_tickets t set used_at = p_now
      where t.token_hash = p_token_hash and t.purpose = p_purpose and t.used_at is null and t.expires_at > p_now;
    if not found then return false; end if;
    perform public.end_account_links(account, p_now);
    return true;
  end $$;

-- Another password: whoever knew the old one has nothing left under way.
create or replace function set_own_password(p_hash text) returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    update public.accounts a set password_hash = p_hash where a.account_id = public.viewer_account();
    delete from public.account_tickets t
      where t.account_id = public.viewer_account() and t.purpose = 'reset_password' and t.used_at is null;
    perform public.end_account_links(public.viewer_account(), now());
    update public.sign_in_steps s set ended_at = now()
      where s.account_id = public.viewer_account() and s.ended_at is null;
  end $$;

-- A step that adds an authenticator is as good as its session is for the roles of today.
create or replace function sign_in_step(p_token_hash bytea, p_now timestamptz)
  returns table (step_id uuid, account_id uuid, purpose text, session_id uuid, sealed_secret bytea, attempts integer,
                 sign_in_name text, display_name text, demonstration boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select s.step_id, s.account_id, s.purpose, s.session_id, s.sealed_secret, s.attempts, a.sign_in_name,
               a.display_name, a.demonstration
        from public.sign_in_steps s join public.accounts a on a.account_id = s.account_id
        where s.token_hash = p_token_hash and s.ended_at is null and s.expires_at > p_now
          and a.suspended_at is null
          and (s.session_id is null or public.session_holds(s.session_id, s.account_id, p_now)) $$;

-- Takes a step of the viewer's for its one enrolment, and ends everything else under way. The account's row is
-- locked to the end of the transaction, so of two enrolments the second sees what the first one added.
create function claim_enrolment(p_step uuid, p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare claimed public.sign_in_steps;
  begin
    perform from public.accounts a
      where a.account_id = public.viewer_account() and a.suspended_at is null for update;
    if not found then return false; end if;
    update public.sign_in_steps s set ended_at = p_now
      where s.step_id = p_step and s.account_id = public.viewer_account() and s.ended_at is null
        and s.expires_at > p_now and s.purpose in ('enrol', 'recover', 'add')
        and (s.session_id is null or public.session_holds(s.session_id, s.account_id, p_now))
      returning s.* into claimed;
    if not found then return false; end if;
    if claimed.purpose = 'enrol'
       and exists (select from public.authenticators t where t.account_id = claimed.account_id) then
      return false;
    end if;
    perform public.end_account_links(claimed.account_id, p_now);
    return true;
  end $$;
revoke execute on function claim_enrolment(uuid, timestamptz) from public;

grant execute on function end_own_links(timestamptz), claim_enrolment(uuid, timestamptz) to portal_app;
