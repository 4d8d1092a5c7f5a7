-- The same rules as before, written so that a page pays little for them
-- (docs/decisions/0021-row-security-at-speed.md; `ceptoar-portal bench walls` measures it).

-- Who is looking, and on which day. The bodies are parsed here and not where they are called (so a search path
-- cannot change them) and need no settings of their own: the planner puts them in the place of the call.
create or replace function viewer_account() returns uuid language sql stable parallel safe
  return nullif(current_setting('portal.account', true), '')::uuid;
create or replace function viewer_today() returns date language sql stable parallel safe
  return coalesce(nullif(current_setting('portal.today', true), '')::date, (now() at time zone 'Asia/Tokyo')::date);

-- What policies ask about the viewer. In plpgsql, which keeps the plan for the whole connection: in SQL each of them
-- was planned anew in each statement, which took most of the time of a short one.
create or replace function viewer_has_role(variadic roles text[]) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.affiliations f
                   where f.account_id = public.viewer_account() and f.role = any (roles)
                     and f.valid @> public.viewer_today());
  end $$;

create function viewer_at_centre() returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin return public.viewer_has_role('nisc_analyst', 'nisc_approver'); end $$;

create or replace function viewer_organisations() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct f.organisation_id), '{}') from public.affiliations f
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.role in ('ministry_liaison', 'secretariat', 'coordinator',
                             'member_poc', 'member_reader', 'hub_member'));
  end $$;

create or replace function viewer_answering_organisations() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct f.organisation_id), '{}') from public.affiliations f
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.role in ('ministry_liaison', 'secretariat', 'coordinator', 'member_poc', 'hub_member'));
  end $$;

create or replace function viewer_ceptoars() returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct f.ceptoar_id), '{}') from public.affiliations f
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.role in ('secretariat', 'coordinator') and f.ceptoar_id is not null);
  end $$;

create or replace function viewer_windows() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct f.contact_id), '{}') from public.affiliations f
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.contact_id is not null);
  end $$;

create or replace function viewer_drafts() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(a.advisory_id), '{}') from public.advisories a
            where a.state <> 'published'
              and (public.viewer_has_role('nisc_approver')
                   or (public.viewer_has_role('nisc_analyst')
                       and public.viewer_account() in (a.created_by, a.last_edited_by))));
  end $$;

-- Whether a published item is the centre's to know: all but RED, and RED for its own case team. The planner puts it
-- in the place of the call as well: it is asked for each row.
create function centre_knows(p_at_centre boolean, p_viewer uuid, p_level text, p_team uuid[]) returns boolean
  language sql immutable parallel safe
  return p_at_centre and (p_level <> 'RED' or p_viewer = any (p_team));

-- What even the centre does not see with the rest: other teams' RED items, and what is not published (drafts have
-- policies of their own). Few, where what it sees is nearly everything.
create function viewer_kept_from() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    -- For others the list would tell which items there are.
    if not public.viewer_at_centre() then return '{}'; end if;
    return (select coalesce(array_agg(a.advisory_id), '{}') from public.advisories a
            where (a.level = 'RED' or a.state <> 'published')
              and (a.state = 'published'
                   and public.centre_knows(true, public.viewer_account(), a.level,
                         array[a.created_by, a.last_edited_by, a.submitted_by, a.approved_by])) is not true);
  end $$;
create index advisories_apart on advisories (advisory_id) where level = 'RED' or state <> 'published';

-- Lists are newest first, drafts by their beginning.
create index advisories_shown on advisories (coalesce(published_at, created_at) desc, advisory_id desc);

-- Doors. Each hop of a published item says itself which hats it opens to (`door`), whether they see the envelope
-- only (`sealed`), and at RED the windows that it names; so whether a hop opens to a viewer is seen from its own row
-- and the few doors that the viewer's hats have, however many items there are.
alter table advisory_audience add column door text, add column sealed boolean not null default true, add column named text[];
comment on column advisory_audience.door is 'which hats it opens to; null to none. Follows from the item';
create index advisory_audience_door on advisory_audience (door, advisory_id);

create function audience_door(p_stage text, p_scope text, p_organisation uuid, p_ceptoar text) returns text
  language sql immutable parallel safe
  return case p_stage when 'ministry' then 'ministry/' || p_organisation
                      when 'secretariat' then 'secretariat/' || p_organisation || '/' || p_ceptoar
                      when 'member' then p_scope || '/' || p_organisation || '/' || p_ceptoar end;

-- The windows that an item names, as doors say them; null where it names none. With the hop's organisation and CEPTOAR:
-- a hat opens it only where that very hat answers for the window.
create function audience_named(p_advisory uuid, p_scope text, p_organisation uuid, p_ceptoar text) returns text[]
  language plpgsql stable set search_path = pg_catalog, pg_temp
  as $$ begin
    if p_scope <> 'named' then return null; end if;
    return array(select 'window/' || p_organisation || '/' || ad.contact_id || '/' || p_ceptoar from public.advisory_addressees ad
                 where ad.advisory_id = p_advisory and ad.contact_id is not null);
  end $$;

create function hang_doors(p_advisory uuid) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  update public.advisory_audience au
  set door = case a.state when 'published'
               then public.audience_door(au.stage, a.handler_scope, au.organisation_id, au.ceptoar_id) end,
      sealed = a.level = 'RED' and au.stage <> 'member',
      named = case when au.stage = 'member' then public.audience_named(a.advisory_id, a.handler_scope, au.organisation_id, au.ceptoar_id) end
  from public.advisories a
  where a.advisory_id = p_advisory and au.advisory_id = p_advisory $$;

-- When the item changes, its doors do. A publication hangs them with the rows; who else writes rows gets them here.
create function hang_doors_again() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin perform public.hang_doors(new.advisory_id); return null; end $$;
create trigger advisories_doors after update of state, level, handler_scope on advisories
  for each row execute function hang_doors_again();

create function hang_missing_doors() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    perform public.hang_doors(n.advisory_id) from (select distinct advisory_id from fresh where door is null) n;
    return null;
  end $$;
create trigger advisory_audience_doors after insert on advisory_audience referencing new table as fresh
  for each statement execute function hang_missing_doors();

-- The publication, as before; with the doors of each hop.
create or replace function sharing_freeze(p_advisory uuid, p_now timestamptz, p_priority smallint, p_give_up_at timestamptz,
                               p_digest text default null)
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    item public.advisories;
    queued integer;
    digest text;
  begin
    select * into item from public.advisories a where a.advisory_id = p_advisory and a.state = 'published'
      and a.approved_by = public.viewer_account();
    if not found then
      raise exception 'only the approver freezes the audience, in the publication itself'
        using errcode = 'insufficient_privilege';
    end if;
    with windows as materialized (
      select w.*, gen_random_uuid() as delivery_id from public.sharing_windows(p_advisory, p_now) w),
    audience as (
      insert into public.advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule, door, sealed, named)
      select distinct on (organisation_id, ceptoar_id, stage) p_advisory, organisation_id, ceptoar_id, stage, rule,
             public.audience_door(stage, item.handler_scope, organisation_id, ceptoar_id),
             item.level = 'RED' and stage <> 'member',
             case when stage = 'member' then public.audience_named(p_advisory, item.handler_scope, organisation_id, ceptoar_id) end
      from windows order by organisation_id, ceptoar_id, stage, rule),
    due as (
      insert into public.deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                     position, priority, give_up_at)
      select w.delivery_id, m.mail_id, p_advisory, w.organisation_id, w.ceptoar_id, w.contact_id, w.stage,
             -- The queue is judged on the database's clock; the application's only says for how long.
             w.window_position, p_priority, now() + (p_give_up_at - p_now)
      from windows w join public.mails m on m.item_id = p_advisory and m.language = w.language
      where w.verdict = 'due'),
    addresses as (
      insert into public.delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
      select w.delivery_id, w.organisation_id, w.ceptoar_id, w.address,
             coalesce(case w.language when 'en' then n.en else n.ja end, '')
      from windows w
      left join public.organisation_names n on n.organisation_id = w.organisation_id
        and n.valid @> (p_now at time zone 'Asia/Tokyo')::date
      where w.verdict = 'due')
    select count(*) filter (where verdict = 'due'), public.sharing_digest(array_agg(
             concat_ws('|', ceptoar_id, stage, organisation_id, contact_id, verdict)))
      into queued, digest from windows;
    -- Not the windows that the approver saw: the caller gives everything up.
    if p_digest is not null and p_digest <> digest then
      return -1;
    end if;
    perform pg_notify('outbox', '');
    return queued;
  end $$;

-- What hangs there already.
select hang_doors(advisory_id) from advisories where state = 'published';

-- The doors that each of the viewer's hats has.
create function viewer_keys() returns table (role text, organisation_id uuid, contact_id uuid, door text, window_key text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    with hats as (
      select f.role, f.organisation_id, f.contact_id, c.ceptoar_id, f.ceptoar_id is not null as of_ceptoar,
             f.role in ('member_poc', 'hub_member') as answers,
             -- A person who answers for a window is a handler where the window is one.
             f.contact_id is null or exists (
               select from public.contacts k
               where k.contact_id = f.contact_id and k.handler and k.valid @> public.viewer_today()) as handles
      from public.affiliations f
      -- A member's hat of no CEPTOAR is worn in all of them; a desk is always the desk of one.
      join public.ceptoars c on f.ceptoar_id is null or c.ceptoar_id = f.ceptoar_id
      where f.account_id = public.viewer_account() and f.valid @> public.viewer_today())
    select distinct h.role, h.organisation_id, h.contact_id,
           public.audience_door(d.stage, d.scope, h.organisation_id, h.ceptoar_id),
           case d.scope when 'named' then 'window/' || h.organisation_id || '/' || h.contact_id || '/' || h.ceptoar_id end
    from hats h
    cross join lateral (values
      ('ministry', null, h.role = 'ministry_liaison'),
      ('secretariat', null, h.of_ceptoar and h.role in ('secretariat', 'coordinator')),
      ('member', 'organisation', h.answers or h.role = 'member_reader'),
      ('member', 'handlers', h.answers and h.handles),
      ('member', 'named', h.answers and h.contact_id is not null)) d (stage, scope, opens)
    where d.opens;
  end $$;

-- All of the viewer's doors: asked by nearly every statement, so worked out once in a transaction and kept in a setting
-- of it. Whoever could forge that setting could as well forge who is looking.
create function viewer_doors() returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    asker text := concat(public.viewer_account(), ' ', public.viewer_today(), ' ');
    kept text := current_setting('portal.doors', true);
  begin
    if not starts_with(coalesce(kept, ''), asker) then
      select asker || (coalesce(array_agg(distinct k.door), '{}') || coalesce(array_agg(distinct k.window_key)
                         filter (where k.window_key is not null), '{}'))::text
        into kept from public.viewer_keys() k;
      perform set_config('portal.doors', kept, true);
    end if;
    return substr(kept, length(asker) + 1)::text[];
  end $$;

-- A change of hats is felt at once.
create function forget_viewer_doors() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$ begin perform set_config('portal.doors', '', true); return null; end $$;
create trigger affiliations_forget_doors after insert or update or delete on affiliations
  for each statement execute function forget_viewer_doors();

-- The hops that open to the viewer. Looks with its owner's rights, since the viewer's own policy of this table asks
-- it; it shows nothing but the viewer's own doors, and the barrier keeps conditions of others behind that.
create view viewer_reach with (security_barrier) as
  select au.advisory_id, au.sealed from advisory_audience au
  where au.door = any ((select viewer_doors())::text[])
    and (au.named is null or au.named && (select viewer_doors()));
revoke all on viewer_reach from public;
grant select on viewer_reach to portal_app;

-- The same hat by hat.
create or replace function viewer_hats(p_advisories uuid[]) returns table (
    advisory_id uuid, ceptoar_id text, stage text, organisation_id uuid, role text, contact_id uuid, sealed boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select au.advisory_id, au.ceptoar_id, au.stage, au.organisation_id, k.role, k.contact_id, au.sealed
    from public.viewer_keys() k
    join public.advisory_audience au on au.door = k.door and (au.named is null or k.window_key = any (au.named))
     and (p_advisories is null or au.advisory_id = any (p_advisories));
  end $$;

-- One rule for functions and policies: what the functions list is what the policies let through.
create or replace function viewer_items() returns table (advisory_id uuid, content boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select u.advisory_id, bool_or(u.content) from (
      select a.advisory_id, true as content from public.advisories a
        where a.state = 'published' and public.viewer_at_centre() and a.advisory_id <> all ((select public.viewer_kept_from())::uuid[])
      union all
      select r.advisory_id, not r.sealed from public.viewer_reach r
    ) u group by 1;
  end $$;

grant execute on function viewer_at_centre(), centre_knows(boolean, uuid, text, uuid[]), viewer_kept_from(), viewer_doors()
  to portal_app;

alter policy envelope on advisories using (
  case state
    when 'published' then
      centre_knows((select viewer_at_centre()), (select viewer_account()), level,
        array[created_by, last_edited_by, submitted_by, approved_by])
      or exists (select from viewer_reach r where r.advisory_id = advisories.advisory_id)
    else advisory_id = any ((select viewer_drafts())::uuid[]) end);

alter policy content on advisory_texts using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or advisory_id = any ((select viewer_drafts())::uuid[])
  or exists (select from viewer_reach r where r.advisory_id = advisory_texts.advisory_id and not r.sealed));

alter policy own_window on advisory_addressees using (
  contact_id = any ((select viewer_windows())::uuid[])
  and exists (select from viewer_reach r where r.advisory_id = advisory_addressees.advisory_id));

-- Tables with thousands of rows for one item ask for the viewer's items once and not row by row: right after a
-- publication nothing is known of the tables' sizes, and asking by row may then read the whole item for each row.
alter policy own_view on advisory_audience using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or (door = any ((select viewer_doors())::text[]) and (named is null or named && (select viewer_doors())))
  or ((ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_organisations())::uuid[]))
      and advisory_id in (select r.advisory_id from viewer_reach r)));

-- A desk sees the answers of the members whom an item reached in its CEPTOAR.
alter policy own_view on advisory_acknowledgements using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or (organisation_id = any ((select viewer_answering_organisations())::uuid[])
      and advisory_id in (select r.advisory_id from viewer_reach r))
  or exists (select from advisory_audience au
             where au.advisory_id = advisory_acknowledgements.advisory_id
               and au.organisation_id = advisory_acknowledgements.organisation_id and au.stage = 'member'
               and au.ceptoar_id = any ((select viewer_ceptoars())::text[])));

alter policy own_view on deliveries using (
  ((select viewer_at_centre()) and stage <> 'account' and item_id <> all ((select viewer_kept_from())::uuid[]))
  or ((ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_answering_organisations())::uuid[]))
      and item_id in (select r.advisory_id from viewer_reach r)));

alter policy content on mails using (
  item_kind = 'advisory' and (select viewer_at_centre()) and item_id <> all ((select viewer_kept_from())::uuid[]));
