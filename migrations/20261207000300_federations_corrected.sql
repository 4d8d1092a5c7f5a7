-- What is said of a federation is corrected, a plan is taken back, and a federation is dissolved on a day (decision 0041).
alter table federation_changes
  drop constraint federation_changes_subject,
  add constraint federation_changes_subject
    check (subject in ('founding', 'name', 'member', 'secretariat', 'dissolution')),
  add column kind text not null default 'change'
    constraint federation_changes_kind check (kind in ('change', 'correction', 'withdrawal'));
comment on column federation_changes.kind is 'a change becomes so on a day, a correction was so all along, a withdrawal takes a plan back';

-- The rows as they were before a change: what stood in them, or nothing where the change made them.
create table federation_versions (
  federation_id text not null references federations,
  version integer not null,                    -- the change that altered the row
  relation text not null,
  fact_id uuid not null,
  fact jsonb,
  recorded_until timestamptz not null,
  primary key (federation_id, version, fact_id)
);
comment on table federation_versions is 'what was said of federations before, row by row; never changed';
call protect('federation_versions');
create policy signed_in on federation_versions for select to portal_app using ((select viewer_account()) is not null);
grant select on federation_versions to portal_app;

create function keep_federation_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    row_was jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) end;
    row_id uuid := case when tg_op = 'INSERT' then new.fact_id else old.fact_id end;
    of_federation text := case when tg_op = 'INSERT' then new.federation_id else old.federation_id end;
  begin
    -- What the files say again is theirs and changes nothing that a person said. The first of several steps counts.
    insert into public.federation_versions (federation_id, version, relation, fact_id, fact, recorded_until)
    select f.federation_id, f.version, tg_table_name, row_id, row_was, public.viewer_now()
    from public.federations f
    join public.federation_changes c on c.federation_id = f.federation_id and c.version = f.version
    where f.federation_id = of_federation
    on conflict do nothing;
    return null;
  end $$;
create trigger keep_version after insert or update or delete on federation_names
  for each row execute function keep_federation_version();
create trigger keep_version after insert or update or delete on federation_members
  for each row execute function keep_federation_version();
create trigger keep_version after insert or update or delete on federation_secretariats
  for each row execute function keep_federation_version();

-- A role of a partner body is corrected where it stands: keep_version remembers what was said.
grant update (role, basis) on partnerships to portal_app;
