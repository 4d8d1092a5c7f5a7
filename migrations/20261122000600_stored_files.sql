-- Files that people attach (docs/decisions/0020). Content is sealed with a key per file; the key is in a table of
-- its own, so that a backup can be kept without keys, and a file whose key is destroyed is gone from every copy.
create table stored_files (
  file_id     uuid primary key,
  name        text not null check (char_length(name) between 1 and 120),
  kind        text not null check (kind in ('pdf', 'docx', 'xlsx', 'pptx', 'csv', 'txt', 'png', 'jpg')),
  length      bigint not null check (length between 1 and 20971520),
  sha256      bytea not null check (octet_length(sha256) = 32),
  state       text not null default 'held' check (state in ('held', 'released', 'refused', 'purged')),
  created_by  uuid not null references accounts,
  created_at  timestamptz not null,
  settled_at  timestamptz,
  check ((state = 'held') = (settled_at is null))
);
create index on stored_files (created_by);
create index on stored_files (created_at) where state = 'held';

create table stored_file_parts (
  file_id  uuid not null references stored_files,
  place    integer not null check (place between 0 and 79),
  -- A part of 256 KiB, its nonce and its tag.
  sealed   bytea not null check (octet_length(sealed) between 41 and 262184),
  primary key (file_id, place)
);
alter table stored_file_parts alter column sealed set storage external; -- sealed bytes do not compress

create table stored_file_keys (
  file_id  uuid primary key references stored_files,
  key      bytea not null check (octet_length(key) = 32)
);

call protect('stored_files');
call protect('stored_file_parts');
call protect('stored_file_keys');

-- Pages: whoever attached a file sees it; its content once it is released. A feature that shares files adds its
-- own policy. Nobody but the scanner's side releases.
create policy attach on stored_files for insert to portal_app
  with check (created_by = viewer_account() and state = 'held');
create policy own on stored_files for select to portal_app using (created_by = viewer_account());
create policy attach on stored_file_parts for insert to portal_app
  with check (exists (select from stored_files f where f.file_id = stored_file_parts.file_id and f.state = 'held'));
create policy own on stored_file_parts for select to portal_app
  using (exists (select from stored_files f where f.file_id = stored_file_parts.file_id and f.state = 'released'));
create policy attach on stored_file_keys for insert to portal_app
  with check (exists (select from stored_files f where f.file_id = stored_file_keys.file_id and f.state = 'held'));
create policy own on stored_file_keys for select to portal_app
  using (exists (select from stored_files f where f.file_id = stored_file_keys.file_id and f.state = 'released'));
grant select, insert on stored_files, stored_file_parts, stored_file_keys to portal_app;

-- The scanner's side: reads what is held, and settles it once.
create policy scan on stored_files for select to portal_worker using (true);
create policy settle on stored_files for update to portal_worker
  using (state = 'held') with check (state in ('released', 'refused'));
create policy scan on stored_file_parts for select to portal_worker
  using (exists (select from stored_files f where f.file_id = stored_file_parts.file_id and f.state = 'held'));
create policy scan on stored_file_keys for select to portal_worker
  using (exists (select from stored_files f where f.file_id = stored_file_keys.file_id and f.state = 'held'));
grant select (file_id, kind, length, sha256, state, created_at) on stored_files to portal_worker;
grant update (state, settled_at) on stored_files to portal_worker;
grant select on stored_file_parts, stored_file_keys to portal_worker;

-- Destroys a file of the viewer's own: the key first of all. Says whether there was one.
create function purge_stored_file(wanted uuid, at timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from public.stored_files f
    where f.file_id = wanted and f.created_by = public.viewer_account() and f.state <> 'purged' for update;
  if not found then
    return false;
  end if;
  delete from public.stored_file_keys k where k.file_id = wanted;
  delete from public.stored_file_parts p where p.file_id = wanted;
  update public.stored_files f set state = 'purged', settled_at = coalesce(f.settled_at, at), name = 'purged'
    where f.file_id = wanted;
  return true;
end
$$;
grant execute on function purge_stored_file(uuid, timestamptz) to portal_app;
