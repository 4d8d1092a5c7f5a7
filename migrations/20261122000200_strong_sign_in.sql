-- How somebody signs in: tickets, authenticators, recovery codes, and how strong a session is.

-- Empty until the person has chosen one; nobody chooses it for them.
alter table accounts alter column password_hash drop not null;

-- A session knows how it was opened and when the person last proved to be there. Sessions from before
-- this know neither: they end.
update sessions set ended_at = now() where ended_at is null;
alter table sessions add column opened_by text not null default 'demonstration'
  check (opened_by in ('demonstration', 'password_totp', 'recovery_code', 'passkey'));
alter table sessions add column confirmed_at timestamptz;
update sessions set confirmed_at = opened_at;
alter table sessions alter column confirmed_at set not null;
alter table sessions alter column opened_by drop default;

-- 認証手段: what proves that it is the person. A passkey, or an app that shows six digits.
create table authenticators (
  authenticator_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts,
  kind text not null check (kind in ('passkey', 'totp')),
  name text not null,                          -- as the person calls it
  credential_id bytea constraint authenticators_credential_key unique,
  credential jsonb,                            -- public key and counter of a passkey
  sealed_secret bytea,                         -- of an app: encrypted under a key that is not in the database
  last_step bigint,                            -- of an app: the last time step that was used
  added_at timestamptz not null,
  last_used_at timestamptz,
  check ((kind = 'passkey') = (credential_id is not null and credential is not null)),
  check ((kind = 'totp') = (sealed_secret is not null and last_step is not null))
);
create index authenticators_account on authenticators (account_id);
create unique index authenticators_one_app on authenticators (account_id) where kind = 'totp';
call protect('authenticators');
create policy own on authenticators for all to portal_app
  using (account_id = (select viewer_account())) with check (account_id = (select viewer_account()));
grant select, delete on authenticators to portal_app;
grant insert (authenticator_id, account_id, kind, name, credential_id, credential, sealed_secret, last_step, added_at)
  on authenticators to portal_app;
grant update (name, credential, last_step, last_used_at) on authenticators to portal_app;

-- Recovery codes: a keyed hash each, used once.
create table recovery_codes (
  account_id uuid not null references accounts,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (account_id, code_hash)
);
call protect('recovery_codes');
create policy own on recovery_codes for all to portal_app
  using (account_id = (select viewer_account())) with check (account_id = (select viewer_account()));
grant select, delete on recovery_codes to portal_app;
grant insert (account_id, code_hash) on recovery_codes to portal_app;
grant update (used_at) on recovery_codes to portal_app;

-- A used code never comes back.
create function recovery_code_used_once() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$ begin
    if old.used_at is not null then raise exception 'a recovery code is used once' using errcode = '23514'; end if;
    return new;
  end $$;
create trigger recovery_codes_once before update on recovery_codes
  for each row execute function recovery_code_used_once();

-- Links that go to a person by mail. The token itself is in the link alone.
create table account_tickets (
  ticket_id uuid primary key default gen_random_uuid(),
  token_hash bytea not null constraint account_tickets_token_key unique,
  account_id uuid not null references accounts,
  purpose text not null check (purpose in ('enrol', 'reset_password', 'recover', 'address')),
  caused_by uuid references accounts,          -- empty: the person, not signed in; or the operator
  new_address text,                            -- what an 'address' ticket confirms
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  check ((purpose = 'address') = (new_address is not null))
);
-- One that lives for each account and purpose.
create unique index account_tickets_one_live on account_tickets (account_id, purpose) where used_at is null;
call protect('account_tickets');

-- A sign-in or an enrolment that is half done: what was proved so far, held by a cookie of its own.
create table sign_in_steps (
  step_id uuid primary key default gen_random_uuid(),
  token_hash bytea not null constraint sign_in_steps_token_key unique,
  account_id uuid not null references accounts,
  purpose text not null check (purpose in ('second_factor', 'enrol', 'recover', 'add')),
  session_id uuid references sessions,         -- 'add': of this session
  sealed_secret bytea,                         -- the app that is being enrolled
  attempts integer not null default 0,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index sign_in_steps_account on sign_in_steps (account_id);
call protect('sign_in_steps');
create policy own on sign_in_steps for select to portal_app using (account_id = (select viewer_account()));
create policy open_own on sign_in_steps for insert to portal_app with check (account_id = (select viewer_account()));
create policy go_on on sign_in_steps for update to portal_app
  using (account_id = (select viewer_account()) and ended_at is null)
  with check (account_id = (select viewer_account()));
grant select on sign_in_steps to portal_app;
grant insert (token_hash, account_id, purpose, session_id, sealed_secret, expires_at) on sign_in_steps to portal_app;
grant update (attempts, ended_at) on sign_in_steps to portal_app;

-- What the portal asked a browser's passkey to sign. Five minutes, one answer.
create table passkey_ceremonies (
  ceremony_id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('enrol', 'discover', 'confirm')),
  account_id uuid references accounts,         -- 'discover': nobody yet
  state jsonb not null,
  expires_at timestamptz not null,
  check ((kind = 'discover') = (account_id is null))
);
call protect('passkey_ceremonies');

-- From where a name signed in with success: there its global counter does not bind.
create table sign_in_places (
  subject text primary key,                    -- 'pair:<sha256>:<ip>'
  seen_at timestamptz not null
);
call protect('sign_in_places');
