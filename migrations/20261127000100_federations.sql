-- 連絡協議会: federations of several CEPTOARs (docs/decisions/0031-bodies-beside-the-ceptoars.md). From data/reference;
-- once somebody has changed a federation here, the files no longer speak of it.

create table federations (
  federation_id text primary key,              -- identity apart from the name: kept through renames
  sector_id text references sectors,
  version integer not null default 1,          -- counts the changes: who has an older one before them is told
  last_listed_on date                          -- the newest edition that lists it, where newer ones do not; its end is unknown
);
comment on table federations is 'bodies above several CEPTOARs, without cells of their own in the map';

create table federation_names (
  fact_id uuid primary key default gen_random_uuid(),
  federation_id text not null references federations,
  ja text not null, en text not null, reading text not null,
  valid daterange not null,
  precision date_precision not null default 'edition',
  -- Checked at the end: what comes is written before what goes is closed, because who may write is judged by what holds.
  constraint federation_names_one_at_a_time exclude using gist (federation_id with =, valid with &&)
    deferrable initially deferred
);

-- A CEPTOAR, or an organisation by its name, which only observes.
create table federation_members (
  fact_id uuid primary key default gen_random_uuid(),
  federation_id text not null references federations,
  ceptoar_id text references ceptoars,
  body_ja text, body_en text,
  role text not null constraint federation_members_role check (role in ('member', 'observer')),
  valid daterange not null,
  precision date_precision not null default 'edition',
  constraint federation_members_who check (
    num_nonnulls(ceptoar_id, body_ja) = 1 and (body_ja is null) = (body_en is null) and (body_ja is null or role = 'observer')),
  constraint federation_members_one_at_a_time exclude using gist
    (federation_id with =, (coalesce(ceptoar_id, 'body ' || body_ja)) with =, valid with &&) deferrable initially deferred
);
create index federation_members_ceptoar on federation_members (ceptoar_id);

create table federation_secretariats (
  fact_id uuid primary key default gen_random_uuid(),
  federation_id text not null references federations,
  organisation_id uuid not null references organisations,
  unit text, unit_en text,
  valid daterange not null,
  precision date_precision not null default 'edition',
  constraint federation_secretariats_one_at_a_time exclude using gist (federation_id with =, valid with &&)
    deferrable initially deferred
);

create table federation_changes (
  change_id uuid primary key,
  federation_id text not null references federations,
  version integer not null,                    -- the one that it made
  subject text not null constraint federation_changes_subject check (subject in ('founding', 'name', 'member', 'secretariat')),
  effective_on date not null,
  reason text not null constraint federation_changes_reason check (char_length(reason) between 1 and 500),
  before jsonb not null, after jsonb not null, -- lines, as people read them
  made_by uuid not null references accounts,
  made_by_organisation uuid not null references organisations,
  made_at timestamptz not null,
  constraint federation_changes_version unique (federation_id, version)
);
comment on table federation_changes is 'what was changed of a federation, from when, why, with before and after; never changed';

-- The centre keeps all of them; a secretariat the one whose desk its organisation has today.
create function federation_is_kept(p_federation text) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return public.viewer_at_centre() or exists (
      select from public.federation_secretariats s
      join public.affiliations f on f.organisation_id = s.organisation_id
      where s.federation_id = p_federation and s.valid @> public.viewer_today()
        and f.account_id = public.viewer_account() and f.role = 'secretariat' and f.valid @> public.viewer_today());
  end $$;
-- Whether the viewer wrote a change of it down in this very step.
create function federation_is_changing(p_federation text) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.federation_changes c
                   where c.federation_id = p_federation and c.made_by = public.viewer_account()
                     and c.made_at = public.viewer_now());
  end $$;
-- In whose name somebody speaks, and who may keep a federation.
create function federation_speaks_for(p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.affiliations f
                   where f.account_id = public.viewer_account() and f.organisation_id = p_organisation
                     and f.valid @> public.viewer_today());
  end $$;
create function federation_may_be_kept_by(p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.organisations o
                   where o.organisation_id = p_organisation and o.kind in ('association', 'ministry', 'central'));
  end $$;
grant execute on function federation_is_kept(text), federation_is_changing(text), federation_speaks_for(uuid),
  federation_may_be_kept_by(uuid) to portal_app;

do $$
declare t text;
begin
  foreach t in array array['federations', 'federation_names', 'federation_members', 'federation_secretariats',
                           'federation_changes'] loop
    execute format('call protect(%L)', t);
    execute format('create policy signed_in on %I for select to portal_app using ((select viewer_account()) is not null)', t);
    execute format('grant select on %I to portal_app', t);
  end loop;
  foreach t in array array['federation_names', 'federation_members', 'federation_secretariats'] loop
    execute format('create policy keeper_adds on %I for insert to portal_app with check (federation_is_kept(federation_id))', t);
    -- Two updates of one step: the second is judged as the first was, so what was kept when it began is enough. What was
    -- said is ended or replaced only by a change that is written down.
    execute format('create policy keeper_ends on %I for update to portal_app
                    using (federation_is_kept(federation_id) and federation_is_changing(federation_id))', t);
    execute format('create policy keeper_replaces on %I for delete to portal_app
                    using (federation_is_kept(federation_id) and federation_is_changing(federation_id))', t);
    execute format('grant update (valid), delete on %I to portal_app', t);
  end loop;
end $$;
grant insert (federation_id, ja, en, reading, valid, precision) on federation_names to portal_app;
grant insert (federation_id, ceptoar_id, body_ja, body_en, role, valid, precision) on federation_members to portal_app;
grant insert (federation_id, organisation_id, unit, unit_en, valid, precision) on federation_secretariats to portal_app;

create policy centre_founds on federations for insert to portal_app with check ((select viewer_at_centre()) and version = 1);
create policy keeper_counts on federations for update to portal_app using (federation_is_kept(federation_id));
grant insert (federation_id), update (version) on federations to portal_app;
create policy keeper_writes on federation_changes for insert to portal_app with check (
  federation_is_kept(federation_id) and made_by = (select viewer_account()) and made_at = (select viewer_now())
  and federation_speaks_for(made_by_organisation)
  and version = (select f.version from federations f where f.federation_id = federation_changes.federation_id));
-- A member firm keeps no federation: most who read would not be shown it.
create policy keeper_is_known on federation_secretariats as restrictive for insert to portal_app with check (
  federation_may_be_kept_by(organisation_id));
grant insert on federation_changes to portal_app;

create function federations_count_up() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$ begin
    if new.version <> old.version and new.version <> old.version + 1 then
      raise exception 'another version was saved meanwhile' using errcode = 'serialization_failure';
    end if;
    return new;
  end $$;
create trigger federations_versions before update on federations for each row execute function federations_count_up();
