-- 年度の活動状況: what the CEPTOARs did in a fiscal year, written down by their desks
-- (docs/decisions/0029-activities-of-the-year.md).

create table activities (
  activity_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  version integer not null default 1,          -- who corrects another's version is told so
  title text not null constraint activities_title check (char_length(title) between 1 and 200),
  title_en text not null default '' constraint activities_title_en check (char_length(title_en) <= 200),
  from_on date not null,
  to_on date not null,                         -- the last day
  fiscal_year smallint not null generated always as (extract(year from from_on - interval '3 months')::smallint) stored,
  kinds text[] not null,
  done text not null constraint activities_done check (char_length(done) between 1 and 2000),
  organiser text not null default '' constraint activities_organiser check (char_length(organiser) <= 200),
  joined integer,                              -- members that took part
  received integer,                            -- items that came in, were passed on, were left out
  passed_on integer,
  withheld integer,
  link text not null default '' constraint activities_link check (char_length(link) <= 300),
  correction text not null default '' constraint activities_correction check (char_length(correction) <= 500),
  recorded_by uuid not null references accounts,
  recorded_at timestamptz not null,
  taken_back_at timestamptz,
  -- Otherwise one entry would count in two years.
  constraint activities_in_one_year check (
    from_on <= to_on and extract(year from from_on - interval '3 months') = extract(year from to_on - interval '3 months')),
  constraint activities_kinds check (
    cardinality(kinds) between 1 and 12
    and kinds <@ array['sharing', 'analysis', 'cross_sector_exercise', 'drill', 'route_check', 'own_exercise', 'council',
                       'seminar', 'meeting', 'support', 'rules', 'other']),
  constraint activities_numbers check (
    least(joined, received, passed_on, withheld) >= 0 and greatest(joined, received, passed_on, withheld) <= 1000000
    and (received is not null or (passed_on is null and withheld is null))
    and passed_on <= received and withheld <= received and passed_on + withheld <= received),
  constraint activities_reason check (version = 1 or correction <> '')
);
create index activities_year on activities (ceptoar_id, fiscal_year);
create index activities_of_year on activities (fiscal_year, ceptoar_id) where taken_back_at is null;
comment on table activities is 'what a CEPTOAR did, as its desk wrote it down; what is taken back stays and does not count';

-- What an entry said before it was corrected or taken back.
create table activity_versions (
  activity_id uuid not null references activities,
  version integer not null,
  ceptoar_id text not null references ceptoars,
  said jsonb not null,                         -- the row as it was
  ended_at timestamptz not null,
  primary key (activity_id, version)
);
create index activity_versions_ceptoar on activity_versions (ceptoar_id);
comment on table activity_versions is 'what entries of activities said before; never changed';

create function activities_keep_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
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
      values (old.activity_id, old.version, old.ceptoar_id, to_jsonb(old), public.viewer_now());
    return new;
  end $$;
create trigger activities_versions before update on activities for each row execute function activities_keep_version();

-- The CEPTOARs that the viewer's firms are members of today, as far as the viewer's duty reaches.
create function viewer_joined_ceptoars() returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct m.ceptoar_id), '{}') from public.affiliations f
            join public.memberships m on m.organisation_id = f.organisation_id and m.valid @> public.viewer_today()
             and (f.ceptoar_id is null or f.ceptoar_id = m.ceptoar_id)
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.role in ('member_admin', 'member_poc', 'member_reader', 'hub_member'));
  end $$;
grant execute on function viewer_joined_ceptoars() to portal_app;

-- What stands is for everybody of the CEPTOAR, its ministries and the centre; what was taken back, and what was said
-- before, is not for the members.
call protect('activities');
create policy those_concerned on activities for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])
  or (taken_back_at is null and ceptoar_id = any ((select viewer_joined_ceptoars())::text[])));
create policy desk_records on activities for insert to portal_app with check (
  directory_keeps_ceptoar(ceptoar_id) and recorded_by = (select viewer_account())
  and recorded_at = (select viewer_now()) and version = 1 and taken_back_at is null);
create policy desk_corrects on activities for update to portal_app
  using (directory_keeps_ceptoar(ceptoar_id) and taken_back_at is null)
  with check (directory_keeps_ceptoar(ceptoar_id) and recorded_by = (select viewer_account())
              and recorded_at = (select viewer_now()) and (taken_back_at is null or taken_back_at = (select viewer_now())));
grant select, insert (activity_id, ceptoar_id, title, title_en, from_on, to_on, kinds, done, organiser, joined, received,
                      passed_on, withheld, link, recorded_by, recorded_at),
      update (version, title, title_en, from_on, to_on, kinds, done, organiser, joined, received, passed_on, withheld,
              link, correction, recorded_by, recorded_at, taken_back_at) on activities to portal_app;

call protect('activity_versions');
create policy those_who_look_over on activity_versions for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[]));
grant select on activity_versions to portal_app;
