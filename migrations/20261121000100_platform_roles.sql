-- Three database roles stand behind the portal (docs/security-walls.md):
--   the owner     runs migrations and owns every table; no request ever uses it,
--   portal_app    serves pages; row security decides what it reads,
--   portal_worker sends mail; it reaches the outbox and nothing else.
-- Roles belong to the server, not to one database, so they may exist already.
do $$
begin
  if not exists (select from pg_roles where rolname = 'portal_app') then
    create role portal_app login;
  end if;
  if not exists (select from pg_roles where rolname = 'portal_worker') then
    create role portal_worker login;
  end if;
exception
  when duplicate_object or unique_violation then null; -- another database of this server was faster
end
$$;

revoke all on schema public from public;
grant usage on schema public to portal_app, portal_worker;

-- Exclusion constraints over (text, range) need the GiST operators of plain types.
create extension if not exists btree_gist;

-- A function is callable by whom it is granted to, and by nobody else.
alter default privileges revoke execute on functions from public;

-- Every table but the published editions is protected: row security is on, and FORCED so
-- that the owner obeys it too. The owner's own policy is what lets the few
-- SECURITY DEFINER functions below do their narrow work.
create procedure protect(relation regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', relation);
  execute format('alter table %s force row level security', relation);
  execute format('create policy owner_only on %s to %I using (true) with check (true)', relation, current_user);
end
$$;

-- Who is looking: set by the application inside the request's transaction only
-- (`set_config(…, true)`). After such a transaction the setting is '' and not NULL.
create function viewer_account() returns uuid
  language sql stable parallel safe set search_path = pg_catalog
  as $$ select nullif(current_setting('portal.account', true), '')::uuid $$;

-- The day that validity periods are judged on; the application passes its clock.
create function viewer_today() returns date
  language sql stable parallel safe set search_path = pg_catalog
  as $$ select coalesce(nullif(current_setting('portal.today', true), '')::date,
                        (now() at time zone 'Asia/Tokyo')::date) $$;
