-- The directory: facts that hold for a period. `valid` is a half-open range of days; an
-- exclusion constraint keeps two facts of one kind from holding on the same day.
-- `precision` says how exactly the first day is known and how it may be shown:
-- 'day', 'month', 'fiscal_year', or 'edition' (seen in an edition; changed some time before).

create domain date_precision as text check (value in ('day', 'month', 'fiscal_year', 'edition'));

create table sectors (
  sector_id text primary key,
  position  smallint not null                  -- the government's sector order, never alphabetical
            constraint sectors_position_key unique deferrable initially deferred,
  valid     daterange not null default '[,)'
);

create table sector_names (
  sector_id text not null references sectors,
  ja text not null, en text not null, reading text not null,
  valid daterange not null,
  precision date_precision not null default 'edition',
  constraint sector_names_one_at_a_time exclude using gist (sector_id with =, valid with &&)
);

create table organisations (
  organisation_id uuid primary key default gen_random_uuid(),
  code text constraint organisations_code_key unique,  -- stable handle of reference and demonstration organisations
  kind text not null check (kind in ('central', 'ministry', 'association', 'member')),
  demonstration boolean not null default false
);

create table organisation_names (
  organisation_id uuid not null references organisations,
  ja text not null, en text not null, reading text not null,
  valid daterange not null default '[,)',
  precision date_precision not null default 'edition',
  constraint organisation_names_one_at_a_time exclude using gist (organisation_id with =, valid with &&)
);
create index organisation_names_organisation on organisation_names (organisation_id);

create table sector_ministries (
  sector_id text not null references sectors,
  organisation_id uuid not null references organisations,
  valid daterange not null,
  precision date_precision not null default 'day',
  basis text not null check (basis in ('source', 'general', 'external')),
  part_ja text, part_en text,                  -- which part of the sector, where it is shared
  constraint sector_ministries_no_overlap exclude using gist
    (sector_id with =, organisation_id with =, valid with &&)
);

create table ceptoars (
  ceptoar_id text primary key,                 -- identity apart from the name: kept through renames
  sector_id text not null references sectors,
  position smallint not null,
  scope text not null, scope_en text not null default ''  -- empty: no edition says it
);

create table ceptoar_names (
  ceptoar_id text not null references ceptoars,
  ja text not null, en text not null, reading text not null,
  valid daterange not null,
  precision date_precision not null default 'edition',
  constraint ceptoar_names_one_at_a_time exclude using gist (ceptoar_id with =, valid with &&)
);

create table secretariat_terms (
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations,
  position smallint not null default 1,        -- in the printed order, where there are several
  unit text, unit_en text,
  valid daterange not null,
  precision date_precision not null default 'edition',
  constraint secretariat_terms_no_overlap exclude using gist
    (ceptoar_id with =, organisation_id with =, valid with &&)
);

create table member_counts (
  ceptoar_id text not null references ceptoars,
  unit text not null,                          -- 社, 団体, 社・団体, …: never summed across units
  value integer not null check (value >= 0),
  valid daterange not null,
  precision date_precision not null default 'edition',
  constraint member_counts_one_at_a_time exclude using gist (ceptoar_id with =, unit with =, valid with &&)
);

create table subgroups (
  subgroup_id text primary key,
  ceptoar_id text not null references ceptoars,
  code text not null, scope text not null, scope_en text not null default '',
  unique (ceptoar_id, code)
);

create table memberships (
  membership_id uuid primary key default gen_random_uuid(),
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations,
  subgroup_id text references subgroups,
  unit text not null,                          -- the unit this member is counted in
  hub boolean not null default false,          -- passes items on to others (水道: 8 hubs, 1,350 reached)
  valid daterange not null,
  constraint memberships_no_overlap exclude using gist
    (ceptoar_id with =, organisation_id with =, valid with &&)
);
create index memberships_ceptoar on memberships (ceptoar_id);
create index memberships_organisation on memberships (organisation_id);

-- 緊急窓口 (POC): a window of an organisation for one CEPTOAR; a ministry's window serves all its sectors.
create table contacts (
  contact_id uuid primary key default gen_random_uuid(),
  organisation_id uuid not null references organisations,
  ceptoar_id text references ceptoars,
  position smallint not null,                  -- 1 = primary, then deputies
  label text not null,
  handler boolean not null,                    -- 取扱担当者: may receive items limited to designated handlers
  language text not null default 'ja' check (language in ('ja', 'en')),
  valid daterange not null
);
create index contacts_organisation on contacts (organisation_id, ceptoar_id);
create index contacts_ceptoar on contacts (ceptoar_id);

create table contact_channels (
  contact_id uuid not null references contacts on delete cascade,
  position smallint not null,
  kind text not null check (kind in ('mail', 'phone', 'mobile', 'satellite', 'fax', 'web')),
  value text not null,
  hours text not null check (hours in ('always', 'business', 'off_hours')),
  last_verified_on date,
  valid daterange not null default '[,)',
  primary key (contact_id, position)
);

-- The stages that an item passes on its way down in a CEPTOAR, in order (docs/data-model.md).
create table route_stages (
  ceptoar_id text not null references ceptoars,
  position smallint not null,
  stage text not null check (stage in ('ministry', 'secretariat', 'member')),
  automatic boolean not null default true,
  valid daterange not null,
  constraint route_stages_one_at_a_time exclude using gist (ceptoar_id with =, stage with =, valid with &&)
);

-- Which reference data the tables above hold, so that loading the same again costs one look.
create table reference_loads (
  content_hash text primary key,               -- SHA-256 over all files
  loaded_at timestamptz not null default now()
);
call protect('reference_loads');
