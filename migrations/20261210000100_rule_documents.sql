-- The documents of a handling rule's edition, as files (docs/decisions/0042-documents-of-the-rule.md).

create table handling_rule_documents (
  file_id uuid primary key references stored_files,
  rule_id uuid not null references handling_rules on delete cascade,
  added_at timestamptz not null,
  removed_at timestamptz
);
create index handling_rule_documents_rule on handling_rule_documents (rule_id);
comment on table handling_rule_documents is 'files that belong to an edition; removed_at: the desk destroyed the file, that there was one stays';

-- What nobody may open any more, key first. Callers have asked whose files they are.
create function destroy_stored_files(wanted uuid[], at timestamptz) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  gone bigint;
begin
  perform from public.stored_files f where f.file_id = any (wanted) order by f.file_id for update;
  delete from public.stored_file_keys k where k.file_id = any (wanted);
  delete from public.stored_file_parts p where p.file_id = any (wanted);
  update public.stored_files f set state = 'purged', settled_at = coalesce(f.settled_at, at), name = 'purged'
    where f.file_id = any (wanted) and f.state <> 'purged';
  get diagnostics gone = row_count;
  return gone;
end
$$;
revoke execute on function destroy_stored_files(uuid[], timestamptz) from public;

-- What became a document is its desk's, also when who attached it has left.
create or replace function purge_stored_file(wanted uuid, at timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  return exists (select from public.stored_files f where f.file_id = wanted and f.created_by = public.viewer_account()
                 and not exists (select from public.handling_rule_documents d where d.file_id = wanted))
    and public.destroy_stored_files(array[wanted], at) > 0;
end
$$;

-- Whether the viewer attached a file that no scanner has looked at: nobody hands on what is somebody else's.
create function viewer_attached(p_file uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.stored_files f
                   where f.file_id = p_file and f.created_by = public.viewer_account() and f.state = 'held');
  end $$;
revoke execute on function viewer_attached(uuid) from public;
grant execute on function viewer_attached(uuid) to portal_app;

-- Whether a file is a document of a rule, whoever looks.
create function is_shared_file(p_file uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin return exists (select from public.handling_rule_documents d where d.file_id = p_file); end $$;
revoke execute on function is_shared_file(uuid) from public;
grant execute on function is_shared_file(uuid) to portal_app;

-- Documents are for whoever the rule is for; its desk adds them.
call protect('handling_rule_documents');
create policy of_rule on handling_rule_documents for select to portal_app using (
  exists (select from handling_rules r where r.rule_id = handling_rule_documents.rule_id));
create policy desk_adds on handling_rule_documents for insert to portal_app with check (
  removed_at is null and added_at = (select viewer_now()) and viewer_attached(file_id)
  and exists (select from handling_rules r where r.rule_id = handling_rule_documents.rule_id
              and directory_keeps_ceptoar(r.ceptoar_id)));
grant select, insert (file_id, rule_id, added_at) on handling_rule_documents to portal_app;

-- Destroys a document of an edition, or all of them: for the desk that keeps the rule, whoever of it attached them. The
-- edition is locked first, as by whoever attaches: what is attached meanwhile is not forgotten.
create function remove_rule_documents(p_rule uuid, p_file uuid default null) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  files uuid[];
begin
  perform from public.handling_rules r where r.rule_id = p_rule and public.directory_keeps_ceptoar(r.ceptoar_id) for update;
  if not found then
    return 0;
  end if;
  update public.handling_rule_documents d set removed_at = public.viewer_now()
    where d.rule_id = p_rule and (p_file is null or d.file_id = p_file) and d.removed_at is null;
  select coalesce(array_agg(d.file_id), '{}') into files
    from public.handling_rule_documents d join public.stored_files f using (file_id)
    where d.rule_id = p_rule and d.removed_at is not null and f.state <> 'purged';
  return public.destroy_stored_files(files, public.viewer_now());
end
$$;
comment on function remove_rule_documents(uuid, uuid) is 'p_file null: all of them';
revoke execute on function remove_rule_documents(uuid, uuid) from public;
grant execute on function remove_rule_documents(uuid, uuid) to portal_app;

-- Locks an edition for what is attached to it, and says how many documents it has; null where it is not the viewer's.
create function attach_to_rule(p_rule uuid) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from public.handling_rules r where r.rule_id = p_rule and public.directory_keeps_ceptoar(r.ceptoar_id) for update;
  if not found then
    return null;
  end if;
  return (select count(*) from public.handling_rule_documents d where d.rule_id = p_rule and d.removed_at is null);
end
$$;
revoke execute on function attach_to_rule(uuid) from public;
grant execute on function attach_to_rule(uuid) to portal_app;

-- What a scanner cannot look through (a lock, too much within) is neither clean nor known to be harmful.
alter table stored_files drop constraint stored_files_state_check,
  add constraint stored_files_state_check check (state in ('held', 'released', 'refused', 'unreadable', 'purged'));
alter policy settle on stored_files with check (state in ('released', 'refused', 'unreadable'));

-- A file that is shared is seen by those with whom it is, and not for ever by who attached it; only who attached it adds to
-- it. Nobody chooses a place in the scanner's queue.
alter policy attach on stored_files
  with check (created_by = viewer_account() and state = 'held' and created_at = (select viewer_now()));
alter policy own on stored_files using (created_by = viewer_account() and not is_shared_file(file_id));
create policy of_rule on stored_files for select to portal_app using (
  exists (select from handling_rule_documents d where d.file_id = stored_files.file_id and d.removed_at is null));
alter policy attach on stored_file_parts with check (
  exists (select from stored_files f where f.file_id = stored_file_parts.file_id and f.state = 'held'
          and f.created_by = viewer_account()));
alter policy attach on stored_file_keys with check (
  exists (select from stored_files f where f.file_id = stored_file_keys.file_id and f.state = 'held'
          and f.created_by = viewer_account()));
