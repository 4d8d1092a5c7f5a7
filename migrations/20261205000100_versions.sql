-- Later versions of an advisory: follow-up (続報), correction (訂正), withdrawal (取消) and lowered level (レベル引下げ).
-- Every version is an item of its own, with its own text, audience, deliveries and receipts; a thread holds them together
-- (docs/decisions/0036-versions.md).

alter table advisories
  add column thread_id uuid,
  add column version smallint not null default 1 constraint advisories_version check (version between 1 and 999),
  add column step text not null default 'first'
    constraint advisories_step check (step in ('first', 'follow_up', 'correction', 'withdrawal', 'lowering')),
  add column previous_id uuid references advisories;
update advisories set thread_id = advisory_id;
alter table advisories alter column thread_id set not null,
  -- The number is the thread's.
  drop constraint advisories_number_key, drop constraint advisories_serial_key,
  add constraint advisories_number_key unique (number, version),
  add constraint advisories_serial_key unique (fiscal_year, serial, version),
  add constraint advisories_thread_key unique (thread_id, version),
  -- One next version, being written or published: whoever comes second is told.
  add constraint advisories_one_next unique (previous_id),
  add constraint advisories_first check ((version = 1) = (previous_id is null) and (version = 1) = (step = 'first')
    and (version = 1) = (thread_id = advisory_id));
comment on column advisories.thread_id is 'the first version; all versions of an item have it';
comment on column advisories.step is 'what this version does to the one before';

-- Why there is this version. For those alone who may read the one before as well.
create table advisory_steps (
  advisory_id uuid primary key references advisories on delete cascade,
  reason text not null default '' constraint advisory_steps_reason check (char_length(reason) <= 500)
);
comment on table advisory_steps is 'why an item has a later version, in words of its author';

-- A newer version has come to this organisation on this hop, or has taken the place of what it has.
alter table advisory_audience add column superseded_at timestamptz, add column withdrawn boolean not null default false;
comment on column advisory_audience.superseded_at is 'since when a newer version is there, for this organisation on this hop';
comment on column advisory_audience.withdrawn is 'the newer version takes everything back';

-- Those who never had an earlier version get a mail that says nothing of one.
alter table mails add column newcomers boolean not null default false,
  drop constraint mails_one_per_language,
  add constraint mails_one_per_language unique (item_id, language, relay, newcomers);
comment on column mails.newcomers is 'for readers who know no earlier version';
alter table deliveries add column follows uuid;
comment on column deliveries.follows is 'the delivery that this mail answers, in a mail program';

-- A desk that had not decided yet when a newer version came: nobody decides any more.
alter table relay_decisions drop constraint relay_decisions_decision, drop constraint relay_decisions_by_somebody,
  add constraint relay_decisions_decision check (decision in ('forward', 'forward_with_supplement', 'hold',
    'withhold_duplicate', 'withhold_not_relevant', 'time_up', 'superseded')),
  add constraint relay_decisions_by_somebody check (
    (decision in ('time_up', 'superseded')) = (made_by is null)
    and (made_by is null) = (made_by_organisation is null) and (made_by is null) = (made_by_name is null));

-- How far a level or a handler scope goes; the strictest is 1.
create function width_of(p_code text) returns integer
  language sql immutable set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_position(array['RED', 'AMBER_STRICT', 'AMBER', 'GREEN', 'CLEAR'], p_code),
                        array_position(array['named', 'handlers', 'organisation'], p_code)) $$;
revoke execute on function width_of(text) from public;

-- A version takes number, thread and drill from the one before, whatever the application says. A withdrawal has to reach
-- everybody who had any version, so it is as wide as the widest of them, and nobody chooses.
create function advisories_begin() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare before public.advisories;
  begin
    if new.previous_id is null then
      new.thread_id := new.advisory_id;
      return new;
    end if;
    select * into before from public.advisories a where a.advisory_id = new.previous_id and a.state = 'published';
    if not found or not (public.said_by_owner()
         or public.viewer_at_centre() and new.previous_id = any (public.viewer_contents())) then
      raise exception 'no item to follow' using errcode = 'insufficient_privilege';
    end if;
    if before.step = 'withdrawal' then
      raise exception 'what is withdrawn takes no further version' using errcode = 'check_violation',
        constraint = 'advisories_withdrawn_is_over';
    end if;
    new.thread_id := before.thread_id;
    new.version := before.version + 1;
    new.number := before.number;
    new.fiscal_year := before.fiscal_year;
    new.serial := before.serial;
    new.drill := before.drill;
    if new.step = 'withdrawal' then
      select coalesce(max(e.level) filter (where e.place = e.widest), 'RED'), coalesce(max(e.handler_scope) filter (where e.scope = e.widest_scope), 'named')
        into new.level, new.handler_scope
        from (select a.level, a.handler_scope, public.width_of(a.level) as place, public.width_of(a.handler_scope) as scope,
                     max(public.width_of(a.level)) over () as widest, max(public.width_of(a.handler_scope)) over () as widest_scope
              from public.advisories a where a.thread_id = before.thread_id and a.state = 'published' and a.level <> 'RED') e;
    end if;
    return new;
  end $$;
create trigger advisories_begin before insert on advisories for each row execute function advisories_begin();

-- A RED version begins with the persons of the one before; a withdrawal with all who were ever named.
create function advisories_named_again() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if new.previous_id is not null and new.level = 'RED' and new.step <> 'lowering' then
      insert into public.advisory_addressees (advisory_id, contact_id)
        select distinct new.advisory_id, ad.contact_id
        from public.advisories e join public.advisory_addressees ad on ad.advisory_id = e.advisory_id
        where ad.contact_id is not null and e.state = 'published'
          and (e.advisory_id = new.previous_id or new.step = 'withdrawal' and e.thread_id = new.thread_id);
    end if;
    return null;
  end $$;
create trigger advisories_named_again after insert on advisories for each row execute function advisories_named_again();

-- Who wrote the version down cannot widen it by the way: only a lowering does, and a thread never becomes RED, because its
-- marks and its number would tell those who cannot read the new version that there is one.
create function advisories_keep_level() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    before public.advisories;
    wider boolean;
  begin
    if new.previous_id is null or new.step = 'withdrawal' and (new.level, new.handler_scope, new.drill) = (old.level, old.handler_scope, old.drill)
       or new.state = 'draft' and new.drill = old.drill and new.step <> 'withdrawal' then
      return new;
    end if;
    select * into before from public.advisories a where a.advisory_id = new.previous_id;
    wider := public.width_of(new.level) > public.width_of(before.level)
      or new.level = before.level and public.width_of(new.handler_scope) > public.width_of(before.handler_scope);
    if new.step = 'withdrawal' or new.drill <> before.drill or (new.level = 'RED') > (before.level = 'RED')
       or (case when new.step = 'lowering' then not wider
                else wider or public.width_of(new.handler_scope) > public.width_of(before.handler_scope) end) then
      raise exception 'a level that this step cannot have' using errcode = 'check_violation',
        constraint = 'advisories_level_of_step';
    end if;
    return new;
  end $$;
create trigger advisories_keep_level before update on advisories for each row execute function advisories_keep_level();

-- Named persons of a withdrawal are those of the thread.
create function advisory_addressees_of_withdrawal() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.said_by_owner() and pg_trigger_depth() = 1 and exists (
         select from public.advisories a
         where a.advisory_id = coalesce(new.advisory_id, old.advisory_id) and a.step = 'withdrawal') then
      raise exception 'a withdrawal goes to those who had the item' using errcode = 'check_violation',
        constraint = 'advisory_addressees_of_withdrawal';
    end if;
    return coalesce(new, old);
  end $$;
create trigger advisory_addressees_of_withdrawal before insert or delete on advisory_addressees
  for each row execute function advisory_addressees_of_withdrawal();

call protect('advisory_steps');
create policy reason on advisory_steps for select to portal_app using (
  advisory_id = any ((select viewer_drafts())::uuid[])
  or (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[])
     and not exists (select from advisories a where a.advisory_id = advisory_steps.advisory_id
                     and a.previous_id = any ((select viewer_kept_from())::uuid[]))
  or exists (select from viewer_reach r where r.advisory_id = advisory_steps.advisory_id and not r.sealed)
     and exists (select from advisories a join viewer_reach r on r.advisory_id = a.previous_id
                 where a.advisory_id = advisory_steps.advisory_id and not r.sealed));
create policy write_draft on advisory_steps for insert to portal_app
  with check (advisory_id = any ((select viewer_own_drafts())::uuid[]));
grant select, insert on advisory_steps to portal_app;

-- Who had an earlier version: organisations and hops. A RED version's named persons stay named persons; a follow-up goes to
-- those who are still there, while a correction or a withdrawal goes to everybody who has what is wrong. What still waits
-- at a desk counts for the next version, and not for a withdrawal: nobody has it.
create function earlier_audience(p_advisory uuid, p_today date)
  returns table (ceptoar_id text, stage text, organisation_id uuid)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select distinct au.ceptoar_id, au.stage, au.organisation_id
    from public.advisories i
    join public.advisories e on e.thread_id = i.thread_id and e.version < i.version and e.state = 'published'
    join public.advisory_audience au on au.advisory_id = e.advisory_id
    where i.advisory_id = p_advisory and i.version > 1
      and (i.level <> 'RED' or i.step = 'withdrawal')
      and (e.level <> 'RED' or au.stage = 'member')
      and (not au.held or i.step <> 'withdrawal' and exists (
             select from public.relays r where r.advisory_id = e.advisory_id and r.ceptoar_id = au.ceptoar_id
               and r.state in ('waiting', 'held')))
      and (i.step in ('correction', 'withdrawal')
           or au.stage = 'member' and exists (
             select from public.memberships m
             where m.organisation_id = au.organisation_id and m.ceptoar_id = au.ceptoar_id and m.valid @> p_today)
           or au.stage = 'partner' and exists (
             select from public.partnerships p
             where p.organisation_id = au.organisation_id and p.ceptoar_id = au.ceptoar_id and p.role = 'passes_on'
               and p.valid @> p_today)) $$;
revoke execute on function earlier_audience(uuid, date) from public;

-- Marks the earlier versions as old, for everybody to whom the newer one has come, and for those who had one and are not
-- among the readers of the newer. Who still waits for it at a desk keeps what is there.
create function supersede_earlier(p_advisory uuid, p_ceptoar text) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    update public.advisory_audience was
    set superseded_at = coalesce(was.superseded_at, public.viewer_now()), withdrawn = was.withdrawn or n.step = 'withdrawal'
    from public.advisories n join public.advisories e on e.thread_id = n.thread_id and e.version < n.version and e.state = 'published'
    where n.advisory_id = p_advisory and n.version > 1 and was.advisory_id = e.advisory_id and not was.held
      and (p_ceptoar is null or was.ceptoar_id = p_ceptoar)
      and (was.superseded_at is null or n.step = 'withdrawal')
      and not exists (select from public.advisory_audience au
                      where au.advisory_id = n.advisory_id and au.organisation_id = was.organisation_id
                        and au.ceptoar_id = was.ceptoar_id and au.stage = was.stage and au.held) $$;
revoke execute on function supersede_earlier(uuid, text) from public;

-- What a newer version ends: what waits at desks goes nowhere, and of what is withdrawn no further copy leaves.
create function end_earlier_versions(p_advisory uuid, p_now timestamptz) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    item public.advisories;
    earlier uuid[];
  begin
    select * into item from public.advisories a where a.advisory_id = p_advisory;
    select coalesce(array_agg(e.advisory_id), '{}') into earlier from public.advisories e
      where e.thread_id = item.thread_id and e.version < item.version and e.state = 'published';
    insert into public.relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, made_at)
      select r.advisory_id, r.ceptoar_id, 'superseded', '', '', p_now from public.relays r
      where r.advisory_id = any (earlier) and r.state in ('waiting', 'held');
    update public.relays r set state = 'withheld', settled_at = p_now
      where r.advisory_id = any (earlier) and r.state in ('waiting', 'held');
    update public.deliveries d set state = 'cancelled', settled_at = now()
      where d.item_id = any (earlier)
        and (d.state = 'held' or d.state = 'queued' and (item.step = 'withdrawal' or item.step = 'correction' and exists (
               select from public.deliveries n
               where n.item_id = p_advisory and n.contact_id = d.contact_id and n.state = 'queued')));
    perform public.supersede_earlier(p_advisory, null);
  end $$;
revoke execute on function end_earlier_versions(uuid, timestamptz) from public;

-- A copy that was being handed over when its item was withdrawn, or put right for the same window, and was not taken, is
-- not tried again.
create function deliveries_of_withdrawn() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if exists (select from public.advisory_audience au
               where au.advisory_id = new.item_id and au.organisation_id = new.organisation_id
                 and au.ceptoar_id = new.ceptoar_id and au.stage = new.stage and au.withdrawn)
       or exists (select from public.advisories e
                  join public.advisories n on n.thread_id = e.thread_id and n.version > e.version and n.state = 'published'
                   and n.step = 'correction'
                  join public.deliveries x on x.item_id = n.advisory_id and x.contact_id = new.contact_id
                   and x.state in ('queued', 'sending', 'sent')
                  where e.advisory_id = new.item_id) then
      new.state := 'cancelled';
      new.settled_at := now();
    end if;
    return new;
  end $$;
revoke execute on function deliveries_of_withdrawn() from public;
create trigger deliveries_withdrawn before update of state on deliveries
  for each row when (old.state = 'sending' and new.state = 'queued') execute function deliveries_of_withdrawn();

-- The hats of the viewer on what is not old.
create function viewer_current_hats()
  returns table (advisory_id uuid, ceptoar_id text, stage text, organisation_id uuid, role text, contact_id uuid, sealed boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select au.advisory_id, au.ceptoar_id, au.stage, au.organisation_id, k.role, k.contact_id, au.sealed
    from public.viewer_keys() k
    join public.advisory_audience au on au.door = k.door and (au.named is null or k.window_key = any (au.named))
     and au.superseded_at is null;
  end $$;
revoke execute on function viewer_current_hats() from public;
grant execute on function viewer_current_hats() to portal_app;

-- There is one next version at a time: whose author is away must not keep everybody from taking wrong text back.
alter policy discard on advisories using (
  state = 'draft' and (created_by = (select viewer_account())
    or previous_id is not null and (select viewer_has_role('nisc_approver'))
       and advisory_id = any ((select viewer_drafts())::uuid[])));

-- Who is writing the next version, for those who could write it themselves.
create function open_version(p_advisory uuid)
  returns table (advisory_id uuid, step text, state text, begun_at timestamptz, holder text, own boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_at_centre() or not p_advisory = any (public.viewer_contents()) then return; end if;
    return query
    select n.advisory_id, n.step, n.state, n.created_at, c.display_name, n.created_by = public.viewer_account()
    from public.advisories a
    join public.advisories n on n.thread_id = a.thread_id and n.state <> 'published'
    join public.accounts c on c.account_id = n.created_by
    where a.advisory_id = p_advisory;
  end $$;
revoke execute on function open_version(uuid) from public;
grant execute on function open_version(uuid) to portal_app;

-- The version before an unpublished one: its level, for whoever may read the draft and not what came before (an approver
-- of a version of a RED item).
create function version_before(p_advisory uuid) returns table (advisory_id uuid, level text, handler_scope text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not p_advisory = any (public.viewer_drafts()) then return; end if;
    return query
    select b.advisory_id, b.level, b.handler_scope from public.advisories a join public.advisories b on b.advisory_id = a.previous_id
    where a.advisory_id = p_advisory;
  end $$;
revoke execute on function version_before(uuid) from public;
grant execute on function version_before(uuid) to portal_app;

-- Who approved some versions, for the centre: who lowered a level is part of the item's history.
create function version_approvers(p_advisories uuid[]) returns table (advisory_id uuid, name text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_at_centre() then return; end if;
    return query
    select a.advisory_id, c.display_name from public.advisories a join public.accounts c on c.account_id = a.approved_by
    where a.advisory_id = any (p_advisories) and a.state = 'published' and a.advisory_id <> all (public.viewer_kept_from());
  end $$;
revoke execute on function version_approvers(uuid[]) from public;
grant execute on function version_approvers(uuid[]) to portal_app;
revoke execute on function advisories_begin(), advisories_named_again(), advisories_keep_level(),
  advisory_addressees_of_withdrawal() from public;


-- As before, and with those who had an earlier version.
CREATE OR REPLACE FUNCTION public.sharing_windows(p_advisory uuid, p_now timestamp with time zone)
 RETURNS TABLE(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with item as (
    select a.advisory_id, a.level, a.handler_scope, a.step,
           (p_now at time zone 'Asia/Tokyo')::date as today,
           public.is_off_hours(p_now) as off_hours
    from public.advisories a where a.advisory_id = p_advisory),
  earlier as materialized (  -- who had an earlier version is told, whatever this one is addressed to
    select h.* from item i cross join lateral public.earlier_audience(p_advisory, i.today) h),
  addressed as (  -- a CEPTOAR may be reached in several ways; the widest comes first
    select distinct on (x.ceptoar_id, x.subgroup_id, x.contact_id) x.* from (
      select c.ceptoar_id, null::text as subgroup_id, null::uuid as contact_id, 'addressed_sector' as rule, 2 as width
        from public.advisory_addressees ad join public.ceptoars c using (sector_id) where ad.advisory_id = p_advisory
      union all
      select ad.ceptoar_id, null, null, 'addressed_ceptoar', 1
        from public.advisory_addressees ad where ad.advisory_id = p_advisory and ad.ceptoar_id is not null
      union all
      select s.ceptoar_id, s.subgroup_id, null, 'addressed_subgroup', 3
        from public.advisory_addressees ad join public.subgroups s using (subgroup_id) cross join item i
        where ad.advisory_id = p_advisory and s.valid @> i.today  -- a group that is not there reaches nobody
      union all
      select k.ceptoar_id, null, k.contact_id, 'named_person', 4
        from public.advisory_addressees ad join public.windows k using (contact_id) cross join item i
        where ad.advisory_id = p_advisory and i.level = 'RED'
    ) x order by x.ceptoar_id, x.subgroup_id, x.contact_id, x.width),
  wholes as (  -- whether a CEPTOAR is addressed as a whole, and not by a subgroup or a person alone
    select ad.ceptoar_id, bool_or(ad.subgroup_id is null and ad.contact_id is null) as whole
    from addressed ad group by ad.ceptoar_id),
  stages as (
    select distinct ad.ceptoar_id, r.stage
    from (select x.ceptoar_id from addressed x union select h.ceptoar_id from earlier h) ad
    join public.route_stages r on r.ceptoar_id = ad.ceptoar_id
    cross join item i where r.valid @> i.today),
  organisations_due as (
    select distinct on (o.ceptoar_id, o.stage, o.organisation_id) o.* from (
      select ad.ceptoar_id, 'member' as stage, ad.rule, ad.width, m.organisation_id
        from addressed ad
        join stages s on s.ceptoar_id = ad.ceptoar_id and s.stage = 'member'
        join public.memberships m on m.ceptoar_id = ad.ceptoar_id
         and (ad.subgroup_id is null or m.subgroup_id = ad.subgroup_id
              or exists (  -- a cross-cutting group: who is in it on the day
                select from public.group_members g
                where g.subgroup_id = ad.subgroup_id and g.organisation_id = m.organisation_id
                  and g.valid @> (select t.today from item t)))
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
      union all
      -- Partner bodies that pass items on: of an addressed CEPTOAR whose members get them, while the partnership holds.
      select w.ceptoar_id, 'partner', 'route_partner', 9, p.organisation_id
        from wholes w join stages s on s.ceptoar_id = w.ceptoar_id and s.stage = 'member'
        join public.partnerships p on p.ceptoar_id = w.ceptoar_id and p.role = 'passes_on'
        cross join item i where p.valid @> i.today
      union all
      select h.ceptoar_id, h.stage, 'had_earlier', 10, h.organisation_id from earlier h
    ) o order by o.ceptoar_id, o.stage, o.organisation_id, o.width),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level, i.handler_scope,
           -- Partner bodies stand outside the membership: what is handled inside it never goes to them.
           o.stage = 'partner' and not (
             i.level in ('CLEAR', 'GREEN') and i.handler_scope = 'organisation'
             and (o.rule = 'had_earlier' or exists (select from wholes w where w.ceptoar_id = o.ceptoar_id and w.whole))) as outside,
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
  deciding as materialized (select d.ceptoar_id from public.relaying(p_advisory, p_now) d),
  judged as (
    select w.*, case
        when w.outside then 'not_on_route'
        when w.level = 'RED' and w.stage <> 'member' then 'not_on_route'
        when w.contact_id is null then 'no_window'
        when w.handler_scope = 'named' and not w.named then 'not_named'
        when w.handler_scope = 'handlers' and not w.handler then 'not_handler'
        when w.address is null then 'no_mail'
        else 'due' end as first_verdict
    from windows w),
  ranked as (
    select j.*,
           -- What a desk decides about, and what asks it, stands in for nobody else's copy: it goes out later, or says more.
           case when d.ceptoar_id is not null and j.stage <> 'ministry' then j.stage = 'secretariat' end as asks,
           case when d.ceptoar_id is not null and j.stage <> 'ministry' then d.ceptoar_id end as desk
    from judged j left join deciding d on d.ceptoar_id = j.ceptoar_id),
  -- One copy for each window, whatever it stands for; whoever is asked is asked.
  single as (
    select r.*, row_number() over (
             partition by r.first_verdict, r.contact_id
             order by r.asks is true desc, r.stage = 'partner', r.stage, r.ceptoar_id) as nth
    from ranked r)
  select s.ceptoar_id, s.stage, s.rule, s.organisation_id, s.contact_id, s.window_position, s.language, s.address,
         case when s.first_verdict = 'due' and (s.nth > 1 or row_number() over (
                partition by s.first_verdict, s.nth, lower(s.address), s.desk, s.asks
                order by s.stage = 'partner', s.stage, s.window_position, s.ceptoar_id, s.contact_id) > 1)
              then 'same_address' else s.first_verdict end
  from single s
  $function$;

-- Who had the very version that is put right: they get the correction without asking a desk. Of a RED version nobody did.
create function corrected_audience(p_advisory uuid) returns table (ceptoar_id text, stage text, organisation_id uuid)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select au.ceptoar_id, au.stage, au.organisation_id
    from public.advisories i
    join public.advisories e on e.advisory_id = i.previous_id and e.level <> 'RED'
    join public.advisory_audience au on au.advisory_id = e.advisory_id and not au.held and au.stage in ('member', 'partner')
    where i.advisory_id = p_advisory and i.step = 'correction' $$;
revoke execute on function corrected_audience(uuid) from public;
-- The same before the publication, for whoever may read the draft.
create function corrected_preview(p_advisory uuid) returns table (ceptoar_id text, stage text, organisation_id uuid)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select c.* from public.corrected_audience(p_advisory) c where p_advisory = any (public.viewer_drafts()) $$;
revoke execute on function corrected_preview(uuid) from public;
grant execute on function corrected_preview(uuid) to portal_app;

-- As before; nobody keeps a withdrawal back.
CREATE OR REPLACE FUNCTION public.relaying(p_advisory uuid, p_now timestamp with time zone)
 RETURNS TABLE(ceptoar_id text, minutes smallint)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select r.ceptoar_id, r.minutes
    from public.relay_rules r
    cross join (
      select t.kind, (p_now at time zone 'Asia/Tokyo')::date as today, public.is_off_hours(p_now) as off_hours
      from public.advisories a join public.advisory_texts t using (advisory_id)
      -- Nobody keeps a withdrawal back from those who have what is withdrawn.
      where a.advisory_id = p_advisory and a.level <> 'RED' and a.step <> 'withdrawal') i
    where r.valid @> i.today
      and case when i.off_hours then r.off_hours else r.office_hours end = 'decided'
      and not (r.urgent_at_once and i.kind = 'early_warning')
      and exists (select from public.route_stages s
                  where s.ceptoar_id = r.ceptoar_id and s.stage = 'secretariat' and s.valid @> i.today)
      and exists (
        select from public.secretariat_terms t
        join public.affiliations f on f.organisation_id = t.organisation_id and f.ceptoar_id = t.ceptoar_id
         and f.role in ('secretariat', 'coordinator') and f.valid @> i.today
        join public.accounts a on a.account_id = f.account_id and a.suspended_at is null
        join public.contacts k on k.organisation_id = t.organisation_id and k.ceptoar_id = t.ceptoar_id and k.valid @> i.today
        join public.contact_channels c on c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> i.today
        where t.ceptoar_id = r.ceptoar_id and t.valid @> i.today) $function$;

-- As before; and what a new version does to the earlier ones.
CREATE OR REPLACE FUNCTION public.sharing_freeze(p_advisory uuid, p_now timestamp with time zone, p_priority smallint, p_give_up_at timestamp with time zone, p_digest text DEFAULT NULL::text)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
    -- Desks that still have an earlier version before them wait: it is over in the same moment.
    if item.version > 1 then
      perform from public.relays r
        where r.advisory_id in (select e.advisory_id from public.advisories e
                                where e.thread_id = item.thread_id and e.version < item.version)
        order by r.advisory_id, r.ceptoar_id for update;
    end if;
    with deciding as materialized (select d.* from public.relaying(p_advisory, p_now) d),
    before as materialized (select e.* from public.advisories e
                            where e.thread_id = item.thread_id and e.version < item.version and e.state = 'published'),
    windows as materialized (
      select w.*, gen_random_uuid() as delivery_id, d.minutes,
             d.ceptoar_id is not null and w.stage in ('member', 'partner') and c.organisation_id is null as held,
             -- Whether its people may read an earlier version: the others learn nothing of it, not even that there was one.
             -- By index, row by row: a join of two intermediate results may be the slowest there is.
             -- A ministry is one reader, whichever of its CEPTOARs a copy stands for.
             item.version > 1 and w.verdict in ('due', 'same_address') and exists (
               select from before e
               join public.advisory_audience au on au.advisory_id = e.advisory_id and au.organisation_id = w.organisation_id
                and (au.ceptoar_id = w.ceptoar_id or w.stage = 'ministry') and au.stage = w.stage and not au.held
               where case when au.stage <> 'member' then e.level <> 'RED'
                          when e.handler_scope = 'handlers' then exists (
                            select from public.contacts k
                            where k.contact_id = w.contact_id and k.handler
                              and k.valid @> (p_now at time zone 'Asia/Tokyo')::date)
                          when e.handler_scope = 'named' then exists (
                            select from public.advisory_addressees ad
                            where ad.advisory_id = e.advisory_id and ad.contact_id = w.contact_id)
                          else true end) as knows,
             -- The mail that the new one answers, in a mail program: the first that the window got.
             case when item.version > 1 then (
               select x.delivery_id from before e
               join public.deliveries x on x.item_id = e.advisory_id and x.contact_id = w.contact_id
                and x.state not in ('held', 'cancelled')
               order by e.version limit 1) end as first_copy
      from public.sharing_windows(p_advisory, p_now) w left join deciding d on d.ceptoar_id = w.ceptoar_id
      left join public.corrected_audience(p_advisory) c
        on c.ceptoar_id = w.ceptoar_id and c.stage = w.stage and c.organisation_id = w.organisation_id),
    -- One mailbox is one reader as well: whoever looks into it has seen what came there.
    letters as materialized (
      select w.*, bool_or(w.knows) over mailbox as known, min(w.first_copy::text) over mailbox as answers
      from windows w where w.verdict in ('due', 'same_address') window mailbox as (partition by lower(w.address), w.held)),
    -- Nobody is asked about nobody.
    behind as (
      select w.ceptoar_id, min(w.minutes) as minutes from windows w
      where w.held and not (w.stage = 'partner' and w.verdict = 'not_on_route') group by 1),
    audience as (
      insert into public.advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule, held, door, sealed, named)
      select distinct on (organisation_id, ceptoar_id, stage) p_advisory, organisation_id, ceptoar_id, stage, rule, held,
             case when not held then public.audience_door(stage, item.handler_scope, organisation_id, ceptoar_id) end,
             item.level = 'RED' and stage <> 'member' or stage = 'partner',
             case when stage = 'member' then public.audience_named(p_advisory, item.handler_scope, organisation_id, ceptoar_id) end
      from windows
      -- Kept outside, a partner body is no part of the audience: nobody there learns even of the number.
      where not (stage = 'partner' and verdict = 'not_on_route')
      order by organisation_id, ceptoar_id, stage, rule),
    relays as (
      insert into public.relays (advisory_id, ceptoar_id, asked_at, due_at)
      select p_advisory, b.ceptoar_id, p_now, p_now + make_interval(mins => b.minutes) from behind b),
    due as (
      insert into public.deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                     position, state, priority, give_up_at, follows)
      select w.delivery_id, m.mail_id, p_advisory, w.organisation_id, w.ceptoar_id, w.contact_id, w.stage,
             -- The queue is judged on the database's clock; the application's only says for how long.
             w.window_position, case when w.held then 'held' else 'queued' end, p_priority, now() + (p_give_up_at - p_now),
             case when w.known then coalesce(w.first_copy, w.answers::uuid) end
      from letters w
      cross join lateral (
        select x.mail_id from public.mails x where x.item_id = p_advisory and x.language = w.language
        order by x.relay = (w.stage = 'secretariat' and w.ceptoar_id in (select b.ceptoar_id from behind b)) desc,
                 x.newcomers = (item.version > 1 and item.step <> 'withdrawal' and not w.known) desc
        limit 1) m
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
             concat_ws('|', ceptoar_id, stage, organisation_id, contact_id, verdict, case when held then minutes end)))
      into queued, digest from windows;
    -- Not the windows that the approver saw: the caller gives everything up.
    if p_digest is not null and p_digest <> digest then
      return -1;
    end if;
    if item.version > 1 then perform public.end_earlier_versions(p_advisory, p_now); end if;
    perform pg_notify('outbox', '');
    return queued;
  end $function$;

-- As before; who gets a new version now has an old one.
CREATE OR REPLACE FUNCTION public.relay_open(p_advisory uuid, p_ceptoar text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare today date := public.viewer_today();
  begin
    -- Accounts first and in order, as people_suspend does: who waits for whom is the same everywhere.
    perform from public.accounts a
      where a.account_id in (select f.account_id from public.affiliations f
                             join public.deliveries d on d.contact_id = f.contact_id
                             where d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.state = 'held' and f.valid @> today)
      order by a.account_id for key share;
    update public.advisory_audience au
      set held = false, door = public.audience_door(au.stage, a.handler_scope, au.organisation_id, au.ceptoar_id)
      from public.advisories a
      where a.advisory_id = p_advisory and au.advisory_id = p_advisory and au.ceptoar_id = p_ceptoar and au.held
        and (au.stage = 'partner'
             or exists (select from public.memberships m where m.organisation_id = au.organisation_id
                          and m.ceptoar_id = p_ceptoar and m.valid @> today));
    perform public.supersede_earlier(p_advisory, p_ceptoar);
    -- Windows at which nobody is left who could read it: worked out once, not copy by copy.
    with silent as materialized (
      select f.contact_id
      from public.advisories a
      join public.deliveries d on d.item_id = a.advisory_id and d.ceptoar_id = p_ceptoar and d.state = 'held'
      join public.affiliations f on f.contact_id = d.contact_id and f.valid @> today
      join public.accounts c on c.account_id = f.account_id
      where a.advisory_id = p_advisory group by 1
      having not bool_or(c.suspended_at is null or c.suspended_at < a.published_at)),
    going as (
      select d.delivery_id from public.deliveries d
      join public.advisory_audience au on au.advisory_id = d.item_id and au.organisation_id = d.organisation_id
       and au.ceptoar_id = d.ceptoar_id and au.stage = d.stage and not au.held
      join public.contacts k on k.contact_id = d.contact_id and k.valid @> today
      where d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.state = 'held'
        and d.contact_id not in (select n.contact_id from silent n))
    update public.deliveries d
      set state = case when g.delivery_id is null then 'cancelled' else 'queued' end,
          settled_at = case when g.delivery_id is null then now() end,
          due_at = now(), give_up_at = now() + (d.give_up_at - d.due_at)
      from public.deliveries x left join going g on g.delivery_id = x.delivery_id
      where x.delivery_id = d.delivery_id and d.item_id = p_advisory and d.ceptoar_id = p_ceptoar and d.state = 'held';
    perform pg_notify('outbox', '');
  end $function$;

-- As before; a desk decides about the newest version alone.
CREATE OR REPLACE FUNCTION public.relay_decide(p_advisory uuid, p_ceptoar text, p_decision text, p_reason text, p_supplement text, p_held_until timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  declare
    desk uuid;
    relay public.relays;
    at timestamptz := public.viewer_now();
  begin
    select h.organisation_id into desk from public.viewer_hats(array[p_advisory]) h
      where h.stage = 'secretariat' and h.ceptoar_id = p_ceptoar and not h.sealed limit 1;
    if not found then
      raise exception 'only the desk decides about its own members' using errcode = 'insufficient_privilege';
    end if;
    select * into relay from public.relays r
      where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar for update;
    -- What is old goes nowhere any more.
    if exists (select from public.advisories a join public.advisories n on n.thread_id = a.thread_id and n.version > a.version
               where a.advisory_id = p_advisory and n.state = 'published') then
      return false;
    end if;
    -- Over: it went on, or its time is up, or it is withheld and cannot be put off any more.
    if not found or relay.state = 'forwarded'
       or p_decision not in ('forward', 'forward_with_supplement') and (relay.state = 'withheld' or relay.due_at <= at) then
      return false;
    end if;
    -- Put off means later than now, and a day after it came at the latest.
    if p_decision in ('time_up', 'superseded')
       or p_decision = 'hold' and (p_held_until <= relay.due_at or p_held_until > relay.asked_at + interval '24 hours') then
      raise exception 'no such decision' using errcode = 'check_violation', constraint = 'relay_decisions_decision';
    end if;
    insert into public.relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, held_until, made_by,
                                        made_by_organisation, made_by_name, made_at)
      select p_advisory, p_ceptoar, p_decision, p_reason, p_supplement, p_held_until, c.account_id, desk, c.display_name, at
      from public.accounts c where c.account_id = public.viewer_account();
    if p_decision in ('forward', 'forward_with_supplement') then
      update public.relays r set state = 'forwarded', settled_at = at where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
      perform public.relay_open(p_advisory, p_ceptoar);
    elsif p_decision = 'hold' then
      update public.relays r set state = 'held', due_at = p_held_until where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    else
      update public.relays r set state = 'withheld', settled_at = at where r.advisory_id = p_advisory and r.ceptoar_id = p_ceptoar;
    end if;
    return true;
  end $function$;

-- As before; an old version is asked about no more.
CREATE OR REPLACE FUNCTION public.desk_answers(p_advisories uuid[])
 RETURNS TABLE(advisory_id uuid, members bigint, acknowledged bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  begin
    return query
    with asked as materialized (
      select distinct h.advisory_id, h.ceptoar_id from public.viewer_hats(p_advisories) h
      where h.stage = 'secretariat' and h.role in ('secretariat', 'coordinator')),
    own as materialized (
      select distinct y.advisory_id, y.organisation_id from public.advisory_receipts y
      where y.advisory_id = any (p_advisories) and y.stage is null),
    told as materialized (
      select distinct y.advisory_id, y.organisation_id, y.ceptoar_id
      from public.advisory_receipts y join asked using (advisory_id, ceptoar_id) where y.stage = 'member')
    select a.advisory_id, count(*),
           count(*) filter (where own.organisation_id is not null or told.organisation_id is not null)
    from asked k
    join public.advisory_audience a
      on a.advisory_id = k.advisory_id and a.ceptoar_id = k.ceptoar_id and a.stage = 'member' and not a.held and a.superseded_at is null
    left join own on own.advisory_id = a.advisory_id and own.organisation_id = a.organisation_id
    left join told on told.advisory_id = a.advisory_id and told.organisation_id = a.organisation_id
     and told.ceptoar_id = a.ceptoar_id
    group by 1;
  end $function$;

-- The board, with those of whom no answer is wanted any more.
drop function delivery_board(uuid);
create function delivery_board(p_advisory uuid)
 RETURNS TABLE(ceptoar_id text, stage text, organisations bigint, acknowledged bigint, unreached bigint, queued bigint, sending bigint, sent bigint, refused bigint, cancelled bigint, first_at timestamp with time zone, last_at timestamp with time zone, superseded bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  declare
    everything boolean := public.viewer_has_role('nisc_analyst', 'nisc_approver');
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'secretariat', 'member', 'partner'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with due as materialized (
      select d.ceptoar_id, d.stage, d.organisation_id, d.state, d.settled_at
      from public.deliveries d where d.item_id = p_advisory),
    received as materialized (
      select distinct k.organisation_id, k.ceptoar_id, k.stage
      from public.advisory_receipts k where k.advisory_id = p_advisory),
    windows as (
      select d.ceptoar_id, d.stage,
             count(*) filter (where d.state = 'queued') as queued,
             count(*) filter (where d.state = 'sending') as sending,
             count(*) filter (where d.state = 'sent') as sent,
             count(*) filter (where d.state in ('refused', 'expired')) as refused,
             count(*) filter (where d.state = 'cancelled') as cancelled,
             min(d.settled_at) filter (where d.state = 'sent') as first_at,
             max(d.settled_at) filter (where d.state = 'sent') as last_at
      from due d group by 1, 2),
    organisations as (
      select au.ceptoar_id, au.stage, count(*) as organisations,
             count(*) filter (where au.organisation_id in (
                 select k.organisation_id from received k where k.stage is null)
               or (au.organisation_id, au.ceptoar_id, au.stage) in (
                 select k.organisation_id, k.ceptoar_id, k.stage from received k
                 where k.stage is not null)) as acknowledged,
             count(*) filter (where au.organisation_id not in (select d.organisation_id from due d)) as unreached,
             -- No answer, and none is wanted: a newer version is there.
             count(*) filter (where au.superseded_at is not null and not (au.organisation_id in (
                 select k.organisation_id from received k where k.stage is null)
               or (au.organisation_id, au.ceptoar_id, au.stage) in (
                 select k.organisation_id, k.ceptoar_id, k.stage from received k
                 where k.stage is not null))) as superseded
      from public.advisory_audience au
      where au.advisory_id = p_advisory and au.stage = any (hops)
        and (everything or au.ceptoar_id = any (scope))
      group by 1, 2)
    select o.ceptoar_id, o.stage, o.organisations, o.acknowledged, o.unreached,
           coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.sent, 0), coalesce(w.refused, 0),
           coalesce(w.cancelled, 0), w.first_at, w.last_at, o.superseded
    from organisations o left join windows w on w.ceptoar_id = o.ceptoar_id and w.stage = o.stage;
  end $function$;
revoke execute on function delivery_board(uuid) from public;
grant execute on function delivery_board(uuid) to portal_app;

-- As before; all versions of an item are one item that was shared.
CREATE OR REPLACE FUNCTION public.ceptoar_evidence(p_ceptoars text[], p_since timestamp with time zone, p_proven_days integer, p_fresh_days integer)
 RETURNS TABLE(ceptoar_id text, members bigint, rule_in_force boolean, consents bigint, with_window bigint, proven bigint, windows bigint, fresh bigint, shared bigint, drills bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    with today as materialized (select public.viewer_today() as today),
    overseen as materialized (
      select c.ceptoar_id from public.ceptoars c
      where c.ceptoar_id = any (p_ceptoars)
        and ((select public.viewer_at_centre())
             or c.ceptoar_id = any ((select public.viewer_ceptoars())::text[])
             or c.ceptoar_id = any ((select public.viewer_ministry_ceptoars())::text[]))),
    rules as (
      select r.ceptoar_id, r.rule_id from public.handling_rules r join overseen using (ceptoar_id), today t
      where r.valid @> t.today),
    windows as (
      select k.ceptoar_id, k.organisation_id, k.contact_id, max(ch.last_verified_on) as verified_on
      from today t cross join public.contacts k join overseen using (ceptoar_id)
      left join public.contact_channels ch on ch.contact_id = k.contact_id and ch.valid @> t.today
      where k.valid @> t.today group by 1, 2, 3),
    kept as (
      select w.ceptoar_id, w.organisation_id, count(*) as windows,
             count(*) filter (where w.verified_on > t.today - p_fresh_days) as fresh,
             coalesce(bool_or(w.verified_on > t.today - p_proven_days), false) as proven
      from windows w, today t group by 1, 2),
    members as (
      select m.ceptoar_id, count(*) as members, count(g.organisation_id) as consents, count(k.organisation_id) as with_window,
             count(*) filter (where k.proven) as proven, sum(k.windows) as windows, sum(k.fresh) as fresh
      from today t cross join public.memberships m join overseen using (ceptoar_id)
      left join kept k on k.ceptoar_id = m.ceptoar_id and k.organisation_id = m.organisation_id
      left join rules r on r.ceptoar_id = m.ceptoar_id
      left join public.handling_rule_consents g on g.rule_id = r.rule_id and g.organisation_id = m.organisation_id
      where m.valid @> t.today group by 1),
    items as (
      select h.ceptoar_id, count(distinct a.thread_id) filter (where not a.drill) as shared,
             count(distinct a.thread_id) filter (where a.drill) as drills
      from overseen o
      join public.advisory_hops h on h.ceptoar_id = o.ceptoar_id and h.stage = 'member'
      join public.advisories a on a.advisory_id = h.advisory_id and a.state = 'published' and a.published_at >= p_since
      join (select v.advisory_id from public.viewer_items() v) v on v.advisory_id = a.advisory_id
      -- What its desk did not pass on was not shared.
      where not exists (select from public.relays r where r.advisory_id = h.advisory_id and r.ceptoar_id = h.ceptoar_id
                        and r.state <> 'forwarded')
      group by 1)
    select o.ceptoar_id, coalesce(m.members, 0), r.rule_id is not null, coalesce(m.consents, 0),
           coalesce(m.with_window, 0), coalesce(m.proven, 0), coalesce(m.windows, 0)::bigint, coalesce(m.fresh, 0)::bigint,
           coalesce(i.shared, 0), coalesce(i.drills, 0)
    from overseen o left join members m using (ceptoar_id) left join rules r using (ceptoar_id)
    left join items i using (ceptoar_id) $function$;
