-- A hop that a person decides about: the desk of a CEPTOAR passes an item on to its members, or does not
-- (docs/decisions/0035-the-desk-decides.md).

-- What a CEPTOAR has agreed, from a day on. Without a rule everything goes on at once.
create table relay_rules (
  fact_id uuid primary key default gen_random_uuid(),
  ceptoar_id text not null references ceptoars,
  office_hours text not null constraint relay_rules_office_hours check (office_hours in ('automatic', 'decided')),
  off_hours text not null constraint relay_rules_off_hours check (off_hours in ('automatic', 'decided')),
  urgent_at_once boolean not null,
  minutes smallint not null constraint relay_rules_minutes check (minutes between 10 and 1440),
  valid daterange not null,
  recorded_at timestamptz not null default viewer_now(),
  constraint relay_rules_one_at_a_time exclude using gist (ceptoar_id with =, valid with &&)
);
comment on table relay_rules is 'whether a desk decides about each item before its members get it, by hours and urgency';
comment on column relay_rules.urgent_at_once is 'early warnings go on at once, whatever the hour';
comment on column relay_rules.minutes is 'how long the desk has; then the item goes on by itself';
call protect('relay_rules');
create policy concerned on relay_rules for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_joined_ceptoars())::text[]));
create policy desk_adds on relay_rules for insert to portal_app with check (directory_keeps_ceptoar(ceptoar_id));
create policy desk_changes on relay_rules for update to portal_app
  using (directory_keeps_ceptoar(ceptoar_id)) with check (directory_keeps_ceptoar(ceptoar_id));
grant select, insert (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid), update (valid) on relay_rules to portal_app;
create trigger keep_version before update or delete on relay_rules for each row execute function keep_version();
alter table directory_versions drop constraint directory_versions_whose,
  add constraint directory_versions_whose check (organisation_id is not null or relation in ('subgroups', 'relay_rules'));
alter table directory_changes drop constraint directory_changes_subject_check, drop constraint directory_changes_whose,
  add constraint directory_changes_subject_check check (
    subject in ('membership', 'name', 'window', 'partnership', 'group', 'group_member', 'relay_rule')),
  add constraint directory_changes_whose check (
    (organisation_id is null) = (subject in ('group', 'relay_rule'))
    and (subgroup_id is not null) = (subject in ('group', 'group_member')));

-- Whose desks decide about an item at an instant, and how many minutes they have. RED goes to persons by name: nobody
-- between them and the centre learns what it says, so nobody could decide. And nothing waits for a desk at which nobody
-- is: without a route over it, a term, a person who may decide, or a window that a mail can ask.
create function relaying(p_advisory uuid, p_now timestamptz) returns table (ceptoar_id text, minutes smallint)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select r.ceptoar_id, r.minutes
    from public.relay_rules r
    cross join (
      select t.kind, (p_now at time zone 'Asia/Tokyo')::date as today, public.is_off_hours(p_now) as off_hours
      from public.advisories a join public.advisory_texts t using (advisory_id)
      where a.advisory_id = p_advisory and a.level <> 'RED') i
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
        where t.ceptoar_id = r.ceptoar_id and t.valid @> i.today) $$;
revoke execute on function relaying(uuid, timestamptz) from public;
-- The same before the publication, for whoever may read the draft.
create function relaying_preview(p_advisory uuid, p_now timestamptz) returns table (ceptoar_id text, minutes smallint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select r.ceptoar_id, r.minutes from public.relaying(p_advisory, p_now) r
        where p_advisory = any (public.viewer_drafts()) $$;
revoke execute on function relaying_preview(uuid, timestamptz) from public;
grant execute on function relaying_preview(uuid, timestamptz) to portal_app;

-- An item at the desk of a CEPTOAR.
create table relays (
  advisory_id uuid not null references advisories,
  ceptoar_id text not null references ceptoars,
  state text not null default 'waiting' constraint relays_state check (state in ('waiting', 'held', 'forwarded', 'withheld')),
  asked_at timestamptz not null,
  due_at timestamptz not null,
  settled_at timestamptz,
  primary key (advisory_id, ceptoar_id),
  constraint relays_settled check ((settled_at is not null) = (state in ('forwarded', 'withheld')))
);
create index relays_due on relays (due_at) where state in ('waiting', 'held');
create index relays_ceptoar on relays (ceptoar_id, asked_at desc);
comment on table relays is 'items that a desk decides about before its members get them, and where each stands';
call protect('relays');
create policy on_the_route on relays for select to portal_app using (
  (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[])
  or (ceptoar_id = any ((select viewer_ceptoars())::text[]) or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[]))
     and advisory_id in (select r.advisory_id from viewer_reach r));
grant select on relays to portal_app;

-- Every decision, by whom and why. Rows are added and never changed: this is the evidence.
create table relay_decisions (
  decision_id uuid primary key default gen_random_uuid(),
  advisory_id uuid not null,
  ceptoar_id text not null,
  decision text not null constraint relay_decisions_decision check (
    decision in ('forward', 'forward_with_supplement', 'hold', 'withhold_duplicate', 'withhold_not_relevant', 'time_up')),
  reason text not null constraint relay_decisions_reason check (char_length(reason) <= 500),
  supplement text not null constraint relay_decisions_supplement check (char_length(supplement) <= 2000),
  held_until timestamptz,
  made_by uuid references accounts,
  made_by_organisation uuid references organisations,
  made_by_name text,
  made_at timestamptz not null,
  foreign key (advisory_id, ceptoar_id) references relays,
  constraint relay_decisions_by_somebody check (
    (decision = 'time_up') = (made_by is null)
    and (made_by is null) = (made_by_organisation is null) and (made_by is null) = (made_by_name is null)),
  constraint relay_decisions_has_supplement check ((decision = 'forward_with_supplement') = (supplement <> '')),
  constraint relay_decisions_held check ((decision = 'hold') = (held_until is not null)),
  constraint relay_decisions_why check (decision not in ('hold', 'withhold_duplicate', 'withhold_not_relevant') or reason <> '')
);
create index relay_decisions_relay on relay_decisions (advisory_id, ceptoar_id, made_at);
comment on table relay_decisions is 'what a desk decided about an item, by whom, when and why; time_up: nobody did in time';
call protect('relay_decisions');
create policy on_the_route on relay_decisions for select to portal_app using (
  exists (select from relays r where r.advisory_id = relay_decisions.advisory_id and r.ceptoar_id = relay_decisions.ceptoar_id));
-- Which account it was is the trail's to say; the name is the evidence.
grant select (decision_id, advisory_id, ceptoar_id, decision, reason, supplement, held_until, made_by_organisation, made_by_name,
              made_at) on relay_decisions to portal_app;

-- Until the desk decides, the doors of its members stay shut and their copies wait.
alter table advisory_audience add column held boolean not null default false,
  add constraint advisory_audience_held_shut check (not held or door is null and stage in ('member', 'partner'));
alter table deliveries drop constraint deliveries_state_check,
  add constraint deliveries_state_check check (
    state in ('held', 'queued', 'sending', 'sent', 'refused', 'expired', 'cancelled'));
comment on column advisory_audience.held is 'a desk has not passed it on, or not yet';

-- The desk that is asked gets a mail that says so.
alter table mails add column relay boolean not null default false,
  drop constraint mails_one_per_language,
  add constraint mails_one_per_language unique (item_id, language, relay);
comment on column mails.relay is 'for desks that have to decide whether it goes on';

create or replace function hang_doors(p_advisory uuid) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
  update public.advisory_audience au
  set door = case when a.state = 'published' and not au.held
               then public.audience_door(au.stage, a.handler_scope, au.organisation_id, au.ceptoar_id) end,
      sealed = a.level = 'RED' and au.stage <> 'member' or au.stage = 'partner',
      named = case when au.stage = 'member' then public.audience_named(a.advisory_id, a.handler_scope, au.organisation_id, au.ceptoar_id) end
  from public.advisories a
  where a.advisory_id = p_advisory and au.advisory_id = p_advisory $$;

create or replace function hang_missing_doors() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    perform public.hang_doors(n.advisory_id)
      from (select distinct advisory_id from fresh where door is null and stage <> 'partner' and not held) n;
    return null;
  end $$;

-- Nobody who is suspended while an item waits gets it afterwards.
create or replace function people_cancel_deliveries(p_account uuid) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
  with alone as (
    select f.contact_id from public.affiliations f
    where f.account_id = p_account and f.contact_id is not null and f.valid @> public.viewer_today()
      and not exists (select from public.affiliations o join public.accounts a using (account_id)
                      where o.contact_id = f.contact_id and o.account_id <> p_account
                        and o.valid @> public.viewer_today() and a.suspended_at is null)),
  gone as (
    update public.deliveries d set state = 'cancelled', settled_at = now()
    where d.state in ('held', 'queued') and d.stage <> 'account' and d.contact_id in (select contact_id from alone) returning 1)
  select count(*) from gone $$;

-- Opens the doors and puts the copies in the queue. Who left in the meantime gets nothing, nor who was suspended, nor a
-- window that closed. The time that a copy is tried for begins now.
create function relay_open(p_advisory uuid, p_ceptoar text) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
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
  end $$;
revoke execute on function relay_open(uuid, text) from public;

-- The desk's decision. Answers whether it could still be made: what has gone on cannot be called back, and what is
-- withheld may still be passed on.
create function relay_decide(
  p_advisory uuid, p_ceptoar text, p_decision text, p_reason text, p_supplement text, p_held_until timestamptz
) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
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
    -- Over: it went on, or its time is up, or it is withheld and cannot be put off any more.
    if not found or relay.state = 'forwarded'
       or p_decision not in ('forward', 'forward_with_supplement') and (relay.state = 'withheld' or relay.due_at <= at) then
      return false;
    end if;
    -- Put off means later than now, and a day after it came at the latest.
    if p_decision = 'time_up'
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
  end $$;
revoke execute on function relay_decide(uuid, text, text, text, text, timestamptz) from public;
grant execute on function relay_decide(uuid, text, text, text, text, timestamptz) to portal_app;

-- What nobody decided about in time goes on by itself. Answers which, and the error's code of what could not.
create function relay_time_up(p_now timestamptz) returns table (advisory_id uuid, ceptoar_id text, problem text)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare due record;
  begin
    for due in
      select r.advisory_id, r.ceptoar_id from public.relays r
      where r.state in ('waiting', 'held') and r.due_at <= p_now order by r.due_at for update skip locked
    loop
      advisory_id := due.advisory_id; ceptoar_id := due.ceptoar_id; problem := null;
      -- What is wrong with one keeps no other one back; the next look tries it again.
      begin
        insert into public.relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, made_at)
          values (due.advisory_id, due.ceptoar_id, 'time_up', '', '', p_now);
        update public.relays r set state = 'forwarded', settled_at = p_now
          where r.advisory_id = due.advisory_id and r.ceptoar_id = due.ceptoar_id;
        perform public.relay_open(due.advisory_id, due.ceptoar_id);
      exception when others then
        problem := sqlstate;
      end;
      return next;
    end loop;
  end $$;
revoke execute on function relay_time_up(timestamptz) from public;
grant execute on function relay_time_up(timestamptz) to portal_worker;

-- What desks added to an item, for those whom it reached through them, and for the centre.
create function relay_supplements(p_advisory uuid)
  returns table (ceptoar_id text, supplement text, organisation_id uuid, made_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select d.ceptoar_id, d.supplement, d.made_by_organisation, d.made_at
    from public.relay_decisions d
    where d.advisory_id = p_advisory and d.decision = 'forward_with_supplement'
      and ((public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from()))
           or d.ceptoar_id in (select h.ceptoar_id from public.viewer_hats(array[p_advisory]) h where not h.sealed))
    order by d.made_at $$;
revoke execute on function relay_supplements(uuid) from public;
grant execute on function relay_supplements(uuid) to portal_app;

-- Whoever has an item by another way learns nothing of a desk that has it still.
alter policy own_view on advisory_audience using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or (door = any ((select viewer_doors())::text[]) and (named is null or named && (select viewer_doors())))
  or ((ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_organisations())::uuid[]) and not held)
      and advisory_id in (select r.advisory_id from viewer_reach r)));
alter policy own_view on deliveries using (
  ((select viewer_at_centre()) and stage <> 'account' and item_id <> all ((select viewer_kept_from())::uuid[]))
  or ((ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_answering_organisations())::uuid[]) and state <> 'held')
      and item_id in (select r.advisory_id from viewer_reach r)));

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
      select h.ceptoar_id, count(*) filter (where not a.drill) as shared, count(*) filter (where a.drill) as drills
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

-- Nobody says that something has arrived that was not passed on, and nobody is waited for.
create or replace function desk_reaches(p_advisory uuid, p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.viewer_hats(array[p_advisory]) h
                   where h.stage = 'secretariat' and h.ceptoar_id = p_ceptoar and h.role in ('secretariat', 'coordinator'))
      and exists (select from public.advisory_audience au join public.advisories a using (advisory_id)
                  where au.advisory_id = p_advisory and au.organisation_id = p_organisation
                    and au.ceptoar_id = p_ceptoar and au.stage = 'member' and not au.held and a.state = 'published');
  end $$;
create or replace function desk_answers(p_advisories uuid[]) returns table (advisory_id uuid, members bigint, acknowledged bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
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
      on a.advisory_id = k.advisory_id and a.ceptoar_id = k.ceptoar_id and a.stage = 'member' and not a.held
    left join own on own.advisory_id = a.advisory_id and own.organisation_id = a.organisation_id
    left join told on told.advisory_id = a.advisory_id and told.organisation_id = a.organisation_id
     and told.ceptoar_id = a.ceptoar_id
    group by 1;
  end $$;

-- Its end differs from the definition before: whose copies stand in for whose.
CREATE OR REPLACE FUNCTION public.sharing_windows(p_advisory uuid, p_now timestamp with time zone)
 RETURNS TABLE(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with item as (
    select a.advisory_id, a.level, a.handler_scope,
           (p_now at time zone 'Asia/Tokyo')::date as today,
           public.is_off_hours(p_now) as off_hours
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
    select distinct ad.ceptoar_id, r.stage from addressed ad
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
    ) o order by o.ceptoar_id, o.stage, o.organisation_id, o.width),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level, i.handler_scope,
           -- Partner bodies stand outside the membership: what is handled inside it never goes to them.
           o.stage = 'partner' and not (
             i.level in ('CLEAR', 'GREEN') and i.handler_scope = 'organisation'
             and exists (select from wholes w where w.ceptoar_id = o.ceptoar_id and w.whole)) as outside,
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

-- What a desk decides about is held back, and the desk is asked.
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
    with deciding as materialized (select d.* from public.relaying(p_advisory, p_now) d),
    windows as materialized (
      select w.*, gen_random_uuid() as delivery_id, d.minutes,
             d.ceptoar_id is not null and w.stage in ('member', 'partner') as held
      from public.sharing_windows(p_advisory, p_now) w left join deciding d on d.ceptoar_id = w.ceptoar_id),
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
                                     position, state, priority, give_up_at)
      select w.delivery_id, m.mail_id, p_advisory, w.organisation_id, w.ceptoar_id, w.contact_id, w.stage,
             -- The queue is judged on the database's clock; the application's only says for how long.
             w.window_position, case when w.held then 'held' else 'queued' end, p_priority, now() + (p_give_up_at - p_now)
      from windows w
      cross join lateral (
        select x.mail_id from public.mails x where x.item_id = p_advisory and x.language = w.language
        order by x.relay = (w.stage = 'secretariat' and w.ceptoar_id in (select b.ceptoar_id from behind b)) desc limit 1) m
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
    perform pg_notify('outbox', '');
    return queued;
  end $function$;
