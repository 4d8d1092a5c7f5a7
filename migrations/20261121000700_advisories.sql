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
  constraint advisories_two_persons check (approved_by is null
    or (submitted_by is not null and approved_by not in (created_by, last_edited_by, submitted_by))),
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
-- "What do my organisations still owe" starts from the organisation; the key starts from the item.
create index advisory_acknowledgements_organisation on advisory_acknowledgements (organisation_id, advisory_id);

-- Serial numbers run per fiscal year. An analyst does not see all items, so the database counts.
create table advisory_serials (
  fiscal_year smallint primary key,
  last_serial integer not null
);
call protect('advisory_serials');

create function next_advisory_serial(p_fiscal_year smallint) returns integer
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ insert into public.advisory_serials as s (fiscal_year, last_serial)
        select p_fiscal_year, 1 where public.viewer_has_role('nisc_analyst', 'nisc_approver')
        on conflict (fiscal_year) do update set last_serial = s.last_serial + 1
        returning last_serial $$;

-- The viewer's hats: on which hop, for which organisation and in which role an item reaches the person
-- looking; `sealed` where that hat sees the envelope only. Row by row, because two hats owe two
-- acknowledgements and see two delivery lists. NULL asks for all items.
create function viewer_hats(p_advisories uuid[])
  returns table (advisory_id uuid, ceptoar_id text, stage text, organisation_id uuid, role text, contact_id uuid,
                 sealed boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with hats as materialized (
    select f.role, f.organisation_id, f.ceptoar_id, f.contact_id from public.affiliations f
    where f.account_id = (select public.viewer_account()) and f.valid @> (select public.viewer_today()))
  select au.advisory_id, au.ceptoar_id, au.stage, au.organisation_id, h.role, h.contact_id,
         a.level = 'RED' and au.stage <> 'member'
  from hats h
  join public.advisory_audience au on au.organisation_id = h.organisation_id
   and (p_advisories is null or au.advisory_id = any (p_advisories))
  join public.advisories a on a.advisory_id = au.advisory_id and a.state = 'published'
  where case au.stage
          when 'secretariat' then h.role in ('secretariat', 'coordinator') and h.ceptoar_id = au.ceptoar_id
          when 'ministry' then h.role = 'ministry_liaison'
          when 'member' then (h.ceptoar_id is null or h.ceptoar_id = au.ceptoar_id) and case a.handler_scope
              when 'organisation' then h.role in ('member_poc', 'hub_member', 'member_reader')
              -- A person who answers for a window is a handler where the window is one.
              when 'handlers' then h.role in ('member_poc', 'hub_member') and (h.contact_id is null or exists (
                select from public.contacts k where k.contact_id = h.contact_id and k.handler
                  and k.valid @> public.viewer_today()))
              when 'named' then h.role in ('member_poc', 'hub_member') and exists (
                select from public.advisory_addressees ad
                where ad.advisory_id = a.advisory_id and ad.contact_id = h.contact_id)
            end
        end $$;

-- Every published item that the viewer may know of, and whether the content is for them as well. The viewer
-- is looked up once and not per row, so that a list over a thousand items stays quick.
create function viewer_items() returns table (advisory_id uuid, content boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with me as materialized (
    select public.viewer_account() as account_id,
           public.viewer_has_role('nisc_analyst', 'nisc_approver') as at_centre)
  select u.advisory_id, bool_or(u.content) from (
    -- The centre sees all but RED; the case team sees its own items at any level, while it is at the centre.
    select a.advisory_id, true as content from me, public.advisories a
      where a.state = 'published' and me.at_centre
        and (a.level <> 'RED' or me.account_id in (a.created_by, a.last_edited_by, a.submitted_by, a.approved_by))
    union all
    select h.advisory_id, not h.sealed from public.viewer_hats(null) h
  ) u group by 1 $$;

-- Who may know that an item exists, once published (the envelope).
create function viewer_envelopes() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(i.advisory_id), '{}') from public.viewer_items() i $$;

-- Who may read it: a RED item is for the named persons and the case team alone.
create function viewer_contents() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(i.advisory_id), '{}') from public.viewer_items() i where i.content $$;

-- Unpublished items: their author's and every approver's.
create function viewer_drafts() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(a.advisory_id), '{}') from public.advisories a
        where a.state <> 'published'
          and (public.viewer_has_role('nisc_approver')
               or (public.viewer_has_role('nisc_analyst')
                   and public.viewer_account() in (a.created_by, a.last_edited_by))) $$;

-- Hashed look-ups throughout: `= any (array)` would compare each of 15,000 rows with each item.
-- What its author may still write: nobody rewrites what somebody else has submitted or may approve.
create function viewer_own_drafts() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(a.advisory_id), '{}') from public.advisories a
        where a.state = 'draft' and a.created_by = public.viewer_account()
          and public.viewer_has_role('nisc_analyst', 'nisc_approver') $$;

-- The steps of an advisory, held against whatever the application sends: who takes which, and that
-- submitting, sending back and publishing change nothing that somebody has read.
create function advisories_take_steps() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  viewer uuid := public.viewer_account();
  same boolean := (new.level, new.handler_scope, new.drill, new.edits, new.last_edited_by, new.answer_due, new.valid_until)
    is not distinct from
    (old.level, old.handler_scope, old.drill, old.edits, old.last_edited_by, old.answer_due, old.valid_until);
  allowed boolean := case old.state || '>' || new.state
    when 'draft>draft' then old.created_by = viewer and new.last_edited_by = viewer
      and new.submitted_by is null and new.approved_by is null
    when 'draft>review' then same and old.created_by = viewer and new.submitted_by = viewer and new.approved_by is null
    when 'review>draft' then same and new.submitted_by is null and new.approved_by is null
    when 'review>published' then same and new.approved_by = viewer
      and (new.submitted_by, new.submitted_at) is not distinct from (old.submitted_by, old.submitted_at)
    else false end;
begin
  -- Requests come as portal_app; the owner may arrange things for tests and benchmarks.
  if current_user = 'portal_app' and allowed is not true then
    raise exception 'not a step of an advisory' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger advisories_steps before update on advisories for each row execute function advisories_take_steps();

call protect('advisories');
create policy envelope on advisories for select to portal_app using (
  advisory_id in (select unnest((select viewer_envelopes())))
  or advisory_id in (select unnest((select viewer_drafts()))));
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
  advisory_id in (select unnest((select viewer_contents())))
  or advisory_id in (select unnest((select viewer_drafts()))));
create policy write_draft on advisory_texts to portal_app
  using (advisory_id = any ((select viewer_own_drafts())::uuid[]))
  with check (advisory_id = any ((select viewer_own_drafts())::uuid[]));

call protect('advisory_addressees');
create policy content on advisory_addressees for select to portal_app using (
  (select viewer_has_role('nisc_analyst', 'nisc_approver'))
  and (advisory_id = any ((select viewer_contents())::uuid[]) or advisory_id = any ((select viewer_drafts())::uuid[])));
create policy write_draft on advisory_addressees to portal_app
  using (advisory_id = any ((select viewer_own_drafts())::uuid[]))
  with check (advisory_id = any ((select viewer_own_drafts())::uuid[]));

call protect('advisory_audience');
-- The centre sees all organisations, a desk its own CEPTOAR, everybody else his own organisation.
create policy own_view on advisory_audience for select to portal_app using (
  advisory_id in (select unnest((select viewer_envelopes())))
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_organisations())::uuid[])));

call protect('advisory_acknowledgements');
create policy own_view on advisory_acknowledgements for select to portal_app using (
  advisory_id in (select unnest((select viewer_envelopes())))
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or organisation_id = any ((select viewer_answering_organisations())::uuid[])
       or organisation_id in (select unnest((select viewer_member_organisations())))));
create policy acknowledge on advisory_acknowledgements for insert to portal_app with check (
  account_id = (select viewer_account())
  and exists (select from viewer_hats(array[advisory_id]) h
              where h.organisation_id = advisory_acknowledgements.organisation_id and not h.sealed
                and h.role <> 'member_reader'));

create policy own_view on deliveries for select to portal_app using (
  item_id in (select unnest((select viewer_envelopes())))
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_answering_organisations())::uuid[])));
-- An address is readable where its delivery is, and there by those who keep the list alone. A desk keeps
-- its members' windows and its own; the ministry's belong to the ministry, as in contacts.
create policy own_view on delivery_addresses for select to portal_app using (
  exists (select from deliveries d where d.delivery_id = delivery_addresses.delivery_id
          and (d.organisation_id = any ((select viewer_answering_organisations())::uuid[])
               or (d.ceptoar_id = any ((select viewer_ceptoars())::text[]) and d.stage <> 'ministry'))));
create policy enqueue on mails for insert to portal_app with check (
  (select viewer_has_role('nisc_approver'))
  and exists (select from advisories a where a.advisory_id = item_id and a.state = 'published'
              and a.approved_by = (select viewer_account())));
create policy content on mails for select to portal_app using (
  (select viewer_has_role('nisc_analyst', 'nisc_approver'))
  and item_id = any ((select viewer_contents())::uuid[]));

grant select, insert, delete on advisories to portal_app;
grant update (state, level, handler_scope, drill, edits, last_edited_by, submitted_by, submitted_at, approved_by,
  published_at, approved_hash, answer_due, valid_until) on advisories to portal_app;
grant select, insert, update on advisory_texts to portal_app;
grant select, insert, delete on advisory_addressees to portal_app;
grant select on advisory_audience, deliveries, delivery_addresses to portal_app;
grant select, insert on advisory_acknowledgements, mails to portal_app;
grant execute on function next_advisory_serial(smallint) to portal_app;
grant execute on function viewer_hats(uuid[]), viewer_own_drafts() to portal_app;
