-- Parts of an advisory with a level of their own: attached files and limited sections (docs/decisions/0052-parts.md).

create table advisory_parts (
  part_id uuid primary key default gen_random_uuid(),
  advisory_id uuid not null references advisories on delete cascade,
  file_id uuid references stored_files,
  heading text not null default '' constraint advisory_parts_heading check (char_length(heading) <= 100),
  body text constraint advisory_parts_body check (char_length(body) between 1 and 4000),
  level text not null constraint advisory_parts_level check (level in ('RED', 'AMBER_STRICT', 'AMBER', 'GREEN', 'CLEAR')),
  handler_scope text not null constraint advisory_parts_scope check (handler_scope in ('named', 'handlers', 'organisation')),
  -- Nothing is as open as the item until the publication has said so.
  strict boolean not null default true,
  added_at timestamptz not null,
  constraint advisory_parts_file_or_text check ((file_id is null) <> (body is null)),
  constraint advisory_parts_named check ((level = 'RED') = (handler_scope = 'named')),
  constraint advisory_parts_file_once unique (advisory_id, file_id)
);
create index advisory_parts_file on advisory_parts (file_id);
comment on table advisory_parts is 'files and limited sections of an item; a file may belong to several versions';
comment on column advisory_parts.heading is 'caption of a file, heading of a section';
comment on column advisory_parts.level is 'until the publication what its author chose, from then on what holds: never wider than the item';
comment on column advisory_parts.strict is 'fewer may open it than may read the item; worked out at the publication';

-- Frozen at the publication beside the audience: to which doors a stricter level and scope opens. Not by part: all parts of
-- one level and scope have the same readers. Rows are added and never changed.
create table advisory_part_readers (
  advisory_id uuid not null references advisories,
  level text not null,
  handler_scope text not null,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  stage text not null constraint advisory_part_readers_stage check (stage in ('ministry', 'secretariat', 'member')),
  door text not null,
  primary key (advisory_id, level, handler_scope, organisation_id, ceptoar_id, stage)
);
create index advisory_part_readers_door on advisory_part_readers (advisory_id, door);
comment on table advisory_part_readers is 'who would get an item of this stricter level and scope, by hop; of its audience those may open such parts';

create function strictest(p_one text, p_other text) returns text
  language sql immutable set search_path = pg_catalog, pg_temp
  as $$ select case when public.width_of(p_one) <= public.width_of(p_other) then p_one else p_other end $$;
revoke execute on function strictest(text, text) from public;

-- The stricter levels and scopes among the parts of an item. A part is never wider than its item, whatever was chosen.
create function strict_parts_of(p_advisory uuid) returns table (level text, handler_scope text)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select distinct e.level, e.handler_scope
    from public.advisories a
    join public.advisory_parts p using (advisory_id)
    cross join lateral (select public.strictest(p.level, a.level) as level,
                               public.strictest(p.handler_scope, a.handler_scope) as handler_scope) e
    where a.advisory_id = p_advisory and (e.level, e.handler_scope) is distinct from (a.level, a.handler_scope) $$;
revoke execute on function strict_parts_of(uuid) from public;

-- The windows that an item would meet if it were of this level and scope: by the one rule of sharing.
create function part_windows(p_advisory uuid, p_level text, p_scope text, p_at timestamptz)
  returns table (ceptoar_id text, stage text, organisation_id uuid, verdict text)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select w.ceptoar_id, w.stage, w.organisation_id, w.verdict
    from public.advisories a join public.advisory_texts t using (advisory_id)
    cross join lateral public.sharing_windows_of(
      jsonb_populate_record(a, jsonb_build_object('level', p_level, 'handler_scope', p_scope)), t.kind,
      array(select ad from public.advisory_addressees ad where ad.advisory_id = p_advisory), p_at) w
    where a.advisory_id = p_advisory $$;
revoke execute on function part_windows(uuid, text, text, timestamptz) from public;

-- How many windows and organisations each stricter level would have, for whoever may read the draft.
create function parts_preview(p_advisory uuid, p_at timestamptz)
  returns table (level text, handler_scope text, windows bigint, organisations bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  begin
    if p_advisory <> all (public.viewer_drafts()) then return; end if;
    return query
    select k.level, k.handler_scope, count(w.*) filter (where w.verdict = 'due'),
           count(distinct w.organisation_id) filter (where w.verdict = 'due')
    from public.strict_parts_of(p_advisory) k
    left join lateral public.part_windows(p_advisory, k.level, k.handler_scope, p_at) w on true
    group by 1, 2;
  end $$;
revoke execute on function parts_preview(uuid, timestamptz) from public;
grant execute on function parts_preview(uuid, timestamptz) to portal_app;

-- Parts belong to drafts, and a change of them is an edit: whoever looked before has to look again. The item's row is taken
-- first, so that nothing comes in or goes while it is submitted.
create function advisory_parts_of_drafts() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare item uuid := case tg_op when 'DELETE' then old.advisory_id else new.advisory_id end;
  begin
    if not public.said_by_owner() then
      update public.advisories a set edits = a.edits + 1, last_edited_by = public.viewer_account()
        where a.advisory_id = item and a.state = 'draft' and a.created_by = public.viewer_account()
          and (tg_op = 'DELETE' or a.step <> 'withdrawal');
      -- A part goes with the draft that is thrown away.
      if not found and not (tg_op = 'DELETE' and not exists (select from public.advisories a where a.advisory_id = item)) then
        raise exception 'parts belong to a draft of one''s own' using errcode = 'insufficient_privilege';
      end if;
    end if;
    if tg_op = 'DELETE' then return old; end if;
    if (select count(*) from public.advisory_parts p
        where p.advisory_id = item and (p.file_id is null) = (new.file_id is null)) >= 10 then
      raise exception 'too many parts' using errcode = 'check_violation', constraint = 'advisory_parts_most';
    end if;
    return new;
  end $$;
revoke execute on function advisory_parts_of_drafts() from public;
create trigger advisory_parts_of_drafts before insert or delete on advisory_parts
  for each row execute function advisory_parts_of_drafts();

-- A file that belongs to no item any more is destroyed, key first.
create function advisory_parts_destroy() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if old.file_id is not null and not exists (select from public.advisory_parts p where p.file_id = old.file_id)
       and not exists (select from public.handling_rule_documents d where d.file_id = old.file_id) then
      perform public.destroy_stored_files(array[old.file_id], public.viewer_now());
    end if;
    return null;
  end $$;
revoke execute on function advisory_parts_destroy() from public;
create trigger advisory_parts_destroy after delete on advisory_parts for each row execute function advisory_parts_destroy();

-- With the publication the levels of the parts are settled and their readers stored, whoever publishes and how.
create function advisory_parts_freeze() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if not exists (select from public.advisory_parts p where p.advisory_id = new.advisory_id) then return null; end if;
    if exists (select from public.advisory_parts p join public.stored_files f using (file_id)
               where p.advisory_id = new.advisory_id and f.state <> 'released') then
      raise exception 'a file that nobody has looked through' using errcode = 'check_violation',
        constraint = 'advisory_parts_released';
    end if;
    if new.level <> 'RED' and exists (
         select from public.advisory_parts p where p.advisory_id = new.advisory_id and p.level = 'RED') then
      raise exception 'nobody is named for a RED part' using errcode = 'check_violation', constraint = 'advisory_parts_red';
    end if;
    update public.advisory_parts p
      set level = public.strictest(p.level, new.level), handler_scope = public.strictest(p.handler_scope, new.handler_scope)
      where p.advisory_id = new.advisory_id;
    update public.advisory_parts p
      set strict = (p.level, p.handler_scope) is distinct from (new.level, new.handler_scope)
      where p.advisory_id = new.advisory_id;
    insert into public.advisory_part_readers (advisory_id, level, handler_scope, organisation_id, ceptoar_id, stage, door)
      select distinct new.advisory_id, k.level, k.handler_scope, w.organisation_id, w.ceptoar_id, w.stage,
             public.audience_door(w.stage, k.handler_scope, w.organisation_id, w.ceptoar_id)
      from public.strict_parts_of(new.advisory_id) k
      cross join lateral public.part_windows(new.advisory_id, k.level, k.handler_scope, new.published_at) w
      where w.verdict <> 'not_on_route' and w.stage in ('ministry', 'secretariat', 'member');
    return null;
  end $$;
revoke execute on function advisory_parts_freeze() from public;
create trigger advisory_parts_freeze after update of state on advisories
  for each row when (new.state = 'published' and old.state <> 'published') execute function advisory_parts_freeze();

-- Whether one of the viewer's hats that the item has reached is among the readers of this stricter level and scope.
create function viewer_opens_part(p_advisory uuid, p_level text, p_scope text) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  declare doors text[] := public.viewer_doors();
  begin
    return exists (
      select from public.advisory_part_readers r
      join public.advisory_audience au
        on au.advisory_id = r.advisory_id and au.organisation_id = r.organisation_id and au.ceptoar_id = r.ceptoar_id
       and au.stage = r.stage
      where r.advisory_id = p_advisory and r.level = p_level and r.handler_scope = p_scope and r.door = any (doors)
        and au.door = any (doors) and (au.named is null or au.named && doors) and not au.sealed);
  end $$;
revoke execute on function viewer_opens_part(uuid, text, text) from public;
grant execute on function viewer_opens_part(uuid, text, text) to portal_app;

-- A part of the version before that its author may take over as it is: the file, not the bytes.
create function viewer_carries(p_advisory uuid, p_file uuid, p_level text, p_scope text) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (
      select from public.advisories a join public.advisory_parts q on q.advisory_id = a.previous_id
      where a.advisory_id = p_advisory and q.file_id = p_file and q.level = p_level and q.handler_scope = p_scope
        and public.viewer_at_centre() and a.previous_id <> all (public.viewer_kept_from()));
  end $$;
revoke execute on function viewer_carries(uuid, uuid, text, text) from public;
grant execute on function viewer_carries(uuid, uuid, text, text) to portal_app;

-- As before; parts of items are shared as well.
create or replace function is_shared_file(p_file uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.handling_rule_documents d where d.file_id = p_file)
        or exists (select from public.advisory_parts p where p.file_id = p_file);
  end $$;
create or replace function purge_stored_file(wanted uuid, at timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  return exists (select from public.stored_files f where f.file_id = wanted and f.created_by = public.viewer_account())
    and not public.is_shared_file(wanted) and public.destroy_stored_files(array[wanted], at) > 0;
end
$$;

call protect('advisory_parts');
-- Unpublished: its author's and every approver's. Published: the centre's as far as the item is, and whoever may read the
-- item, of a stricter part only who is among its readers.
create policy part on advisory_parts for select to portal_app using (
  advisory_id = any ((select viewer_drafts())::uuid[])
  or (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[])
  or not strict and exists (select from viewer_reach r where r.advisory_id = advisory_parts.advisory_id and not r.sealed offset 0)
  or strict and viewer_opens_part(advisory_id, level, handler_scope));
create policy add on advisory_parts for insert to portal_app with check (
  advisory_id = any ((select viewer_own_drafts())::uuid[]) and strict and added_at = (select viewer_now())
  and (file_id is null or viewer_attached(file_id) and not is_shared_file(file_id)
       or viewer_carries(advisory_id, file_id, level, handler_scope)));
create policy remove on advisory_parts for delete to portal_app using (
  advisory_id = any ((select viewer_own_drafts())::uuid[]));
grant select, insert (part_id, advisory_id, file_id, heading, body, level, handler_scope, added_at), delete
  on advisory_parts to portal_app;

call protect('advisory_part_readers');
create policy own_door on advisory_part_readers for select to portal_app using (
  (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[])
  or door = any ((select viewer_doors())::text[]) and viewer_opens_part(advisory_id, level, handler_scope));
grant select on advisory_part_readers to portal_app;

create policy of_part on stored_files for select to portal_app using (
  exists (select from advisory_parts p where p.file_id = stored_files.file_id));

-- A file is shared in one way: what an item has is no document of a rule, which others may have and destroy.
alter policy desk_adds on handling_rule_documents with check (
  removed_at is null and added_at = (select viewer_now()) and viewer_attached(file_id) and not is_shared_file(file_id)
  and exists (select from handling_rules r where r.rule_id = handling_rule_documents.rule_id
              and directory_keeps_ceptoar(r.ceptoar_id)));
