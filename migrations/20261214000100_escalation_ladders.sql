-- Escalation (docs/decisions/0048-escalation.md): what happens by itself when somebody stays silent. First the ladders: which
-- step comes when. Rows are only added; what counts for an item is the newest ladder of its urgency on its publication.
create table escalation_ladders (
  ladder_id bigint generated always as identity primary key,
  urgency text not null constraint escalation_ladders_urgency check (urgency in ('early_warning', 'other')),
  office_hours boolean not null,
  reason text not null constraint escalation_ladders_reason check (char_length(reason) between 1 and 200),
  made_by uuid references accounts,               -- null: came with the portal
  recorded_at timestamptz not null
);
comment on table escalation_ladders is 'by urgency: what happens when a recipient stays silent; the newest counts';
comment on column escalation_ladders.office_hours is 'minutes are counted in office hours alone: nights and holidays wait';

create table escalation_rungs (
  ladder_id bigint not null references escalation_ladders,
  rung smallint not null,
  step text not null constraint escalation_rungs_step check (step in ('again', 'desk', 'next_up')),
  basis text not null constraint escalation_rungs_basis check (basis in ('went_on', 'answer_due')),
  minutes smallint not null constraint escalation_rungs_minutes check (minutes between 0 and 20160),
  primary key (ladder_id, rung),
  constraint escalation_rungs_rung check (rung between 1 and 6)
);
comment on column escalation_rungs.basis is 'from when minutes count: from when the item went on to the recipient, or from when an answer is due';

call protect('escalation_ladders');
call protect('escalation_rungs');
-- Whoever gets items knows what follows from silence.
create policy concerned on escalation_ladders for select to portal_app using (
  (select viewer_has_role('nisc_analyst', 'nisc_approver', 'ministry_liaison', 'secretariat', 'coordinator', 'member_poc',
                          'hub_member', 'member_reader', 'member_admin')));
create policy concerned on escalation_rungs for select to portal_app using (
  exists (select from escalation_ladders l where l.ladder_id = escalation_rungs.ladder_id));
-- Which account it was is the trail's to say.
grant select (ladder_id, urgency, office_hours, reason, recorded_at) on escalation_ladders to portal_app;
grant select on escalation_rungs to portal_app;

-- What the portal begins with. An early warning does not wait for the morning; for everything else the offices' own time counts.
insert into escalation_ladders (urgency, office_hours, reason, recorded_at) values
  ('early_warning', false, '初期設定', '-infinity'), ('other', true, '初期設定', '-infinity');
insert into escalation_rungs (ladder_id, rung, step, basis, minutes)
select l.ladder_id, r.rung, r.step, r.basis, r.minutes
from escalation_ladders l
join (values ('early_warning', 1, 'again', 'went_on', 30), ('early_warning', 2, 'desk', 'went_on', 60),
             ('early_warning', 3, 'next_up', 'went_on', 120),
             ('other', 1, 'again', 'went_on', 240), ('other', 2, 'desk', 'answer_due', 0),
             ('other', 3, 'next_up', 'answer_due', 240)) r (urgency, rung, step, basis, minutes) using (urgency);

-- A new ladder, by whoever approves at the centre. The first step with the desk is where those go at once whom no mail reaches,
-- so there is one in every ladder; and nobody is told higher up before the desk is. None where a colleague was faster: `p_seen` is
-- the ladder that it is to replace.
create function escalation_change(p_urgency text, p_seen bigint, p_office_hours boolean, p_reason text, p_steps text[], p_bases text[],
                                  p_minutes smallint[]) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare made bigint;
  begin
    if not public.viewer_has_role('nisc_approver') then
      raise exception 'ladders are the approvers''' using errcode = 'insufficient_privilege';
    end if;
    perform pg_advisory_xact_lock(7721);
    if p_seen is distinct from (select l.ladder_id from public.escalation_ladders l where l.urgency = p_urgency
                                order by l.recorded_at desc, l.ladder_id desc limit 1) then
      return null;
    end if;
    if not 'desk' = any (p_steps)
       or exists (select from unnest(p_steps) with ordinality a (step, place)
                  join unnest(p_steps) with ordinality b (step, place) on b.place > a.place
                  where array_position(array['again', 'desk', 'next_up'], b.step)
                        < array_position(array['again', 'desk', 'next_up'], a.step)) then
      raise exception 'again, then the desk, then higher up' using errcode = 'check_violation',
        constraint = 'escalation_rungs_order';
    end if;
    insert into public.escalation_ladders (urgency, office_hours, reason, made_by, recorded_at)
      values (p_urgency, p_office_hours, p_reason, public.viewer_account(), public.viewer_now()) returning ladder_id into made;
    insert into public.escalation_rungs (ladder_id, rung, step, basis, minutes)
      select made, r.rung, r.step, r.basis, r.minutes
      from unnest(p_steps, p_bases, p_minutes) with ordinality r (step, basis, minutes, rung);
    return made;
  end $$;
revoke execute on function escalation_change(text, bigint, boolean, text, text[], text[], smallint[]) from public;
grant execute on function escalation_change(text, bigint, boolean, text, text[], text[], smallint[]) to portal_app;

-- So many minutes of office hours later. Which days are closed is for `is_off_hours` to say; its hours are 9 to 18.
create function office_time(p_from timestamptz, p_minutes integer) returns timestamptz
  language plpgsql stable set search_path = pg_catalog, pg_temp
  as $$
  declare
    day date := (p_from at time zone 'Asia/Tokyo')::date;
    remaining interval := make_interval(mins => p_minutes);
    begins timestamptz;
    ends timestamptz;
  begin
    for tries in 1..400 loop
      begins := greatest((day + time '09:00') at time zone 'Asia/Tokyo', p_from);
      ends := (day + time '18:00') at time zone 'Asia/Tokyo';
      if begins < ends and not public.is_off_hours((day + time '12:00') at time zone 'Asia/Tokyo') then
        if begins + remaining <= ends then
          return begins + remaining;
        end if;
        remaining := remaining - (ends - begins);
      end if;
      day := day + 1;
    end loop;
    return ends;
  end $$;
revoke execute on function office_time(timestamptz, integer) from public;

-- When each step of a ladder comes. Where no answer is due by a time of its own, it counts as due after a day; and nobody is
-- late within the first hour, however late the item went on to them. A rung comes no later than the ones above it. Rung 0 is
-- the look at once for those whom no mail reaches.
create function escalation_times(p_ladder bigint, p_began timestamptz, p_due timestamptz)
  returns table (rung smallint, step text, at timestamptz)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    with planned as (
      select r.rung, r.step, case r.basis when 'went_on' then p_began
               else greatest(coalesce(p_due, p_began + interval '1 day'), p_began + interval '1 hour') end as basis,
             r.minutes::integer as minutes
      from public.escalation_rungs r where r.ladder_id = p_ladder
      union all select 0, 'look', p_began, 0),
    timed as (
      select p.rung, p.step, case when l.office_hours then public.office_time(p.basis, p.minutes)
                                  else p.basis + make_interval(mins => p.minutes) end as at
      from planned p join public.escalation_ladders l on l.ladder_id = p_ladder)
    select t.rung, t.step, min(t.at) over (order by t.rung rows between current row and unbounded following) from timed t $$;
revoke execute on function escalation_times(bigint, timestamptz, timestamptz) from public;
