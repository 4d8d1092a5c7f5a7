-- Guessing digits over weeks, and forgotten passwords (docs/decisions/0016).

-- After twenty wrong codes within a week the app opens nothing, until its owner proves in another way who they are:
-- a recovery code, a passkey, or a link for a new enrolment. Whoever knows the password could go on guessing else.
alter table authenticators add column closed_at timestamptz;
alter table authenticators add constraint authenticators_closed_app check (closed_at is null or kind = 'totp');
grant update (closed_at) on authenticators to portal_app;

create function authenticators_stay_closed() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$ begin
    if old.closed_at is not null and new.last_step is distinct from old.last_step then
      raise exception 'this app is closed' using errcode = '23514';
    end if;
    return new;
  end $$;
create trigger authenticators_closed before update on authenticators
  for each row execute function authenticators_stay_closed();

-- A code that was right does not count as a guess, and forgives none either: or the owner's own sign-ins would give
-- whoever guesses new tries.
create function take_back_sign_in_attempt(p_subject text) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ update public.sign_in_attempts set attempts = greatest(attempts - 1, 0) where subject = p_subject $$;

create or replace function sweep_sign_in(p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ delete from public.sign_in_attempts
          where window_started_at < p_now - case when subject like 'codes-of:%' then interval '8 days'
                                                 else interval '1 day' end;
        delete from public.sign_in_places where seen_at < p_now - interval '30 days';
        delete from public.passkey_ceremonies where expires_at < p_now;
        delete from public.sign_in_steps where expires_at < p_now - interval '1 day';
        delete from public.account_tickets where expires_at < p_now - interval '90 days' $$;

-- Up to three links for a forgotten password live beside each other: anybody may say that they forgot it, and must
-- not be able to make the link useless that its owner has in the mailbox. Using one ends all.
drop index account_tickets_one_live;
create unique index account_tickets_one_live on account_tickets (account_id, purpose)
  where used_at is null and purpose <> 'reset_password';

create or replace function issue_account_ticket(p_token_hash bytea, p_account uuid, p_purpose text, p_new_address text,
                                                p_now timestamptz, p_expires timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare a public.accounts;
          equipped boolean;
          by_owner boolean := pg_has_role(session_user, current_user, 'member');
          viewer uuid := public.viewer_account();
          forgotten boolean := p_purpose = 'reset_password' and viewer is null and not by_owner;
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
      where t.account_id = p_account and t.purpose = p_purpose and t.used_at is null
        and (not forgotten or t.expires_at <= p_now);
    -- Full is full: what lies in the mailbox works, and a fourth would have to push one of them out.
    if forgotten and (select count(*) from public.account_tickets t
                      where t.account_id = p_account and t.purpose = p_purpose and t.used_at is null) >= 3 then
      return false;
    end if;
    if p_purpose <> 'reset_password' then
      perform public.end_account_links(p_account, p_now);
    end if;
    insert into public.account_tickets (token_hash, account_id, purpose, caused_by, new_address, issued_at, expires_at)
      values (p_token_hash, p_account, p_purpose, viewer, p_new_address, p_now, p_expires);
    return true;
  end $$;

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
    delete from public.account_tickets t
      where t.account_id = account and t.purpose = p_purpose and t.used_at is null;
    perform public.end_account_links(account, p_now);
    return true;
  end $$;

revoke execute on function take_back_sign_in_attempt(text) from public;
grant execute on function take_back_sign_in_attempt(text) to portal_app;
