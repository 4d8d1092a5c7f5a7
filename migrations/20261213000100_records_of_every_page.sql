-- The record date (記録日) on every page of the directory (docs/decisions/0025-directory-with-a-memory.md). What was said of
-- a relation at an instant is one function, whoever asks: what is said now where none is given, and then the planner drops
-- the versions. They ask with the rights of their reader, and have no setting of their own, so that they are inlined.

-- Which offices are on the road of a CEPTOAR comes from the files and from follow-ups; from now on with a memory.
alter table secretariat_terms
  add column fact_id uuid primary key default gen_random_uuid(), add column recorded_at timestamptz;
alter table sector_ministries
  add column fact_id uuid primary key default gen_random_uuid(), add column recorded_at timestamptz;
alter table route_stages
  add column fact_id uuid primary key default gen_random_uuid(), add column recorded_at timestamptz;
-- What is there was last said by the files when they were loaded, or by the follow-up that was published.
update secretariat_terms t set recorded_at = coalesce(
  (select e.published_at from editions e where e.edition_id = t.published_in),
  (select max(l.loaded_at) from reference_loads l), now());
update sector_ministries set recorded_at = coalesce((select max(l.loaded_at) from reference_loads l), now());
update route_stages set recorded_at = coalesce((select max(l.loaded_at) from reference_loads l), now());
alter table secretariat_terms alter column recorded_at set not null, alter column recorded_at set default viewer_now();
alter table sector_ministries alter column recorded_at set not null, alter column recorded_at set default viewer_now();
alter table route_stages alter column recorded_at set not null, alter column recorded_at set default viewer_now();

alter table directory_versions drop constraint directory_versions_whose,
  add constraint directory_versions_whose check (
    organisation_id is not null or relation in ('subgroups', 'relay_rules', 'handling_rules', 'route_stages'));
create trigger keep_version before update or delete on secretariat_terms for each row execute function keep_version();
create trigger keep_version before update or delete on sector_ministries for each row execute function keep_version();
create trigger keep_version before update or delete on route_stages for each row execute function keep_version();

-- What was published is no secret when it is old: as the rows are everybody's who is signed in, so are their versions.
create function published_organisations() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(o.organisation_id), '{}') from public.organisations o
            where o.kind not in ('member', 'partner'));
  end $$;
grant execute on function published_organisations() to portal_app;
create policy published on directory_versions for select to portal_app using (
  (select viewer_account()) is not null and (
    relation in ('secretariat_terms', 'sector_ministries', 'route_stages')
    or relation = 'organisation_names' and organisation_id = any ((select published_organisations())::uuid[])));

create index directory_versions_window on directory_versions (contact_id, relation) where contact_id is not null;
create index directory_versions_sectors on directory_versions (organisation_id) where relation = 'sector_ministries';

create function organisation_names_said(p_until timestamptz)
  returns table (fact_id uuid, organisation_id uuid, ja text, en text, reading text, valid daterange)
  language sql stable
  begin atomic
    select n.fact_id, n.organisation_id, n.ja, n.en, n.reading, n.valid from organisation_names n
    where p_until is null or n.recorded_at < p_until
    union all
    select v.fact_id, v.organisation_id, v.fact ->> 'ja', v.fact ->> 'en', v.fact ->> 'reading', (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'organisation_names'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function memberships_said(p_until timestamptz)
  returns table (fact_id uuid, ceptoar_id text, organisation_id uuid, kind text, unit text, subgroup_id text, hub boolean,
                 valid daterange)
  language sql stable
  begin atomic
    select m.fact_id, m.ceptoar_id, m.organisation_id, m.kind, m.unit, m.subgroup_id, m.hub, m.valid from memberships m
    where p_until is null or m.recorded_at < p_until
    union all
    -- Before there were kinds, every membership was one of full right.
    select v.fact_id, v.ceptoar_id, v.organisation_id, coalesce(v.fact ->> 'kind', 'full'), v.fact ->> 'unit',
           v.fact ->> 'subgroup_id', (v.fact ->> 'hub')::boolean, (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'memberships'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function contacts_said(p_until timestamptz)
  returns table (fact_id uuid, contact_id uuid, organisation_id uuid, ceptoar_id text, "position" smallint, label text,
                 handler boolean, language text, valid daterange)
  language sql stable
  begin atomic
    select k.fact_id, k.contact_id, k.organisation_id, k.ceptoar_id, k.position, k.label, k.handler, k.language, k.valid
    from contacts k where p_until is null or k.recorded_at < p_until
    union all
    select v.fact_id, v.contact_id, v.organisation_id, v.ceptoar_id, (v.fact ->> 'position')::smallint, v.fact ->> 'label',
           (v.fact ->> 'handler')::boolean, v.fact ->> 'language', (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'contacts'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function contact_channels_said(p_until timestamptz)
  returns table (fact_id uuid, contact_id uuid, "position" smallint, kind text, value text, hours text, last_verified_on date,
                 valid daterange)
  language sql stable
  begin atomic
    select c.fact_id, c.contact_id, c.position, c.kind, c.value, c.hours, c.last_verified_on, c.valid
    from contact_channels c where p_until is null or c.recorded_at < p_until
    union all
    select v.fact_id, v.contact_id, (v.fact ->> 'position')::smallint, v.fact ->> 'kind', v.fact ->> 'value', v.fact ->> 'hours',
           (v.fact ->> 'last_verified_on')::date, (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'contact_channels'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function partnerships_said(p_until timestamptz)
  returns table (fact_id uuid, ceptoar_id text, organisation_id uuid, role text, basis text, valid daterange)
  language sql stable
  begin atomic
    select p.fact_id, p.ceptoar_id, p.organisation_id, p.role, p.basis, p.valid from partnerships p
    where p_until is null or p.recorded_at < p_until
    union all
    select v.fact_id, v.ceptoar_id, v.organisation_id, v.fact ->> 'role', v.fact ->> 'basis', (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'partnerships'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function subgroups_said(p_until timestamptz)
  returns table (subgroup_id text, ceptoar_id text, kind text, code text, scope text, scope_en text, kept_by text, valid daterange)
  language sql stable
  begin atomic
    select s.subgroup_id, s.ceptoar_id, s.kind, s.code, s.scope, s.scope_en, s.kept_by, s.valid from subgroups s
    where p_until is null or s.recorded_at < p_until
    union all
    select v.fact ->> 'subgroup_id', v.ceptoar_id, v.fact ->> 'kind', v.fact ->> 'code', v.fact ->> 'scope', v.fact ->> 'scope_en',
           v.fact ->> 'kept_by', (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'subgroups'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function group_members_said(p_until timestamptz)
  returns table (fact_id uuid, subgroup_id text, ceptoar_id text, organisation_id uuid, valid daterange, recorded_at timestamptz)
  language sql stable
  begin atomic
    select g.fact_id, g.subgroup_id, g.ceptoar_id, g.organisation_id, g.valid, g.recorded_at from group_members g
    where p_until is null or g.recorded_at < p_until
    union all
    select v.fact_id, v.fact ->> 'subgroup_id', v.ceptoar_id, v.organisation_id, (v.fact ->> 'valid')::daterange, lower(v.recorded)
    from directory_versions v
    where p_until is not null and v.relation = 'group_members'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function secretariat_terms_said(p_until timestamptz)
  returns table (ceptoar_id text, organisation_id uuid, "position" smallint, unit text, unit_en text, valid daterange)
  language sql stable
  begin atomic
    select t.ceptoar_id, t.organisation_id, t.position, t.unit, t.unit_en, t.valid from secretariat_terms t
    where p_until is null or t.recorded_at < p_until
    union all
    select v.ceptoar_id, v.organisation_id, (v.fact ->> 'position')::smallint, v.fact ->> 'unit', v.fact ->> 'unit_en',
           (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'secretariat_terms'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function sector_ministries_said(p_until timestamptz)
  returns table (sector_id text, organisation_id uuid, part_ja text, part_en text, valid daterange)
  language sql stable
  begin atomic
    select m.sector_id, m.organisation_id, m.part_ja, m.part_en, m.valid from sector_ministries m
    where p_until is null or m.recorded_at < p_until
    union all
    select v.fact ->> 'sector_id', v.organisation_id, v.fact ->> 'part_ja', v.fact ->> 'part_en', (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'sector_ministries'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

create function route_stages_said(p_until timestamptz)
  returns table (ceptoar_id text, stage text, valid daterange)
  language sql stable
  begin atomic
    select r.ceptoar_id, r.stage, r.valid from route_stages r where p_until is null or r.recorded_at < p_until
    union all
    select v.ceptoar_id, v.fact ->> 'stage', (v.fact ->> 'valid')::daterange
    from directory_versions v
    where p_until is not null and v.relation = 'route_stages'
      and lower(v.recorded) < p_until and upper(v.recorded) >= p_until;
  end;

-- Of a federation each change keeps the rows as they were before it: the first one from then on tells what was there, and
-- that there was nothing yet where it made the row. A row that no change from then on has touched is as it was.
create function federation_versions_said(p_relation text, p_until timestamptz)
  returns table (federation_id text, fact_id uuid, fact jsonb)
  language sql stable
  begin atomic
    select distinct on (v.federation_id, v.fact_id) v.federation_id, v.fact_id, v.fact from federation_versions v
    where v.relation = p_relation and v.recorded_until >= p_until
    order by v.federation_id, v.fact_id, v.version;
  end;

create function federation_names_said(p_until timestamptz)
  returns table (federation_id text, fact_id uuid, ja text, en text, reading text, valid daterange, "precision" date_precision)
  language sql stable
  begin atomic
    select n.federation_id, n.fact_id, n.ja, n.en, n.reading, n.valid, n.precision from federation_names n
    where p_until is null or n.fact_id not in (select v.fact_id from federation_versions_said('federation_names', p_until) v)
    union all
    select v.federation_id, v.fact_id, f.ja, f.en, f.reading, f.valid, f.precision
    from federation_versions_said('federation_names', p_until) v
    cross join lateral jsonb_populate_record(null::federation_names, v.fact) f where v.fact is not null;
  end;

create function federation_members_said(p_until timestamptz)
  returns table (federation_id text, fact_id uuid, ceptoar_id text, body_ja text, body_en text, role text, valid daterange,
                 "precision" date_precision)
  language sql stable
  begin atomic
    select m.federation_id, m.fact_id, m.ceptoar_id, m.body_ja, m.body_en, m.role, m.valid, m.precision from federation_members m
    where p_until is null or m.fact_id not in (select v.fact_id from federation_versions_said('federation_members', p_until) v)
    union all
    select v.federation_id, v.fact_id, f.ceptoar_id, f.body_ja, f.body_en, f.role, f.valid, f.precision
    from federation_versions_said('federation_members', p_until) v
    cross join lateral jsonb_populate_record(null::federation_members, v.fact) f where v.fact is not null;
  end;

create function federation_secretariats_said(p_until timestamptz)
  returns table (federation_id text, fact_id uuid, organisation_id uuid, unit text, unit_en text, valid daterange,
                 "precision" date_precision)
  language sql stable
  begin atomic
    select d.federation_id, d.fact_id, d.organisation_id, d.unit, d.unit_en, d.valid, d.precision from federation_secretariats d
    where p_until is null or d.fact_id not in (select v.fact_id from federation_versions_said('federation_secretariats', p_until) v)
    union all
    select v.federation_id, v.fact_id, f.organisation_id, f.unit, f.unit_en, f.valid, f.precision
    from federation_versions_said('federation_secretariats', p_until) v
    cross join lateral jsonb_populate_record(null::federation_secretariats, v.fact) f where v.fact is not null;
  end;

grant execute on function organisation_names_said(timestamptz), memberships_said(timestamptz), contacts_said(timestamptz),
  contact_channels_said(timestamptz), partnerships_said(timestamptz), subgroups_said(timestamptz),
  group_members_said(timestamptz), secretariat_terms_said(timestamptz), sector_ministries_said(timestamptz),
  route_stages_said(timestamptz), federation_versions_said(text, timestamptz), federation_names_said(timestamptz),
  federation_members_said(timestamptz), federation_secretariats_said(timestamptz) to portal_app;
