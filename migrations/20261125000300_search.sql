-- What is searched stands beside the names in the form in which it is compared: folding a name takes 10 µs, too much for
-- 20,000 of them at each search.
alter table organisation_names add column folded text not null generated always as (folded_name(ja, reading, en)) stored;
alter table contacts add column folded text not null generated always as (folded_name(label, '', '')) stored;
comment on column organisation_names.folded is 'width, case, kana and hyphens alike; for searching';
comment on column contacts.folded is 'the label, as in organisation_names';

-- It says nothing that the row does not say already, so memory does without it.
create or replace function keep_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    told jsonb := to_jsonb(old) - 'folded';
    at timestamptz := public.viewer_now();
  begin
    -- Said and taken back in one transaction, which has one time: nobody ever saw it.
    if old.recorded_at <> at then
      insert into public.directory_versions (relation, fact_id, fact, organisation_id, ceptoar_id, contact_id, recorded, change_id)
      select tg_table_name, old.fact_id, told,
             coalesce((told ->> 'organisation_id')::uuid, w.organisation_id),
             coalesce(told ->> 'ceptoar_id', w.ceptoar_id), (told ->> 'contact_id')::uuid,
             tstzrange(least(old.recorded_at, at), greatest(old.recorded_at, at)), nullif(current_setting('portal.change', true), '')::uuid
      from (select) one left join public.windows w on w.contact_id = (told ->> 'contact_id')::uuid;
    end if;
    if tg_op = 'DELETE' then
      return old;
    end if;
    new.recorded_at := at;
    return new;
  end $$;
