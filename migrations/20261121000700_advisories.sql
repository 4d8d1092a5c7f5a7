-- 情報提供. The row here is the envelope: what a desk on the route may know even of a RED item.
-- Everything with content is in advisory_texts, under a stricter policy.
create table advisories (
  advisory_id uuid primary key default gen_random_uuid(),  -- random: ids tell nothing
  number text not null constraint advisories_number_key unique,   -- e.g. 2026-0042 (fiscal year, serial)
  fiscal_year smallint not null,
  serial integer not null,
  state text not null default 'draft' check (state in ('draft', 'review', 'published')),
  level text not null check (level in ('RED', 'AMBER_STRICT', 'AMBER', 'GREEN', 'CLEAR')),
  handler_scope text not null check (handler_scope in ('named', 'handlers', 'organisation')),
  drill boolean not null default false,
  created_by uuid not null references accounts,
  created_at timestamptz not null,
  edits integer not null default 0,            -- counts saves: a save names the state it started from
  last_edited_by uuid not null references accounts,
  submitted_by uuid references accounts,
  submitted_at timestamptz,
  approved_by uuid references accounts,
  published_at timestamptz,
  approved_hash bytea,                         -- SHA-256 over what the approver saw: text, level, recipients
  answer_due timestamptz,
  valid_until date,
  constraint advisories_serial_key unique (fiscal_year, serial),
  constraint advisories_two_persons check (approved_by is null or approved_by not in (created_by, last_edited_by, submitted_by)),
  constraint advisories_red_is_named check (level <> 'RED' or handler_scope = 'named'),
  constraint advisories_published_whole check ((state = 'published') =
    (approved_by is not null and published_at is not null and approved_hash is not null))
);
create index advisories_published on advisories (published_at desc, advisory_id) where state = 'published';

create table advisory_texts (
  advisory_id uuid primary key references advisories on delete cascade,
  kind text not null check (kind in ('early_warning', 'alert', 'reference', 'newsletter')),
  title text not null default '',
  summary text not null default '',
  impact text not null default '',
  countermeasure text not null default '',
  purpose text not null check (purpose in ('prevention', 'containment', 'recurrence')),
  links text[] not null default '{}',
  cves text[] not null default '{}',
  products text[] not null default '{}',
  search_text text not null default ''         -- folded (NFKC, lower case, kana) for searching
);

create table advisory_addressees (
  advisory_id uuid not null references advisories on delete cascade,
  sector_id text references sectors,
  ceptoar_id text references ceptoars,
  subgroup_id text references subgroups,
  contact_id uuid references contacts,         -- a named person's window: RED only
  constraint advisory_addressees_one_target check (num_nonnulls(sector_id, ceptoar_id, subgroup_id, contact_id) = 1),
  constraint advisory_addressees_key unique nulls not distinct
    (advisory_id, sector_id, ceptoar_id, subgroup_id, contact_id)
);

-- Frozen at approval: the organisations (and on which hop) that the item is shared with.
create table advisory_audience (
  advisory_id uuid not null references advisories,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  stage text not null check (stage in ('ministry', 'secretariat', 'member')),
  rule text not null,                          -- why it is in the audience
  primary key (advisory_id, organisation_id, ceptoar_id, stage)
);
create index advisory_audience_organisation on advisory_audience (organisation_id, advisory_id);

create table advisory_acknowledgements (
  advisory_id uuid not null references advisories,
  organisation_id uuid not null references organisations,
  account_id uuid not null references accounts,
  contact_id uuid references contacts,
  acknowledged_at timestamptz not null,
  primary key (advisory_id, organisation_id, account_id)
);

-- Serial numbers run per fiscal year. An analyst does not see all items, so the database counts.
create table advisory_serials (
  fiscal_year smallint primary key,
  last_serial integer not null
);
call protect('advisory_serials');

create function next_advisory_serial(p_fiscal_year smallint) returns integer
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ insert into public.advisory_serials as s (fiscal_year, last_serial) values (p_fiscal_year, 1)
        on conflict (fiscal_year) do update set last_serial = s.last_serial + 1
        returning last_serial $$;

-- Who may know that the item exists, once published (the envelope).
create function viewer_envelopes() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select coalesce(array_agg(distinct u.advisory_id), '{}') from (
    select a.advisory_id from public.advisories a
      where a.state = 'published' and a.level <> 'RED'
        and public.viewer_has_role('nisc_analyst', 'nisc_approver')
    union all
    select a.advisory_id from public.advisories a   -- case team, for as long as they are at the centre
      where a.state = 'published' and public.viewer_has_role('nisc_analyst', 'nisc_approver')
        and public.viewer_account() in (a.created_by, a.last_edited_by, a.submitted_by, a.approved_by)
    union all
    -- the desks and ministries on the route
    select au.advisory_id from public.advisory_audience au
      join public.affiliations f on f.organisation_id = au.organisation_id
       and f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
      where (au.stage = 'secretariat' and f.role in ('secretariat', 'coordinator') and f.ceptoar_id = au.ceptoar_id)
         or (au.stage = 'ministry' and f.role = 'ministry_liaison')
    union all
    -- members, as far as the handler scope admits the person
    select au.advisory_id from public.advisory_audience au
      join public.advisories a on a.advisory_id = au.advisory_id
      join public.affiliations f on f.organisation_id = au.organisation_id
       and f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
       and (f.ceptoar_id is null or f.ceptoar_id = au.ceptoar_id)
      where au.stage = 'member'
        and case a.handler_scope
              when 'organisation' then f.role in ('member_poc', 'hub_member', 'member_reader')
              when 'handlers' then f.role in ('member_poc', 'hub_member')
              when 'named' then f.role in ('member_poc', 'hub_member') and exists (
                select from public.advisory_addressees ad
                where ad.advisory_id = a.advisory_id and ad.contact_id = f.contact_id)
            end
  ) u $$;

-- Who may read the content: as above, but a RED item is for the named persons and the case team alone.
create function viewer_contents() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select coalesce(array_agg(a.advisory_id), '{}') from public.advisories a
  where a.advisory_id = any (public.viewer_envelopes())
    and (a.level <> 'RED'
         or (public.viewer_account() in (a.created_by, a.last_edited_by, a.submitted_by, a.approved_by)
             and public.viewer_has_role('nisc_analyst', 'nisc_approver'))
         or exists (select from public.advisory_addressees ad
                    join public.affiliations f on f.contact_id = ad.contact_id
                    where ad.advisory_id = a.advisory_id and f.account_id = public.viewer_account()
                      and f.valid @> public.viewer_today()
                      and f.role in ('member_poc', 'hub_member'))) $$;

-- Unpublished items: their author's and every approver's.
create function viewer_drafts() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(a.advisory_id), '{}') from public.advisories a
        where a.state <> 'published'
          and (public.viewer_has_role('nisc_approver')
               or (public.viewer_has_role('nisc_analyst')
                   and public.viewer_account() in (a.created_by, a.last_edited_by))) $$;

call protect('advisories');
create policy envelope on advisories for select to portal_app using (
  advisory_id = any ((select viewer_envelopes())::uuid[]) or advisory_id = any ((select viewer_drafts())::uuid[])
  or created_by = (select viewer_account()));
create policy draft on advisories for insert to portal_app with check (
  (select viewer_has_role('nisc_analyst', 'nisc_approver')) and state = 'draft'
  and created_by = (select viewer_account()) and last_edited_by = (select viewer_account()));
-- Published rows are out of every update's reach; the check names who may do which step.
create policy work on advisories for update to portal_app
  using (state <> 'published' and advisory_id = any ((select viewer_drafts())::uuid[]))
  with check (case state
    when 'draft' then (select viewer_has_role('nisc_analyst', 'nisc_approver'))
    when 'review' then (select viewer_has_role('nisc_analyst', 'nisc_approver'))
    when 'published' then (select viewer_has_role('nisc_approver')) and approved_by = (select viewer_account())
    else false end);
create policy discard on advisories for delete to portal_app
  using (state = 'draft' and created_by = (select viewer_account()));

call protect('advisory_texts');
create policy content on advisory_texts for select to portal_app using (
  advisory_id = any ((select viewer_contents())::uuid[]) or advisory_id = any ((select viewer_drafts())::uuid[]));
create policy write_draft on advisory_texts to portal_app
  using (advisory_id = any ((select viewer_drafts())::uuid[]))
  with check (advisory_id = any ((select viewer_drafts())::uuid[]));

call protect('advisory_addressees');
create policy content on advisory_addressees for select to portal_app using (
  (select viewer_has_role('nisc_analyst', 'nisc_approver'))
  and (advisory_id = any ((select viewer_contents())::uuid[]) or advisory_id = any ((select viewer_drafts())::uuid[])));
create policy write_draft on advisory_addressees to portal_app
  using (advisory_id = any ((select viewer_drafts())::uuid[]))
  with check (advisory_id = any ((select viewer_drafts())::uuid[]));

call protect('advisory_audience');
-- The centre sees all organisations, a desk its own CEPTOAR, everybody else his own organisation.
create policy own_view on advisory_audience for select to portal_app using (
  advisory_id = any ((select viewer_envelopes())::uuid[])
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_organisations())::uuid[])));

call protect('advisory_acknowledgements');
create policy own_view on advisory_acknowledgements for select to portal_app using (
  advisory_id = any ((select viewer_envelopes())::uuid[])
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or organisation_id = any ((select viewer_organisations())::uuid[])
       or organisation_id = any ((select viewer_member_organisations())::uuid[])));
create policy acknowledge on advisory_acknowledgements for insert to portal_app with check (
  account_id = (select viewer_account())
  and organisation_id = any ((select viewer_organisations())::uuid[])
  and advisory_id = any ((select viewer_contents())::uuid[]));

create policy own_view on deliveries for select to portal_app using (
  item_id = any ((select viewer_envelopes())::uuid[])
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_organisations())::uuid[])));
create policy own_view on delivery_addresses for select to portal_app using (
  organisation_id = any ((select viewer_organisations())::uuid[])
  or ceptoar_id = any ((select viewer_ceptoars())::text[]));
create policy enqueue on mails for insert to portal_app with check ((select viewer_has_role('nisc_approver')));
create policy content on mails for select to portal_app using (
  (select viewer_has_role('nisc_analyst', 'nisc_approver'))
  and item_id = any ((select viewer_contents())::uuid[]));

grant select, insert, update, delete on advisories to portal_app;
grant select, insert, update on advisory_texts to portal_app;
grant select, insert, delete on advisory_addressees to portal_app;
grant select on advisory_audience, deliveries, delivery_addresses to portal_app;
grant select, insert on advisory_acknowledgements, mails to portal_app;
grant execute on function next_advisory_serial(smallint) to portal_app;
