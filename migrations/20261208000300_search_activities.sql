-- Activities are searched as names are: their words stand beside them in the form in which they are compared. Groups,
-- federations, handling rules and what a CEPTOAR has set up are few, and folded when they are searched.
alter table activities add column folded text not null
  generated always as (folded_name(title || ' ' || done, organiser, title_en)) stored;
comment on column activities.folded is 'title, what was done and by whom, as in organisation_names';

-- It says nothing that the row does not say already, so memory does without it.
create or replace function activities_keep_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
  begin
    if old.taken_back_at is not null then
      raise exception 'an entry that was taken back stays as it is' using errcode = 'restrict_violation';
    end if;
    if new.version <> old.version + 1 then
      raise exception 'another version of the entry was saved meanwhile' using errcode = 'serialization_failure';
    end if;
    if (new.activity_id, new.ceptoar_id) is distinct from (old.activity_id, old.ceptoar_id) then
      raise exception 'an entry stays with its CEPTOAR' using errcode = 'restrict_violation';
    end if;
    insert into public.activity_versions (activity_id, version, ceptoar_id, said, ended_at)
      values (old.activity_id, old.version, old.ceptoar_id, to_jsonb(old) - 'folded', public.viewer_now());
    return new;
  end $$;
