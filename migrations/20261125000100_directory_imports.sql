-- 名簿の取り込み: a table that a desk brought in, what would become of each of its rows, and that it was applied
-- (docs/decisions/0024-tables-in-and-out.md). Nothing of the directory changes before that.

create table directory_imports (
  import_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  -- mapping: the desk says which column is which; checking and applying: at work; failed: could not be done
  state text not null check (state in ('mapping', 'checking', 'checked', 'applying', 'applied', 'failed', 'dropped')),
  made_by uuid not null references accounts,
  made_by_organisation uuid not null references organisations,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  effective_on date not null,
  sheet text,                                  -- of a workbook with several
  content text,                                -- the table as it was read; wiped when the import is settled
  head_row integer not null,                   -- where the heads stand
  columns jsonb not null,                      -- place in the file -> what the column is
  run uuid,                                    -- the work that is being done; another one takes over by writing its own
  beat_at timestamptz,                         -- when that work last got on
  total integer not null default 0,
  done integer not null default 0,
  rows_new integer not null default 0,
  rows_changed integer not null default 0,
  rows_unchanged integer not null default 0,
  rows_refused integer not null default 0,
  plan_hash text,                              -- of what the rows say: only that is applied
  remark text check (remark in ('overtaken', 'fault')),
  settled_at timestamptz,
  constraint directory_imports_wiped check ((content is null) = (settled_at is not null)),
  constraint directory_imports_settled check ((settled_at is not null) = (state in ('applied', 'dropped'))),
  constraint directory_imports_week check (expires_at <= made_at + interval '7 days')
);
-- A new one takes the place of the one before.
create unique index directory_imports_one_open on directory_imports (ceptoar_id) where settled_at is null;
create index directory_imports_ceptoar on directory_imports (ceptoar_id, made_at desc);
create index directory_imports_expiring on directory_imports (expires_at) where settled_at is null;
comment on table directory_imports is 'a table that a desk brought in; its content lives until it is applied, at most 7 days';

create table directory_import_rows (
  import_id uuid not null references directory_imports,
  place integer not null,                      -- the row, as spreadsheets number it
  fate text not null check (fate in ('new', 'changed', 'unchanged', 'refused')),
  organisation_id uuid,                        -- whose; null for a member to come
  subject jsonb not null,                      -- how the member and the window are called
  cells jsonb not null,                        -- what changes, from what to what; or what is wrong, and where
  addresses integer not null,                  -- ways to reach somebody that these tell
  primary key (import_id, place)
);
create index directory_import_rows_fate on directory_import_rows (import_id, fate, place);
comment on table directory_import_rows is 'what would become of a row; gone when the import is settled';

-- Which column is which in files with the same heads, as the desk said once.
create table directory_import_columns (
  ceptoar_id text not null references ceptoars,
  heads_hash text not null,
  columns jsonb not null,
  kept_by uuid not null references accounts,
  kept_at timestamptz not null,
  primary key (ceptoar_id, heads_hash)
);

-- What an import did at once cannot be taken back one by one.
alter table directory_changes add column import_id uuid references directory_imports;
create index directory_changes_import on directory_changes (import_id) where import_id is not null;

call protect('directory_imports');
create policy desk on directory_imports for select to portal_app using (
  ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[])
  and (settled_at is not null or expires_at > (select viewer_now())));
create policy desk_brings on directory_imports for insert to portal_app with check (
  made_by = (select viewer_account()) and made_at = (select viewer_now()) and directory_keeps_ceptoar(ceptoar_id));
create policy desk_goes_on on directory_imports for update to portal_app
  using (settled_at is null and directory_keeps_ceptoar(ceptoar_id)) with check (directory_keeps_ceptoar(ceptoar_id));
grant select, insert, update (state, effective_on, content, columns, run, beat_at, total, done, rows_new, rows_changed,
                              rows_unchanged, rows_refused, plan_hash, remark, settled_at) on directory_imports to portal_app;

call protect('directory_import_rows');
create policy desk on directory_import_rows for select to portal_app using (
  import_id in (select i.import_id from directory_imports i));
create policy desk_checks on directory_import_rows for insert to portal_app with check (
  import_id in (select i.import_id from directory_imports i where i.settled_at is null));
create policy desk_checks_again on directory_import_rows for delete to portal_app using (
  import_id in (select i.import_id from directory_imports i));
grant select, insert, delete on directory_import_rows to portal_app;

call protect('directory_import_columns');
create policy desk on directory_import_columns for select to portal_app using (
  ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[]));
create policy desk_keeps on directory_import_columns for insert to portal_app with check (
  kept_by = (select viewer_account()) and kept_at = (select viewer_now()) and directory_keeps_ceptoar(ceptoar_id));
create policy desk_keeps_again on directory_import_columns for update to portal_app
  using (directory_keeps_ceptoar(ceptoar_id))
  with check (kept_by = (select viewer_account()) and kept_at = (select viewer_now()) and directory_keeps_ceptoar(ceptoar_id));
grant select, insert, update (columns, kept_by, kept_at) on directory_import_columns to portal_app;

-- Wipes what has lain for seven days. It takes nothing that anybody still sees, so everybody may run it.
create function expire_directory_imports() returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    gone uuid[];
  begin
    select array_agg(i.import_id) into gone from public.directory_imports i
      where i.settled_at is null and i.expires_at <= public.viewer_now();
    delete from public.directory_import_rows r where r.import_id = any (gone);
    update public.directory_imports i set state = 'dropped', content = null, settled_at = public.viewer_now()
      where i.import_id = any (gone) and i.settled_at is null;
    return coalesce(cardinality(gone), 0);
  end $$;
grant execute on function expire_directory_imports() to portal_app;
