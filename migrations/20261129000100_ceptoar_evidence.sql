-- How CEPTOARs stand, for those who look over them: desk, ministry over the sector, centre. Numbers alone: a ministry
-- sees how many members have a proven window, and not which.

-- Which CEPTOARs an item went to, through which hop, and to how many organisations there. Counting that in
-- `advisory_audience` reads every recipient of every item.
create table advisory_hops (
  ceptoar_id text not null references ceptoars,
  stage text not null,
  advisory_id uuid not null references advisories,
  organisations integer not null,
  primary key (ceptoar_id, stage, advisory_id)
);
comment on table advisory_hops is 'advisory_audience by CEPTOAR and hop; follows from it by a trigger';
call protect('advisory_hops');

-- What is published meanwhile waits, and is counted by the trigger.
lock table advisory_audience in share row exclusive mode;
insert into advisory_hops (ceptoar_id, stage, advisory_id, organisations)
  select ceptoar_id, stage, advisory_id, count(*) from advisory_audience group by 1, 2, 3;

create function advisory_audience_hops() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    insert into public.advisory_hops as h (ceptoar_id, stage, advisory_id, organisations)
      select n.ceptoar_id, n.stage, n.advisory_id, count(*) from added n group by 1, 2, 3
      on conflict (ceptoar_id, stage, advisory_id) do update set organisations = h.organisations + excluded.organisations;
    return null;
  end $$;
create trigger advisory_audience_hops after insert on advisory_audience
  referencing new table as added for each statement execute function advisory_audience_hops();

-- What the portal has on record of each CEPTOAR that the viewer looks over. Items count where the viewer may know of them.
create function ceptoar_evidence(p_ceptoars text[], p_since timestamptz, p_proven_days integer, p_fresh_days integer)
  returns table (ceptoar_id text, members bigint, rule_in_force boolean, consents bigint, with_window bigint,
                 proven bigint, windows bigint, fresh bigint, shared bigint, drills bigint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
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
      group by 1)
    select o.ceptoar_id, coalesce(m.members, 0), r.rule_id is not null, coalesce(m.consents, 0),
           coalesce(m.with_window, 0), coalesce(m.proven, 0), coalesce(m.windows, 0)::bigint, coalesce(m.fresh, 0)::bigint,
           coalesce(i.shared, 0), coalesce(i.drills, 0)
    from overseen o left join members m using (ceptoar_id) left join rules r using (ceptoar_id)
    left join items i using (ceptoar_id) $$;
grant execute on function ceptoar_evidence(text[], timestamptz, integer, integer) to portal_app;
