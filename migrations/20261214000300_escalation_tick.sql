-- What the worker does about silence (docs/decisions/0048-escalation.md): is something due; take it and say whom to write to;
-- queue the letters, all in one transaction.

-- Costs two looks into indexes where nothing is due.
create function escalation_is_due(p_now timestamptz) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  declare closed boolean := public.is_off_hours(p_now);
  begin
    return exists (select from public.escalation_plan p
                   where p.taken_at is null and p.at <= p_now and not (p.office_hours and closed))
      or exists (select from public.escalation_losses l
                 where exists (select from public.escalation_plan p
                               where p.advisory_id = l.advisory_id and p.ceptoar_id = l.ceptoar_id
                                 and not (p.office_hours and closed)));
  end $$;

-- Takes what is due, at most so many rungs of CEPTOARs, writes down about whom something is done, and answers the letters:
-- `reader` says to whom (silent: to those who are silent; desk, ministry, centre: about them), the first arrays about which
-- CEPTOARs with how many silent members, the others who gets a copy. Which windows may have the item is for `sharing_windows`
-- to say, now, and only for the audience that was frozen. Sets are put together by grouping and not by joins: nothing is known of
-- their sizes, and a join of two intermediate results may then be the slowest there is.
create function escalation_take(p_now timestamptz, p_limit integer)
  returns table (errand_id uuid, advisory_id uuid, number text, level text, kind text, drill boolean, answer_due timestamptz,
                 published_at timestamptz, reader text, recipients integer,
                 ceptoars text[], ceptoars_ja text[], ceptoars_en text[], members bigint[], unreachable bigint[],
                 desks boolean[], ministries boolean[],
                 contacts uuid[], organisations uuid[], of_ceptoars text[], places smallint[], languages text[],
                 addresses text[], addressees text[], follows uuid[])
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    today date := (p_now at time zone 'Asia/Tokyo')::date;
    closed boolean := public.is_off_hours(p_now);
  begin
    -- One at a time: whoever comes second finds nothing left.
    perform pg_advisory_xact_lock(7720);
    return query
    with due as materialized (
      select p.advisory_id, p.ceptoar_id, p.began_at, p.rung, p.step from public.escalation_plan p
      where p.taken_at is null and p.at <= p_now and not (p.office_hours and closed)
      order by p.at, p.advisory_id, p.ceptoar_id, p.began_at, p.rung limit p_limit),
    taken as (
      update public.escalation_plan p set taken_at = p_now from due d
      where p.advisory_id = d.advisory_id and p.ceptoar_id = d.ceptoar_id and p.began_at = d.began_at and p.rung = d.rung),
    lost as (
      delete from public.escalation_losses l
      where l.loss_id in (
        select x.loss_id from public.escalation_losses x
        where exists (select from public.escalation_plan p
                      where p.advisory_id = x.advisory_id and p.ceptoar_id = x.ceptoar_id and not (p.office_hours and closed))
        order by x.loss_id limit 2000)
      returning l.advisory_id, l.ceptoar_id, l.organisation_id),
    touched as materialized (
      select d.advisory_id, d.ceptoar_id from due d union select l.advisory_id, l.ceptoar_id from lost l),
    items as materialized (
      select a.advisory_id, a.number, a.level, t.kind, a.drill, a.answer_due, a.published_at, a.created_by, a.last_edited_by,
             a.submitted_by, a.approved_by
      from (select distinct x.advisory_id from touched x) i
      join public.advisories a on a.advisory_id = i.advisory_id and a.state = 'published'
       and (a.valid_until is null or a.valid_until >= today)
      join public.advisory_texts t on t.advisory_id = a.advisory_id),
    -- Who is silent: has the item, nothing newer, and no receipt by what counts as one everywhere.
    silent as materialized (
      select au.advisory_id, au.organisation_id, au.ceptoar_id, au.stage, coalesce(au.went_on_at, i.published_at) as began_at
      from touched x join items i on i.advisory_id = x.advisory_id
      join public.advisory_audience au on au.advisory_id = x.advisory_id and au.ceptoar_id = x.ceptoar_id
      where au.stage <> 'partner' and not au.held and not au.sealed and au.superseded_at is null and not au.withdrawn
        and not exists (select from public.advisory_receipts y
                        where y.advisory_id = au.advisory_id and y.organisation_id = au.organisation_id
                          and (y.stage is null or (y.stage = au.stage and y.ceptoar_id = au.ceptoar_id)))),
    -- Windows at which everybody is suspended, and mailboxes that did not take the item.
    shut as materialized (
      select f.contact_id from public.affiliations f join public.accounts c on c.account_id = f.account_id
      where f.contact_id is not null and f.valid @> today
      group by 1 having bool_and(c.suspended_at is not null)),
    broken as materialized (
      select d.item_id, lower(a.address) as address
      from public.deliveries d join public.delivery_addresses a on a.delivery_id = d.delivery_id
      where d.item_id in (select i.advisory_id from items i) and d.state in ('refused', 'expired')),
    reach as materialized (
      select x.advisory_id, w.organisation_id, w.ceptoar_id, w.stage, w.contact_id, w.window_position, w.language, w.address
      from (select distinct s.advisory_id from silent s) x
      cross join lateral public.sharing_windows(x.advisory_id, p_now) w
      where w.verdict in ('due', 'same_address')
        and w.contact_id not in (select h.contact_id from shut h)
        and (x.advisory_id, lower(w.address)) not in (select b.item_id, b.address from broken b)),
    facts as materialized (
      select u.advisory_id, u.organisation_id, u.ceptoar_id, u.stage, max(u.began_at) as began_at, bool_or(u.lost) as lost,
             count(u.contact_id)::integer as windows,
             coalesce(array_agg(u.rung) filter (where u.rung is not null), '{}') as rungs,
             coalesce(bool_or(u.step in ('desk', 'next_up')), false) as at_desk, coalesce(bool_or(u.step = 'next_up'), false) as higher
      from (select s.advisory_id, s.organisation_id, s.ceptoar_id, s.stage, s.began_at, false as lost, null::uuid as contact_id,
                   null::smallint as rung, null::text as step from silent s
            union all
            select l.advisory_id, l.organisation_id, l.ceptoar_id, 'member', null, true, null, null, null from lost l
            union all
            select r.advisory_id, r.organisation_id, r.ceptoar_id, r.stage, null, false, r.contact_id, null, null from reach r
            union all
            select e.advisory_id, e.organisation_id, e.ceptoar_id, e.stage, null, false, null, e.rung, e.step
            from (select distinct i.advisory_id from items i) i join public.escalations e on e.advisory_id = i.advisory_id) u
      group by 1, 2, 3, 4),
    -- Offices on the road that have the item and a window: who is not there cannot be told.
    offices as materialized (
      select r.advisory_id, r.ceptoar_id, r.stage, r.organisation_id, r.contact_id, r.window_position, r.language, r.address
      from reach r
      where r.stage in ('secretariat', 'ministry')
        and exists (select from public.advisory_audience au
                    where au.advisory_id = r.advisory_id and au.organisation_id = r.organisation_id
                      and au.ceptoar_id = r.ceptoar_id and au.stage = r.stage and not au.sealed)),
    marks as materialized (
      select distinct on (m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung)
             m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung, m.windows, m.unreachable,
             -- Where no desk can be told, the next one up is.
             case when m.step = 'desk' and not exists (
                    select from offices o
                    where o.advisory_id = m.advisory_id and o.ceptoar_id = m.ceptoar_id and o.stage = 'secretariat')
                  then 'next_up' else m.step end as step
      from (
        select f.*, d.rung, d.step, f.windows = 0 as unreachable
        from facts f join due d on d.advisory_id = f.advisory_id and d.ceptoar_id = f.ceptoar_id and d.began_at = f.began_at
        where d.step = 'again' and f.windows > 0 or d.step = 'desk' and f.stage = 'member' or d.step = 'next_up'
        union all
        -- Whom no mail reaches: their desk at once.
        select f.*, p.rung, 'desk', true
        from facts f
        cross join lateral (
          select x.rung from public.escalation_plan x
          where x.advisory_id = f.advisory_id and x.ceptoar_id = f.ceptoar_id and x.began_at = f.began_at and x.step = 'desk'
          order by x.rung limit 1) p
        where f.began_at is not null and f.stage = 'member' and f.windows = 0
          and (f.lost or exists (
            select from due d where d.advisory_id = f.advisory_id and d.ceptoar_id = f.ceptoar_id and d.began_at = f.began_at
              and d.step in ('look', 'again')))) m
      where not m.rung = any (m.rungs)
      order by m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung, m.unreachable desc),
    written as (
      insert into public.escalations (advisory_id, organisation_id, ceptoar_id, stage, rung, step, windows, unreachable, reached_at)
      select m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.rung, m.step,
             case when m.step = 'again' then m.windows else 0 end, m.unreachable, p_now
      from marks m on conflict do nothing),
    -- How it stands in each CEPTOAR for which something was done: members that are silent although the desk, or more, was told.
    standing as (
      select u.advisory_id, u.ceptoar_id, u.stage, u.organisation_id, bool_or(u.at_desk) as at_desk, bool_or(u.higher) as higher,
             max(u.windows) as windows
      from (select f.advisory_id, f.ceptoar_id, f.stage, f.organisation_id, f.at_desk, f.higher, f.windows
            from facts f where f.began_at is not null
            union all
            select m.advisory_id, m.ceptoar_id, m.stage, m.organisation_id, m.step <> 'again', m.step = 'next_up', 0
            from marks m) u
      group by 1, 2, 3, 4),
    lines as materialized (
      select t.advisory_id, t.ceptoar_id, x.step,
             count(*) filter (where t.stage = 'member' and (t.higher or x.step = 'desk' and t.at_desk)) as members,
             count(*) filter (where t.stage = 'member' and (t.higher or x.step = 'desk' and t.at_desk) and t.windows = 0)
               as unreachable,
             coalesce(bool_or(t.stage = 'secretariat' and t.higher), false) as desk,
             coalesce(bool_or(t.stage = 'ministry' and t.higher), false) as ministry
      from (select distinct m.advisory_id, m.ceptoar_id, m.step from marks m where m.step <> 'again') x
      join standing t on t.advisory_id = x.advisory_id and t.ceptoar_id = x.ceptoar_id
      group by 1, 2, 3),
    team as (  -- who works on the item; an item that is not confidential is every approver's where nobody of them is left
      select i.advisory_id, a.account_id, a.mail_address, a.display_name, a.language, i.level = 'RED' as red,
             a.account_id in (i.created_by, i.last_edited_by, i.submitted_by, i.approved_by) as own
      from items i
      join public.accounts a on a.mail_address is not null and a.suspended_at is null
      where exists (select from lines l where l.advisory_id = i.advisory_id and l.step = 'next_up')
        and exists (select from public.affiliations f where f.account_id = a.account_id and f.valid @> today
                    and (f.role = 'nisc_approver'
                         or f.role = 'nisc_analyst'
                            and a.account_id in (i.created_by, i.last_edited_by, i.submitted_by, i.approved_by)))),
    copies as materialized (
      select c.* from (
        select x.advisory_id, 'silent' as reader, null::text as whose, x.contact_id, x.organisation_id, x.ceptoar_id,
               x.window_position, x.language, x.address, null::text as addressee
        from (select u.*, bool_or(u.marked) over (partition by u.advisory_id, u.organisation_id, u.ceptoar_id, u.stage) as wanted
              from (select r.*, false as marked from reach r
                    union all
                    select m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, null, null, null, null, true
                    from marks m where m.step = 'again') u) x
        where x.wanted and x.contact_id is not null
        union all
        select o.advisory_id, 'desk', o.ceptoar_id, o.contact_id, o.organisation_id, o.ceptoar_id, o.window_position, o.language,
               o.address, null
        from offices o join lines l on l.advisory_id = o.advisory_id and l.ceptoar_id = o.ceptoar_id and l.step = 'desk'
        where o.stage = 'secretariat'
        union all
        select o.advisory_id, 'ministry', o.organisation_id::text, o.contact_id, o.organisation_id, o.ceptoar_id,
               o.window_position, o.language, o.address, null
        from offices o join lines l on l.advisory_id = o.advisory_id and l.ceptoar_id = o.ceptoar_id and l.step = 'next_up'
        where o.stage = 'ministry' and (l.members > 0 or l.desk)
        union all
        select t.advisory_id, 'centre', null, t.account_id, t.account_id, '', 1::smallint, t.language, t.mail_address,
               t.display_name
        from team t
        where t.own or not t.red and not exists (select from team o where o.advisory_id = t.advisory_id and o.own)) c),
    -- One mailbox is one reader.
    single as materialized (
      select distinct on (c.advisory_id, c.reader, c.whose, lower(c.address))
             c.*, coalesce(c.addressee, case c.language when 'en' then n.en else n.ja end, '') as name, x.delivery_id as follows
      from copies c
      left join public.organisation_names n on n.organisation_id = c.organisation_id and n.valid @> today
      left join public.deliveries x on x.item_id = c.advisory_id and x.contact_id = c.contact_id
       and x.state not in ('held', 'cancelled')
      order by c.advisory_id, c.reader, c.whose, lower(c.address), c.window_position, c.contact_id),
    letters as (
      select s.advisory_id, s.reader, s.whose, array_agg(s.contact_id) as contacts, array_agg(s.organisation_id) as organisations,
             array_agg(s.ceptoar_id) as of_ceptoars, array_agg(s.window_position) as places, array_agg(s.language) as languages,
             array_agg(s.address) as addresses, array_agg(s.name) as addressees, array_agg(s.follows) as follows
      from single s group by 1, 2, 3)
    select gen_random_uuid(), i.advisory_id, i.number, i.level, i.kind, i.drill, i.answer_due, i.published_at, e.reader,
           (select count(*)::integer from marks m
            where m.advisory_id = e.advisory_id and (m.step = 'again') = (e.reader = 'silent')
              and (e.reader <> 'desk' or m.ceptoar_id = e.whose)),
           coalesce(t.ids, '{}'), coalesce(t.ja, '{}'), coalesce(t.en, '{}'), coalesce(t.members, '{}'),
           coalesce(t.unreachable, '{}'), coalesce(t.desks, '{}'), coalesce(t.ministries, '{}'),
           e.contacts, e.organisations, e.of_ceptoars, e.places, e.languages, e.addresses, e.addressees, e.follows
    from letters e
    join items i on i.advisory_id = e.advisory_id
    cross join lateral (
      select array_agg(l.ceptoar_id order by s.position, c.position) as ids,
             array_agg(coalesce(n.ja, l.ceptoar_id) order by s.position, c.position) as ja,
             array_agg(coalesce(n.en, l.ceptoar_id) order by s.position, c.position) as en,
             array_agg(l.members order by s.position, c.position) as members,
             array_agg(l.unreachable order by s.position, c.position) as unreachable,
             array_agg(l.desk order by s.position, c.position) as desks,
             array_agg(l.ministry order by s.position, c.position) as ministries
      from lines l
      join public.ceptoars c on c.ceptoar_id = l.ceptoar_id join public.sectors s on s.sector_id = c.sector_id
      left join public.ceptoar_names n on n.ceptoar_id = l.ceptoar_id and n.valid @> today
      where l.advisory_id = e.advisory_id
        and case e.reader
              when 'desk' then l.step = 'desk' and l.ceptoar_id = e.whose
              when 'ministry' then l.step = 'next_up' and l.ceptoar_id in (
                select o.ceptoar_id from offices o
                where o.advisory_id = e.advisory_id and o.stage = 'ministry' and o.organisation_id::text = e.whose)
              when 'centre' then l.step = 'next_up' else false end) t
    order by i.number, e.reader, e.whose;
  end $$;

-- Queues letters: their texts by language, and the copies. Those to persons at the centre are theirs, as letters about an account
-- are, so that they go no further when the person is suspended.
create function escalation_send(
  p_errands uuid[], p_languages text[], p_subjects text[], p_bodies text[], p_hashes bytea[], p_drills boolean[],
  p_of uuid[], p_personal boolean[], p_contacts uuid[], p_organisations uuid[], p_ceptoars text[], p_places smallint[],
  p_copy_languages text[], p_addresses text[], p_addressees text[], p_follows uuid[], p_priorities smallint[],
  p_now timestamptz) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare queued bigint;
  begin
    -- To addresses of the directory and of accounts, and to no others.
    if exists (select from unnest(p_personal, p_contacts, p_addresses) c (personal, contact_id, address)
               where case when c.personal then not exists (
                            select from public.accounts a where a.account_id = c.contact_id and a.mail_address = c.address)
                          else not exists (
                            select from public.contact_channels h
                            where h.contact_id = c.contact_id and h.kind = 'mail' and h.value = c.address) end) then
      raise exception 'letters about silence go to windows and persons at the centre' using errcode = 'insufficient_privilege';
    end if;
    with texts as materialized (
      select gen_random_uuid() as mail_id, t.* from unnest(p_errands, p_languages, p_subjects, p_bodies, p_hashes, p_drills)
        t (errand_id, language, subject, body, hash, drill)),
    stored as (
      insert into public.mails (mail_id, item_kind, item_id, language, subject, body, body_hash, drill, created_at)
      select t.mail_id, 'escalation', t.errand_id, t.language, t.subject, t.body, t.hash, t.drill, p_now from texts t),
    copies as materialized (
      select gen_random_uuid() as delivery_id, c.*
      from unnest(p_of, p_personal, p_contacts, p_organisations, p_ceptoars, p_places, p_copy_languages, p_addresses,
                  p_addressees, p_follows, p_priorities)
        c (errand_id, personal, contact_id, organisation_id, ceptoar_id, place, language, address, addressee, follows, priority)),
    due as (
      insert into public.deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage, position,
                                     priority, due_at, give_up_at, follows)
      select c.delivery_id, t.mail_id, c.errand_id, c.organisation_id, c.ceptoar_id, c.contact_id,
             case when c.personal then 'account' else 'escalation' end, c.place, c.priority, now(), now() + interval '1 day',
             c.follows
      from copies c join texts t on t.errand_id = c.errand_id and t.language = c.language),
    addressed as (
      insert into public.delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
      select c.delivery_id, c.organisation_id, c.ceptoar_id, c.address, c.addressee from copies c)
    select count(*) into queued from copies;
    perform pg_notify('outbox', '');
    return queued;
  end $$;

revoke execute on function escalation_is_due(timestamptz), escalation_take(timestamptz, integer),
  escalation_send(uuid[], text[], text[], text[], bytea[], boolean[], uuid[], boolean[], uuid[], uuid[], text[], smallint[],
                  text[], text[], text[], uuid[], smallint[], timestamptz) from public;
grant execute on function escalation_is_due(timestamptz), escalation_take(timestamptz, integer),
  escalation_send(uuid[], text[], text[], text[], bytea[], boolean[], uuid[], boolean[], uuid[], uuid[], text[], smallint[],
                  text[], text[], text[], uuid[], smallint[], timestamptz) to portal_worker;

-- What has happened and what comes, in numbers: for the board, which ministries see too.
create function escalation_board(p_advisory uuid)
  returns table (ceptoar_id text, step text, planned boolean, organisations bigint, at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    -- Whoever may not know of an item at the centre sees it at their desk alone.
    everything boolean := public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from());
    scope text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    return query
    select e.ceptoar_id, e.step, false, count(distinct (e.organisation_id, e.stage)), max(e.reached_at)
    from public.escalations e
    where e.advisory_id = p_advisory and (everything or e.ceptoar_id = any (scope))
    group by 1, 2
    union all
    select * from (
      select distinct on (p.ceptoar_id) p.ceptoar_id, p.step, true, 0::bigint, p.at
      from public.escalation_plan p join public.advisories a on a.advisory_id = p.advisory_id
       and (a.valid_until is null or a.valid_until >= public.viewer_today())
      where p.advisory_id = p_advisory and p.taken_at is null and p.step <> 'look' and (everything or p.ceptoar_id = any (scope))
      order by p.ceptoar_id, p.at, p.rung) n;
  end $$;

-- For the front page of a desk: items about whose silent members it was told, and how many of those are silent still.
create function escalation_tasks(p_since timestamptz)
  returns table (advisory_id uuid, number text, drill boolean, ceptoar_id text, members bigint, told_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  begin
    return query
    select a.advisory_id, a.number, a.drill, e.ceptoar_id, count(*), max(e.reached_at)
    from (select distinct x.advisory_id, x.ceptoar_id, x.organisation_id, x.reached_at from public.escalations x
          where x.step = 'desk' and x.ceptoar_id = any (public.viewer_ceptoars()) and x.reached_at >= p_since) e
    join public.advisories a on a.advisory_id = e.advisory_id
     and (a.valid_until is null or a.valid_until >= public.viewer_today())
    join public.advisory_audience au on au.advisory_id = e.advisory_id and au.organisation_id = e.organisation_id
     and au.ceptoar_id = e.ceptoar_id and au.stage = 'member' and not au.held and au.superseded_at is null
    where exists (select from public.viewer_hats(array[a.advisory_id]) h
                  where h.stage = 'secretariat' and h.ceptoar_id = e.ceptoar_id)
      and not exists (select from public.advisory_receipts y
                      where y.advisory_id = e.advisory_id and y.organisation_id = e.organisation_id
                        and (y.stage is null or (y.stage = 'member' and y.ceptoar_id = e.ceptoar_id)))
    group by 1, 2, 3, 4 order by 6;
  end $$;
revoke execute on function escalation_board(uuid), escalation_tasks(timestamptz) from public;
grant execute on function escalation_board(uuid), escalation_tasks(timestamptz) to portal_app;
