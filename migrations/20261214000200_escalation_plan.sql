-- When what happens to whom of an item stays silent, and what has happened. The plan is made when the item goes on to the
-- recipients of a CEPTOAR, so that a ladder that is changed later changes nothing for items under way, and a look at what is due
-- costs an index and no look at receipts.
create table escalation_plan (
  advisory_id uuid not null references advisories,
  ceptoar_id text not null references ceptoars,
  began_at timestamptz not null,                  -- when the item went on to these recipients
  rung smallint not null,
  step text not null constraint escalation_plan_step check (step in ('look', 'again', 'desk', 'next_up')),
  at timestamptz not null,
  office_hours boolean not null,
  taken_at timestamptz,
  primary key (advisory_id, ceptoar_id, began_at, rung)
);
create index escalation_plan_due on escalation_plan (at) where taken_at is null;
comment on table escalation_plan is 'when each step of an item''s ladder comes, by CEPTOAR; look: who is reached by no mail at all';

-- What was done about whom. Rows are only added: this is the evidence.
create table escalations (
  advisory_id uuid not null references advisories,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  stage text not null constraint escalations_stage check (stage in ('ministry', 'secretariat', 'member')),
  rung smallint not null,
  step text not null constraint escalations_step check (step in ('again', 'desk', 'next_up')),
  windows integer not null,                       -- how many of its windows were written to once more
  unreachable boolean not null,                   -- no mail reaches it, so its desk was told at once
  reached_at timestamptz not null,
  primary key (advisory_id, organisation_id, ceptoar_id, stage, rung)
);
create index escalations_desk on escalations (ceptoar_id, reached_at desc) where step = 'desk';
comment on table escalations is 'what happened because a recipient was silent; step: what was done, which is the next one where a desk has no window';

-- Members whose copies came to nothing, until somebody has looked whether another window is left.
create table escalation_losses (
  loss_id bigint generated always as identity primary key,
  advisory_id uuid not null references advisories,
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations
);

call protect('escalation_plan');
call protect('escalations');
call protect('escalation_losses');
-- When it is whose turn is known to whoever knows the recipients of that CEPTOAR, and be it oneself.
create policy with_recipients on escalation_plan for select to portal_app using (
  exists (select from advisory_audience au
          where au.advisory_id = escalation_plan.advisory_id and au.ceptoar_id = escalation_plan.ceptoar_id));
-- As receipts: the centre, the organisation itself, the desk of the CEPTOAR. Ministries read numbers (escalation_board).
create policy own_view on escalations for select to portal_app using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or ((organisation_id = any ((select viewer_answering_organisations())::uuid[])
       or ceptoar_id = any ((select viewer_ceptoars())::text[]))
      and exists (select from viewer_reach r where r.advisory_id = escalations.advisory_id offset 0)));
grant select on escalation_plan, escalations to portal_app;

-- When an item went on to a recipient, where that was after the publication.
alter table advisory_audience add column went_on_at timestamptz;
comment on column advisory_audience.went_on_at is 'when a desk passed it on; null: with the publication, or not yet';
create function advisory_audience_went_on() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    new.went_on_at := (select r.settled_at from public.relays r
                       where r.advisory_id = new.advisory_id and r.ceptoar_id = new.ceptoar_id);
    return new;
  end $$;
create trigger advisory_audience_went_on before update of held on advisory_audience
  for each row when (old.held and not new.held) execute function advisory_audience_went_on();

-- The ladder of the publication, for those to whom it goes on now.
create function escalation_begin(p_advisory uuid, p_ceptoars text[], p_began timestamptz) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    insert into public.escalation_plan (advisory_id, ceptoar_id, began_at, rung, step, at, office_hours)
    select a.advisory_id, c.ceptoar_id, p_began, s.rung, s.step, s.at, l.office_hours
    from public.advisories a
    join public.advisory_texts t using (advisory_id)
    cross join lateral (
      select x.ladder_id, x.office_hours from public.escalation_ladders x
      where x.urgency = case t.kind when 'early_warning' then 'early_warning' else 'other' end
        and x.recorded_at <= a.published_at
      order by x.recorded_at desc, x.ladder_id desc limit 1) l
    cross join lateral public.escalation_times(l.ladder_id, p_began, a.answer_due) s
    cross join unnest(p_ceptoars) c (ceptoar_id)
    where a.advisory_id = p_advisory and a.state = 'published'
    on conflict do nothing $$;

create function escalation_begins() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    perform public.escalation_begin(x.advisory_id, x.ceptoars, a.published_at)
      from (select n.advisory_id, array_agg(distinct n.ceptoar_id) as ceptoars from added n
            where not n.held and n.stage <> 'partner' group by 1) x
      join public.advisories a using (advisory_id);
    return null;
  end $$;
create trigger advisory_audience_escalation after insert on advisory_audience
  referencing new table as added for each statement execute function escalation_begins();

create function escalation_begins_behind_the_desk() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    perform public.escalation_begin(new.advisory_id, array[new.ceptoar_id], new.settled_at);
    return null;
  end $$;
create trigger relays_escalation after update of state on relays
  for each row when (new.state = 'forwarded' and old.state <> 'forwarded') execute function escalation_begins_behind_the_desk();

-- A copy that came to nothing. Rows are added and never fought over: many workers settle at once.
create function escalation_loses() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    insert into public.escalation_losses (advisory_id, ceptoar_id, organisation_id)
      select new.item_id, new.ceptoar_id, new.organisation_id
      where exists (select from public.escalation_plan p
                    where p.advisory_id = new.item_id and p.ceptoar_id = new.ceptoar_id);
    return null;
  end $$;
create trigger deliveries_lost after update of state on deliveries
  for each row when (new.stage = 'member' and new.state in ('refused', 'expired', 'cancelled') and old.state <> new.state)
  execute function escalation_loses();

-- Letters about silence: each an item of its own, so that the board counts an item's copies alone.
alter table mails drop constraint mails_item_kind_check,
  add constraint mails_item_kind_check check (item_kind in ('advisory', 'account', 'escalation'));
alter policy own_view on deliveries using (
  ((select viewer_at_centre()) and stage not in ('account', 'escalation') and item_id <> all ((select viewer_kept_from())::uuid[]))
  or ((ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_answering_organisations())::uuid[]) and state <> 'held')
      and item_id in (select r.advisory_id from viewer_reach r)));

revoke execute on function advisory_audience_went_on(), escalation_begin(uuid, text[], timestamptz), escalation_begins(),
  escalation_begins_behind_the_desk(), escalation_loses() from public;
