-- A clock that was set back must not make two versions of a fact hold at once in old records: what follows was said after
-- what it replaces, whatever the clock says.
create or replace function keep_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    told jsonb := to_jsonb(old) - 'folded';
    at timestamptz := public.viewer_now();
  begin
    if at < old.recorded_at then
      at := old.recorded_at + interval '1 microsecond';
    end if;
    -- Said and taken back in one transaction, which has one time: nobody ever saw it.
    if old.recorded_at <> at then
      insert into public.directory_versions (relation, fact_id, fact, organisation_id, ceptoar_id, contact_id, recorded, change_id)
      select tg_table_name, old.fact_id, told,
             coalesce((told ->> 'organisation_id')::uuid, w.organisation_id),
             coalesce(told ->> 'ceptoar_id', w.ceptoar_id), (told ->> 'contact_id')::uuid,
             tstzrange(old.recorded_at, at), nullif(current_setting('portal.change', true), '')::uuid
      from (select) one left join public.windows w on w.contact_id = (told ->> 'contact_id')::uuid;
    end if;
    if tg_op = 'DELETE' then
      return old;
    end if;
    new.recorded_at := at;
    return new;
  end $$;
