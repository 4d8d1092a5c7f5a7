-- What was said of handling rules and of consent to them stays known, also when an edition or a note is taken back: as for
-- the rest of the directory (docs/decisions/0025-directory-with-a-memory.md), in directory_versions.
alter table directory_versions drop constraint directory_versions_whose,
  add constraint directory_versions_whose check (
    organisation_id is not null or relation in ('subgroups', 'relay_rules', 'handling_rules'));

create function keep_rule_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    told jsonb := to_jsonb(old);
    -- A row keeps the time at which it was first written down; each version begins where the one before ended.
    since timestamptz := coalesce(
      (select max(upper(v.recorded)) from public.directory_versions v
       where v.relation = tg_table_name and v.fact_id = old.rule_id
         and v.organisation_id is not distinct from (told ->> 'organisation_id')::uuid), old.recorded_at);
  begin
    if public.viewer_now() > since then
      insert into public.directory_versions (relation, fact_id, fact, organisation_id, ceptoar_id, recorded)
      select tg_table_name, old.rule_id, told, (told ->> 'organisation_id')::uuid, coalesce(
               told ->> 'ceptoar_id', (select r.ceptoar_id from public.handling_rules r where r.rule_id = old.rule_id)),
             tstzrange(since, public.viewer_now());
    end if;
    return coalesce(new, old);
  end $$;
create trigger keep_version before update or delete on handling_rules for each row execute function keep_rule_version();
create trigger keep_version before update or delete on handling_rule_consents for each row execute function keep_rule_version();
