-- The directory gets a memory (docs/decisions/0025-directory-with-a-memory.md). Two times are kept apart: `valid` says
-- when something was so, `recorded_at` since when the portal says so. What is said no longer stays in directory_versions.

-- A window (緊急窓口) is one thing through all changes: accounts, items and deliveries refer to it, and each row of
-- `contacts` says what it is like for a while.
create table windows (
  contact_id uuid primary key,
  organisation_id uuid not null references organisations,
  ceptoar_id text references ceptoars,
  constraint windows_of_organisation unique (contact_id, organisation_id)
);
insert into windows (contact_id, organisation_id, ceptoar_id) select contact_id, organisation_id, ceptoar_id from contacts;
create index windows_organisation on windows (organisation_id, ceptoar_id);
call protect('windows');

alter table advisory_acknowledgements drop constraint advisory_acknowledgements_contact_id_fkey,
  add foreign key (contact_id) references windows;
alter table advisory_addressees drop constraint advisory_addressees_contact_id_fkey,
  add foreign key (contact_id) references windows;
alter table affiliations drop constraint affiliations_contact_id_fkey, add foreign key (contact_id) references windows;
alter table grant_requests drop constraint grant_requests_contact_id_fkey, add foreign key (contact_id) references windows;
alter table contact_channels drop constraint contact_channels_contact_id_fkey, add foreign key (contact_id) references windows;

alter table contacts
  drop constraint contacts_pkey,
  add column fact_id uuid primary key default gen_random_uuid(),
  add column recorded_at timestamptz not null default viewer_now(),
  add constraint contacts_window foreign key (contact_id, organisation_id)
    references windows (contact_id, organisation_id) on update cascade,
  add constraint contacts_one_at_a_time exclude using gist (contact_id with =, valid with &&);
alter table contact_channels
  drop constraint contact_channels_pkey,
  add column fact_id uuid primary key default gen_random_uuid(),
  add column recorded_at timestamptz not null default viewer_now(),
  add constraint contact_channels_one_at_a_time exclude using gist (contact_id with =, position with =, valid with &&);
alter table organisation_names
  add column fact_id uuid primary key default gen_random_uuid(),
  add column recorded_at timestamptz not null default viewer_now();
alter table memberships rename column membership_id to fact_id;
alter table memberships add column recorded_at timestamptz not null default viewer_now();
create index contacts_window on contacts (contact_id);
create index contact_channels_window on contact_channels (contact_id);

-- The first row of a window makes the window.
create function window_of_contact() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    insert into public.windows (contact_id, organisation_id, ceptoar_id)
    values (new.contact_id, new.organisation_id, new.ceptoar_id) on conflict (contact_id) do nothing;
    -- Whose and for what a window is never changes: who keeps it is judged by that.
    if not exists (select from public.windows w where w.contact_id = new.contact_id
                   and w.organisation_id = new.organisation_id and w.ceptoar_id is not distinct from new.ceptoar_id) then
      raise exception 'a window stays with its organisation and CEPTOAR' using errcode = 'check_violation',
        constraint = 'contacts_window';
    end if;
    return new;
  end $$;
create trigger contacts_window before insert on contacts for each row execute function window_of_contact();

-- What the portal said before, and until when. The row as it was, whole.
create table directory_versions (
  version_id bigint generated always as identity primary key,
  relation text not null,
  fact_id uuid not null,
  fact jsonb not null,
  organisation_id uuid not null,               -- whose fact it is
  ceptoar_id text,                             -- for which CEPTOAR, where it is for one
  contact_id uuid,                             -- of which window
  recorded tstzrange not null,
  change_id uuid                               -- what ended it
);
create index directory_versions_organisation on directory_versions (organisation_id, relation);
create index directory_versions_ceptoar on directory_versions (ceptoar_id, relation);
comment on table directory_versions is 'what the directory said once, with the time in which it said so; never changed';

create function keep_version() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    told jsonb := to_jsonb(old);
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

-- A change of the directory: what it did, in the words of those who read it later.
create table directory_changes (
  change_id uuid primary key,
  kind text not null check (kind in ('change', 'correction', 'beginning', 'ending', 'withdrawal')),
  subject text not null check (subject in ('membership', 'name', 'window')),
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  contact_id uuid references windows,
  effective_on date not null,
  reason text not null constraint directory_changes_reason check (char_length(reason) <= 500),
  before jsonb,                                -- field -> value, as people read it
  after jsonb,
  made_by uuid not null references accounts,
  made_by_organisation uuid not null references organisations,
  made_at timestamptz not null
);
create index directory_changes_ceptoar on directory_changes (ceptoar_id, made_at desc);
create index directory_changes_organisation on directory_changes (organisation_id, made_at desc);

-- Who writes what. A desk writes about the members of its CEPTOAR; a firm's administrator and its designated handlers
-- about the firm's windows. A handler who is none cannot make themselves one.
create function directory_keeps_ceptoar(p_ceptoar text) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin return coalesce(p_ceptoar = any (public.viewer_secretariat_ceptoars()), false); end $$;

create function directory_keeps_member(p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    -- Who has left keeps the name that it left with.
    return exists (select from public.memberships m where m.organisation_id = p_organisation
                   and m.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                   and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today()));
  end $$;

-- A desk takes in new firms and goes on with its own members; another CEPTOAR's member is not taken over.
create function directory_takes_in(p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return public.directory_keeps_ceptoar(p_ceptoar)
      and exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind = 'member')
      and (exists (select from public.memberships m
                   where m.organisation_id = p_organisation and m.ceptoar_id = p_ceptoar)
           or not exists (select from public.memberships m where m.organisation_id = p_organisation));
  end $$;

create function directory_keeps_windows_of(p_organisation uuid, p_ceptoar text) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.memberships m
                   where m.organisation_id = p_organisation and m.ceptoar_id = p_ceptoar)
      and (p_ceptoar = any (public.viewer_secretariat_ceptoars())
           or exists (
             select from public.affiliations f
             where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
               and f.organisation_id = p_organisation and (f.ceptoar_id is null or f.ceptoar_id = p_ceptoar)
               and (f.role = 'member_admin'
                    or f.role in ('member_poc', 'hub_member') and (
                      f.contact_id is null
                      or exists (select from public.contacts k where k.contact_id = f.contact_id and k.handler
                                 and k.valid @> public.viewer_today())))));
  end $$;

create function directory_keeps_window(p_contact uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.windows w where w.contact_id = p_contact
                   and public.directory_keeps_windows_of(w.organisation_id, w.ceptoar_id));
  end $$;

create policy desk_adds on organisations for insert to portal_app with check (
  kind = 'member' and code is null and cardinality(viewer_secretariat_ceptoars()) > 0);
grant insert (organisation_id, kind, demonstration) on organisations to portal_app;

do $$
declare
  writes text[] := array[
    -- table, condition, whose fact it is (written once), what it says
    'memberships', 'directory_keeps_ceptoar(ceptoar_id)', 'ceptoar_id, organisation_id', 'subgroup_id, unit, hub, valid',
    'organisation_names', 'directory_keeps_member(organisation_id)', 'organisation_id', 'ja, en, reading, valid, precision',
    'contacts', 'directory_keeps_windows_of(organisation_id, ceptoar_id)', 'contact_id, organisation_id, ceptoar_id',
      'position, label, handler, language, valid',
    'contact_channels', 'directory_keeps_window(contact_id)', 'contact_id', 'position, kind, value, hours, last_verified_on, valid'];
  i integer;
begin
  for i in 1 .. cardinality(writes) by 4 loop
    execute format('create trigger keep_version before update or delete on %I
                    for each row execute function keep_version()', writes[i]);
    execute format('create policy keeper_adds on %I for insert to portal_app with check (%s)', writes[i], writes[i + 1]);
    execute format('create policy keeper_changes on %I for update to portal_app using (%s) with check (%2$s)', writes[i], writes[i + 1]);
    execute format('create policy keeper_takes_back on %I for delete to portal_app using (%s)', writes[i], writes[i + 1]);
    execute format('grant insert (%s, %s), update (%2$s), delete on %I to portal_app', writes[i + 2], writes[i + 3], writes[i]);
  end loop;
end $$;
alter policy keeper_adds on memberships with check (directory_takes_in(ceptoar_id, organisation_id));

-- A firm's administrator sees what they keep.
create policy keeper on memberships for select to portal_app using (
  organisation_id = any ((select viewer_kept_firms())::uuid[]));
create policy keeper on contacts for select to portal_app using (
  organisation_id = any ((select viewer_kept_firms())::uuid[]));

call protect('directory_versions');
create policy desk_or_own on directory_versions for select to portal_app using (
  ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[])
  or (ceptoar_id is null and organisation_id in (select unnest((select viewer_secretariat_members()))))
  or organisation_id = any ((select viewer_answering_organisations())::uuid[])
  or organisation_id = any ((select viewer_kept_firms())::uuid[]));
grant select on directory_versions to portal_app;

call protect('directory_changes');
create policy desk_or_own on directory_changes for select to portal_app using (
  ceptoar_id = any ((select viewer_ceptoars())::text[])
  or organisation_id = any ((select viewer_answering_organisations())::uuid[])
  or organisation_id = any ((select viewer_kept_firms())::uuid[]));
create policy own_change on directory_changes for insert to portal_app with check (
  made_by = (select viewer_account()) and made_at = (select viewer_now())
  and (directory_keeps_ceptoar(ceptoar_id) or (subject = 'window' and directory_keeps_window(contact_id))));
grant select, insert on directory_changes to portal_app;

grant execute on function directory_keeps_ceptoar(text), directory_takes_in(text, uuid), directory_keeps_member(uuid),
  directory_keeps_windows_of(uuid, text), directory_keeps_window(uuid) to portal_app;

-- A firm's name in the form in which it is searched (kernel/text.rs, `folded`): width, case, kana and hyphens alike.
create function folded_name(p_ja text, p_reading text, p_en text) returns text
  language sql immutable parallel safe
  return replace(translate(lower(normalize(p_ja || ' ' || p_reading || ' ' || p_en, nfkc)),
      'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ‐‑–—―−',
      'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ------'),
    'せぷたー', 'ceptoar');
grant execute on function folded_name(text, text, text) to portal_app;

-- What asked for a window by its id alone now asks for the window itself, or for its newest row.

create or replace function sharing_windows(p_advisory uuid, p_now timestamp with time zone)
 returns table(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
 language sql stable set search_path = pg_catalog, pg_temp
as $$
  with item as (
    select a.advisory_id, a.level, a.handler_scope,
           (p_now at time zone 'Asia/Tokyo')::date as today,
           (extract(isodow from p_now at time zone 'Asia/Tokyo') > 5
            or (p_now at time zone 'Asia/Tokyo')::time not between time '09:00' and time '18:00') as off_hours
    from public.advisories a where a.advisory_id = p_advisory),
  addressed as (  -- a CEPTOAR may be reached in several ways; the widest comes first
    select distinct on (x.ceptoar_id, x.subgroup_id, x.contact_id) x.* from (
      select c.ceptoar_id, null::text as subgroup_id, null::uuid as contact_id, 'addressed_sector' as rule, 2 as width
        from public.advisory_addressees ad join public.ceptoars c using (sector_id) where ad.advisory_id = p_advisory
      union all
      select ad.ceptoar_id, null, null, 'addressed_ceptoar', 1
        from public.advisory_addressees ad where ad.advisory_id = p_advisory and ad.ceptoar_id is not null
      union all
      select s.ceptoar_id, s.subgroup_id, null, 'addressed_subgroup', 3
        from public.advisory_addressees ad join public.subgroups s using (subgroup_id) where ad.advisory_id = p_advisory
      union all
      select k.ceptoar_id, null, k.contact_id, 'named_person', 4
        from public.advisory_addressees ad join public.windows k using (contact_id) cross join item i
        where ad.advisory_id = p_advisory and i.level = 'RED'
    ) x order by x.ceptoar_id, x.subgroup_id, x.contact_id, x.width),
  stages as (
    select distinct ad.ceptoar_id, r.stage from addressed ad
    join public.route_stages r on r.ceptoar_id = ad.ceptoar_id
    cross join item i where r.valid @> i.today),
  organisations_due as (
    select distinct on (o.ceptoar_id, o.stage, o.organisation_id) o.* from (
      select ad.ceptoar_id, 'member' as stage, ad.rule, ad.width, m.organisation_id
        from addressed ad
        join stages s on s.ceptoar_id = ad.ceptoar_id and s.stage = 'member'
        join public.memberships m on m.ceptoar_id = ad.ceptoar_id
         and (ad.subgroup_id is null or m.subgroup_id = ad.subgroup_id)
         and (ad.contact_id is null or m.organisation_id =
              (select k.organisation_id from public.windows k where k.contact_id = ad.contact_id))
        cross join item i where m.valid @> i.today
      union all
      select s.ceptoar_id, 'secretariat', 'route_secretariat', 9, t.organisation_id
        from stages s join public.secretariat_terms t using (ceptoar_id) cross join item i
        where s.stage = 'secretariat' and t.valid @> i.today
      union all
      select s.ceptoar_id, 'ministry', 'route_ministry', 9, sm.organisation_id
        from stages s join public.ceptoars c using (ceptoar_id)
        join public.sector_ministries sm using (sector_id) cross join item i
        where s.stage = 'ministry' and sm.valid @> i.today
    ) o order by o.ceptoar_id, o.stage, o.organisation_id, o.width),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level, i.handler_scope,
           exists (select from public.advisory_addressees ad
                   where ad.advisory_id = p_advisory and ad.contact_id = k.contact_id) as named
    from organisations_due o cross join item i
    left join public.contacts k on k.organisation_id = o.organisation_id and k.valid @> i.today
      and (k.ceptoar_id = o.ceptoar_id or (k.ceptoar_id is null and o.stage = 'ministry'))
    left join lateral (
      select c.value from public.contact_channels c
      where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> i.today
      order by (c.hours = 'always' or (c.hours = 'off_hours') = i.off_hours) desc, c.position
      limit 1) ch on true),
  judged as (
    select w.*, case
        when w.level = 'RED' and w.stage <> 'member' then 'not_on_route'
        when w.contact_id is null then 'no_window'
        when w.handler_scope = 'named' and not w.named then 'not_named'
        when w.handler_scope = 'handlers' and not w.handler then 'not_handler'
        when w.address is null then 'no_mail'
        else 'due' end as first_verdict
    from windows w)
  select j.ceptoar_id, j.stage, j.rule, j.organisation_id, j.contact_id, j.window_position, j.language, j.address,
         case when j.first_verdict = 'due' and row_number() over (
                partition by j.first_verdict, lower(j.address)
                order by j.stage, j.window_position, j.ceptoar_id, j.contact_id) > 1
              then 'same_address' else j.first_verdict end
  from judged j
  $$;

create or replace function sharing_named_windows(p_advisory uuid)
 returns table(contact_id uuid, organisation_id uuid, ceptoar_id text, window_position smallint)
 language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select distinct on (k.contact_id) k.contact_id, k.organisation_id, k.ceptoar_id, k.position
        from public.advisory_addressees ad join public.contacts k using (contact_id)
        where ad.advisory_id = p_advisory
          and (p_advisory = any (public.viewer_drafts())
               or (p_advisory = any (public.viewer_contents()) and public.viewer_has_role('nisc_analyst', 'nisc_approver')))
        order by k.contact_id, k.valid @> public.viewer_today() desc, lower(k.valid) desc nulls last $$;

create or replace function people_duties(p_accounts uuid[])
 returns table(affiliation_id uuid, account_id uuid, role text, organisation_id uuid, organisation_ja text, organisation_en text, ceptoar_id text, ceptoar_ja text, ceptoar_en text, window_label text, window_position smallint, begins_on date, ends_on date, never boolean, reason text, granted_at timestamp with time zone, granted_by text, confirmed_by text, ended_at timestamp with time zone, ended_by text, end_reason text)
 language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select f.affiliation_id, f.account_id, f.role, f.organisation_id, coalesce(n.ja, ''), coalesce(n.en, ''),
         f.ceptoar_id, c.ja, c.en, k.label, k.position, lower(f.valid), upper(f.valid) - 1, isempty(f.valid),
         f.reason, f.granted_at, g.display_name, z.display_name, f.ended_at, e.display_name, f.end_reason
  from public.affiliations f
  left join lateral (select x.ja, x.en from public.organisation_names x where x.organisation_id = f.organisation_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) n on true
  left join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = f.ceptoar_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) c on true
  left join lateral (select x.label, x.position from public.contacts x where x.contact_id = f.contact_id
                     order by x.valid @> public.viewer_today() desc, lower(x.valid) desc nulls last limit 1) k on true
  left join public.accounts g on g.account_id = f.granted_by
  left join public.accounts z on z.account_id = f.confirmed_by
  left join public.accounts e on e.account_id = f.ended_by
  where f.account_id = any (p_accounts) and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id)
  order by isempty(f.valid), upper(f.valid) desc nulls first, lower(f.valid) desc $$;

create or replace function people_requests(p_request uuid, p_account uuid)
 returns table(request_id uuid, account_id uuid, display_name text, purpose text, role text, organisation_id uuid, organisation_ja text, organisation_en text, ceptoar_id text, ceptoar_ja text, ceptoar_en text, window_label text, window_position smallint, begins_on date, ends_on date, reason text, asked_by uuid, asked_by_name text, asked_at timestamp with time zone, decision text, decided_by_name text, decided_at timestamp with time zone, waits boolean, counts boolean, handlers_answer boolean, asked_address text, sign_in_name text, mail_address text, made_at timestamp with time zone, made_by_name text)
 language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select r.request_id, r.account_id,
         -- The stored name is for whom the person works, or worked; everybody else knows the name that was typed.
         case when exists (select from public.affiliations f where f.account_id = r.account_id
                           and public.people_reaches(f.role, f.organisation_id, f.ceptoar_id))
              then a.display_name else coalesce(r.asked_name, a.display_name) end,
         r.purpose, r.role, r.organisation_id, n.ja, n.en, r.ceptoar_id,
         c.ja, c.en, w.label, w.position, lower(r.valid), upper(r.valid) - 1, r.reason, r.asked_by, b.display_name,
         r.asked_at, r.decision, d.display_name, r.decided_at, public.people_waits(r.decision, r.asked_at),
         public.people_request_counts(r.account_id, r.purpose, r.decision, r.asked_at),
         k.members and not exists (
           select from public.people_firm_keepers(r.organisation_id, array[r.account_id, r.asked_by]) p (account_id)
           join public.affiliations f on f.account_id = p.account_id and f.organisation_id = r.organisation_id
             and f.role = 'member_admin' and f.valid @> public.viewer_today()),
         case when k.shown and (not k.members or k.firm) then r.mail_address end,
         case when k.shown and not k.members then a.sign_in_name end,
         case when k.shown and not k.members then a.mail_address end,
         case when k.shown and not k.members then a.created_at end,
         case when k.shown and not k.members then m.display_name end
  from public.grant_requests r
  join public.accounts a on a.account_id = r.account_id
  join public.accounts b on b.account_id = r.asked_by
  cross join lateral (select public.people_is_members_role(r.role) as members,
                             public.people_waits(r.decision, r.asked_at)
                             and r.asked_by <> public.viewer_account() as shown,
                             r.organisation_id = any (public.viewer_kept_firms())
                             or public.people_consents(r.role, r.organisation_id, r.account_id, r.asked_by) as firm) k
  left join public.accounts d on d.account_id = r.decided_by
  left join lateral (select x.label, x.position from public.contacts x where x.contact_id = r.contact_id
                     order by x.valid @> public.viewer_today() desc, lower(x.valid) desc nulls last limit 1) w on true
  -- An account is made in the same step as its first duty or request.
  left join lateral (
    select x.display_name from public.accounts x where x.account_id in (
      select f.granted_by from public.affiliations f where f.account_id = r.account_id and f.granted_at = a.created_at
      union all
      select q.asked_by from public.grant_requests q where q.account_id = r.account_id and q.asked_at = a.created_at)
    limit 1) m on true
  left join lateral (select x.ja, x.en from public.organisation_names x where x.organisation_id = r.organisation_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) n on true
  left join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = r.ceptoar_id
                     order by upper_inf(x.valid) desc, lower(x.valid) desc nulls last limit 1) c on true
  where (case when k.members then k.firm or coalesce(r.ceptoar_id = any (public.viewer_kept_ceptoars()), false)
              else public.viewer_keeps_staff() end)
    and case when p_request is not null then r.request_id = p_request
             when p_account is not null then r.account_id = p_account
             else public.people_waits(r.decision, r.asked_at) end
  order by r.decision is not null, r.asked_at limit 200 $$;
