-- Statistics of advisories (docs/decisions/0049-statistics-of-advisories.md): what the boards of many items say, added up.
-- Ten years are twenty million rows of audience, so an item that has come to rest is counted once and its numbers are kept;
-- what is still under way is counted whenever somebody looks. Each row is of one item, one CEPTOAR and one hop, so that it
-- shows to those whom the board of that item shows the same.

-- Items that were counted. Whatever changes a number takes the item out again, and its numbers with it.
create table advisories_at_rest (
  advisory_id uuid primary key references advisories,
  reckoned_at timestamptz not null
);
comment on table advisories_at_rest is 'published items whose numbers stand in advisory_totals and advisory_ways';

create table advisory_totals (
  advisory_id uuid not null references advisories_at_rest on delete cascade,
  ceptoar_id text not null references ceptoars,
  stage text not null check (stage in ('ministry', 'secretariat', 'member')),
  delay smallint not null check (delay between 0 and 32),
  organisations integer not null,
  asked integer not null,
  due integer not null,
  in_time integer not null,
  soonest integer,
  latest integer,
  primary key (advisory_id, ceptoar_id, stage, delay)
);
comment on table advisory_totals is 'organisations of an item by CEPTOAR and hop, and by how long their receipt took; follows from audience and receipts';
comment on column advisory_totals.delay is 'a class of delay_class(); 0: no receipt';
comment on column advisory_totals.asked is 'of whom an answer is waited for, or has come';
comment on column advisory_totals.due is '… of whom it is waited for until some time';
comment on column advisory_totals.soonest is 'the shortest time from publication to receipt, in seconds';

create table advisory_ways (
  advisory_id uuid not null references advisories_at_rest on delete cascade,
  ceptoar_id text not null references ceptoars,
  stage text not null check (stage in ('ministry', 'secretariat', 'member')),
  way text not null,
  organisations integer not null,
  primary key (advisory_id, ceptoar_id, stage, way)
);
comment on table advisory_ways is 'receipts of an item by the way on which they came; follows from audience and receipts';

call protect('advisories_at_rest');
call protect('advisory_totals');
call protect('advisory_ways');

-- Who sees the board of an item sees its numbers: the centre but for what it may not know of, and desk and ministry those of
-- the CEPTOARs through which the item reached them.
create policy board on advisory_totals for select to portal_app using (
  (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[])
  or (advisory_id, ceptoar_id) in (select h.advisory_id, h.ceptoar_id from viewer_hats(null) h
                                   where h.stage in ('secretariat', 'ministry')));
-- By which way somebody answered is told by the list of organisations, which a ministry does not see.
create policy board_with_organisations on advisory_ways for select to portal_app using (
  (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[])
  or (advisory_id, ceptoar_id) in (select h.advisory_id, h.ceptoar_id from viewer_hats(null) h where h.stage = 'secretariat'));
grant select on advisory_totals, advisory_ways to portal_app;

-- Classes of time between publication and receipt; they grow, because what matters are minutes first and days later.
create function delay_class(p_seconds integer) returns smallint
  language sql immutable parallel safe
  return (1 + width_bucket(p_seconds, array[300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 28800,
                                                  43200, 86400, 129600, 172800, 259200, 432000, 604800, 1209600, 2592000]))::smallint;

-- The numbers of some published items, as delivery_board and hop_times count them: an organisation once for each CEPTOAR and
-- hop, by the receipt that came first, and by the way that weighs most. Nobody is asked behind a desk that has not passed the
-- item on, nor where a newer version has come. RED goes from person to person, and until when is theirs to know.
create function reckon(p_items uuid[])
  returns table (advisory_id uuid, ceptoar_id text, stage text, delay smallint, way text, organisations integer, asked integer,
                 due integer, in_time integer, soonest integer, latest integer)
  language plpgsql stable set search_path = pg_catalog, pg_temp
  -- With the rights of whoever calls it: functions of the owner alone. Right after a publication nothing is known of the tables' sizes, and of an intermediate result nothing at any time. By hash
  -- each row is met once, whatever was expected.
  set enable_mergejoin = off set enable_nestloop = off
  as $$
  #variable_conflict use_column
  begin
    return query
    with items as materialized (
      select a.advisory_id, a.level, a.published_at, case when a.level <> 'RED' then a.answer_due end as answer_due
      from public.advisories a where a.advisory_id = any (p_items) and a.state = 'published'),
    behind as materialized (
      select r.advisory_id, r.ceptoar_id from public.relays r
      where r.advisory_id = any (p_items) and r.state <> 'forwarded'),
    receipts as materialized (
      select y.advisory_id, y.organisation_id, y.ceptoar_id, y.stage, min(y.received_at) as at,
             (array_agg(y.channel order by y.strength, y.received_at))[1] as way, min(y.strength) as strength
      from public.advisory_receipts y where y.advisory_id = any (p_items) group by 1, 2, 3, 4),
    answers as (
      select au.advisory_id, au.ceptoar_id, au.stage, au.superseded_at is null as current, b.advisory_id is not null as behind,
             i.answer_due, least(o.at, t.at) as at,
             case when t.strength < o.strength or o.way is null then t.way else o.way end as way,
             extract(epoch from least(o.at, t.at) - i.published_at)::integer as seconds
      from items i
      join public.advisory_audience au on au.advisory_id = i.advisory_id and au.advisory_id = any (p_items)
       and (au.stage = 'member' or i.level <> 'RED' and au.stage in ('ministry', 'secretariat'))
      left join behind b on b.advisory_id = au.advisory_id and b.ceptoar_id = au.ceptoar_id and au.stage = 'member'
      left join receipts o on o.advisory_id = au.advisory_id and o.organisation_id = au.organisation_id and o.stage is null
       and b.advisory_id is null
      left join receipts t on t.advisory_id = au.advisory_id and t.organisation_id = au.organisation_id
       and t.ceptoar_id = au.ceptoar_id and t.stage = au.stage and b.advisory_id is null)
    select n.advisory_id, n.ceptoar_id, n.stage, coalesce(public.delay_class(n.seconds), 0::smallint), n.way, count(*)::integer,
           (count(*) filter (where not n.behind and (n.at is not null or n.current)))::integer,
           (count(*) filter (where not n.behind and (n.at is not null or n.current) and n.answer_due is not null))::integer,
           (count(*) filter (where n.at <= n.answer_due))::integer, min(n.seconds), max(n.seconds)
    from answers n group by 1, 2, 3, 4, 5;
  end $$;

-- Keeps the numbers of items that have come to rest: a day after they were published, with no desk left to decide. Whoever
-- changes one of them meanwhile holds the item's row, and the next look takes it; whoever comes after finds it kept, and takes
-- it out again.
create function totals_settle(p_now timestamptz, p_limit integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    item uuid;
    settled integer := 0;
  begin
    for item in
      select a.advisory_id from public.advisories a
      where a.state = 'published' and a.published_at <= p_now - interval '24 hours'
        and not exists (select from public.advisories_at_rest r where r.advisory_id = a.advisory_id)
        and not exists (select from public.relays r where r.advisory_id = a.advisory_id and r.state in ('waiting', 'held'))
      order by a.published_at desc limit p_limit for update of a skip locked
    loop
      insert into public.advisories_at_rest (advisory_id, reckoned_at) values (item, p_now) on conflict do nothing;
      -- Another worker was faster.
      continue when not found;
      with found as materialized (select * from public.reckon(array[item])),
      totals as (
        insert into public.advisory_totals (advisory_id, ceptoar_id, stage, delay, organisations, asked, due, in_time, soonest, latest)
        select f.advisory_id, f.ceptoar_id, f.stage, f.delay, sum(f.organisations), sum(f.asked), sum(f.due), sum(f.in_time),
               min(f.soonest), max(f.latest)
        from found f group by 1, 2, 3, 4)
      insert into public.advisory_ways (advisory_id, ceptoar_id, stage, way, organisations)
      select f.advisory_id, f.ceptoar_id, f.stage, f.way, sum(f.organisations) from found f where f.way is not null group by 1, 2, 3, 4;
      settled := settled + 1;
    end loop;
    return settled;
  end $$;

-- What changes a number makes it count again. First behind whoever counts at this moment.
create function totals_stale() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    perform from public.advisories a where a.advisory_id in (select c.advisory_id from changed c)
      order by a.advisory_id for key share;
    delete from public.advisories_at_rest r where r.advisory_id in (select c.advisory_id from changed c);
    return null;
  end $$;
create trigger totals_stale_added after insert on advisory_audience
  referencing new table as changed for each statement execute function totals_stale();
create trigger totals_stale after update on advisory_audience
  referencing new table as changed for each statement execute function totals_stale();
create trigger totals_stale after insert on advisory_acknowledgements
  referencing new table as changed for each statement execute function totals_stale();
create trigger totals_stale_added after insert on desk_receipts
  referencing new table as changed for each statement execute function totals_stale();
create trigger totals_stale after update on desk_receipts
  referencing new table as changed for each statement execute function totals_stale();
create trigger totals_stale after update on relays
  referencing new table as changed for each statement execute function totals_stale();

-- The same numbers of items that are not at rest, for those who see their boards.
create function open_totals(p_items uuid[])
  returns table (advisory_id uuid, ceptoar_id text, stage text, delay smallint, way text, organisations integer, asked integer,
                 due integer, in_time integer, soonest integer, latest integer)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    centre boolean := public.viewer_at_centre();
    apart uuid[] := public.viewer_kept_from();
    known uuid[];
  begin
    select coalesce(array_agg(a.advisory_id), '{}') into known
      from public.advisories a
      where a.advisory_id = any (p_items) and a.state = 'published'
        and not exists (select from public.advisories_at_rest r where r.advisory_id = a.advisory_id);
    if cardinality(known) = 0 then return; end if;
    return query
    with boards as materialized (
      select h.advisory_id, h.ceptoar_id, bool_or(h.stage = 'secretariat') as lists
      from public.viewer_hats(known) h where h.stage in ('secretariat', 'ministry') group by 1, 2),
    found as (select r.*, centre and r.advisory_id <> all (apart) as everything from public.reckon(known) r)
    select f.advisory_id, f.ceptoar_id, f.stage, f.delay, case when f.everything or b.lists then f.way end, f.organisations, f.asked,
           f.due, f.in_time, f.soonest, f.latest
    from found f left join boards b on b.advisory_id = f.advisory_id and b.ceptoar_id = f.ceptoar_id
    where f.everything or b.advisory_id is not null;
  end $$;

-- The items of some time whose boards the viewer sees, with the CEPTOARs of each and what their desks made of it, in the same
-- order. What a list does not tell is not told here: the kind of what is read by named persons alone, and that it is a later
-- version of what the viewer never had (`earlier`: those that they know).
create function viewer_boards(p_from timestamptz, p_until timestamptz)
  returns table (advisory_id uuid, published_at timestamptz, level text, drill boolean, kind text, step text, earlier uuid[],
                 ceptoars text[], outcomes text[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    centre boolean := public.viewer_at_centre();
    overseen text[] := public.viewer_ceptoars() || public.viewer_ministry_ceptoars();
  begin
    return query
    with known as materialized (select v.advisory_id, v.content from public.viewer_items() v),
    published as materialized (
      select a.advisory_id, a.published_at, a.level, a.drill, a.step, a.thread_id, a.version, k.content
      from public.advisories a join known k using (advisory_id)
      where a.state = 'published' and a.published_at >= p_from and a.published_at < p_until),
    apart as materialized (select unnest(public.viewer_kept_from()) as advisory_id),
    boards as (
      select distinct h.advisory_id, h.ceptoar_id from public.advisory_hops h join published using (advisory_id)
      where centre and h.advisory_id not in (select x.advisory_id from apart x)
      union
      -- What a desk decided is for those who oversee the CEPTOAR today, as its relays are.
      select h.advisory_id, h.ceptoar_id from public.viewer_hats(null) h join published using (advisory_id)
      where h.stage in ('secretariat', 'ministry') and h.ceptoar_id = any (overseen)),
    decided as (
      select distinct on (d.advisory_id, d.ceptoar_id) d.advisory_id, d.ceptoar_id, d.decision
      from public.relay_decisions d join published using (advisory_id)
      where d.decision not in ('bypass_asked', 'bypass_refused')  -- nothing came of it
      order by d.advisory_id, d.ceptoar_id, d.made_at desc, (d.decision = 'superseded') desc),
    ended as (
      select b.advisory_id, array_agg(b.ceptoar_id order by b.ceptoar_id) as ceptoars,
             array_agg(case r.state
                 when 'forwarded' then case d.decision when 'time_up' then 'time_up' when 'bypassed' then 'bypassed' else 'passed_on' end
                 when 'withheld' then case d.decision when 'withhold_duplicate' then 'known_already'
                   when 'withhold_not_relevant' then 'not_relevant' else 'superseded' end
                 when 'waiting' then 'waiting' when 'held' then 'waiting' else 'at_once' end order by b.ceptoar_id) as outcomes
      from boards b
      left join public.relays r on r.advisory_id = b.advisory_id and r.ceptoar_id = b.ceptoar_id
      left join decided d on d.advisory_id = b.advisory_id and d.ceptoar_id = b.ceptoar_id
      group by 1)
    select p.advisory_id, p.published_at, p.level, p.drill, case when p.content then t.kind end, p.step,
           case when p.version = 1 then '{}' else array(
             select e.advisory_id from public.advisories e join known k on k.advisory_id = e.advisory_id
             where e.thread_id = p.thread_id and e.version < p.version and e.state = 'published') end,
           e.ceptoars, e.outcomes
    from published p join ended e on e.advisory_id = p.advisory_id
    join public.advisory_texts t on t.advisory_id = p.advisory_id
    order by p.published_at, p.advisory_id;
  end $$;

-- What hubs passed on of some items, by CEPTOAR, for those who see the boards: hubs that reported, businesses that they told,
-- and of how many. As onward_board counts those who have reported.
create function onward_totals(p_items uuid[])
  returns table (advisory_id uuid, ceptoar_id text, reported bigint, told bigint, behind bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    centre boolean := public.viewer_at_centre();
    apart uuid[] := public.viewer_kept_from();
  begin
    return query
    with newest as (
      select distinct on (r.advisory_id, r.ceptoar_id, r.organisation_id) r.advisory_id, r.ceptoar_id, r.told, r.behind
      from public.onward_reports r join public.advisories a on a.advisory_id = r.advisory_id and a.level <> 'RED'
      join public.advisory_audience au on au.advisory_id = r.advisory_id and au.organisation_id = r.organisation_id
       and au.ceptoar_id = r.ceptoar_id and au.stage = 'member' and not au.held
      where r.advisory_id = any (p_items)
      order by r.advisory_id, r.ceptoar_id, r.organisation_id, r.report_id desc)
    select n.advisory_id, n.ceptoar_id, count(*), sum(n.told), sum(n.behind) from newest n
    where centre and n.advisory_id <> all (apart)
       or (n.advisory_id, n.ceptoar_id) in (select h.advisory_id, h.ceptoar_id from public.viewer_hats(null) h
                                            where h.stage in ('secretariat', 'ministry'))
    group by 1, 2;
  end $$;

revoke execute on function delay_class(integer), reckon(uuid[]), totals_settle(timestamptz, integer), totals_stale(),
  open_totals(uuid[]), viewer_boards(timestamptz, timestamptz), onward_totals(uuid[]) from public;
grant execute on function open_totals(uuid[]), viewer_boards(timestamptz, timestamptz), onward_totals(uuid[]) to portal_app;
grant execute on function totals_settle(timestamptz, integer) to portal_worker;
