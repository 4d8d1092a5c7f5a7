-- A window is in trouble when any mail to it came back: an advisory or a drill tells it sooner than the yearly letter.
-- What relays took of a later mail to the same address takes the trouble away again: a full mailbox was emptied.

-- Few rows: what was delivered, nearly all, is not among them and costs the hot table nothing.
create index deliveries_came_back on deliveries (contact_id, settled_at desc) where state in ('refused', 'expired');

-- As in 20261206000100_proof_of_life.sql, but for `came_back`, which looked at letters of rounds alone.
create or replace function troubled_windows(p_ceptoar text default null)
  returns table (contact_id uuid, organisation_id uuid, ceptoar_id text, came_back boolean, moved boolean, silent boolean,
                 wrong bigint, unproven bigint, due_on date)
  language plpgsql stable security definer cost 20000 rows 100 set search_path = pg_catalog, pg_temp
  as $$
  declare
    today date := public.viewer_today();
  begin
    return query
    with own as materialized (
      select f.organisation_id, f.ceptoar_id from public.affiliations f
      where f.account_id = public.viewer_account() and f.valid @> today and f.role in ('member_admin', 'ministry_liaison')),
    mine as materialized (
      select k.contact_id, k.organisation_id, k.ceptoar_id, k.recorded_at from public.contacts k
      where k.valid @> today and (p_ceptoar is null or k.ceptoar_id = p_ceptoar)
        and (k.ceptoar_id = any ((select public.viewer_ceptoars())::text[])
             or exists (select from own o where o.organisation_id = k.organisation_id
                        and (o.ceptoar_id is null or o.ceptoar_id = k.ceptoar_id)))
        and exists (select from public.bodies_on_the_road b
                    where b.ceptoar_id = k.ceptoar_id and b.organisation_id = k.organisation_id and b.valid @> today)),
    -- Window by window, each by its own index: a plan that does not depend on how many rows there are believed to be.
    found as (
      select m.contact_id, m.organisation_id, m.ceptoar_id,
             l.address is not null
               and exists (select from public.contact_channels c
                           where c.contact_id = m.contact_id and c.kind = 'mail' and c.value = l.address and c.valid @> today)
               and not exists (select from public.window_proofs x
                               where x.contact_id = m.contact_id and x.kind = 'mail' and x.value = l.address
                                 and x.proven_at >= l.settled_at)
               -- By the index on organisations (a letter's is its window), and only where something came back at all.
               and not exists (select from public.deliveries d join public.delivery_addresses a using (delivery_id)
                               where d.organisation_id in (m.organisation_id, m.contact_id) and d.contact_id = m.contact_id
                                 and d.state = 'sent' and d.settled_at > l.settled_at and a.address = l.address)
               as came_back,
             coalesce(s.answer = 'moved' and m.recorded_at <= s.answered_at, false)
               and (s.asked_value is null or exists (
                 select from public.contact_channels c
                 where c.contact_id = m.contact_id and c.kind = 'mail' and c.value = s.asked_value and c.valid @> today))
               and not exists (select from public.contact_channels c
                               where c.contact_id = m.contact_id and c.valid @> today and c.recorded_at > s.answered_at)
               and not exists (select from public.window_proofs x
                               where x.contact_id = m.contact_id and x.proven_at >= s.answered_at) as moved,
             o.silent, n.wrong, n.unproven
      from mine m
      left join lateral (
        select a.address, d.settled_at
        from public.deliveries d join public.delivery_addresses a using (delivery_id)
        where d.contact_id = m.contact_id and d.state in ('refused', 'expired')
        order by d.settled_at desc limit 1) l on true
      left join lateral (
        select q.asked_value, q.answer, q.answered_at from public.verification_requests q
        where q.contact_id = m.contact_id and q.answer is not null order by q.answered_at desc limit 1) s on true
      cross join lateral (
        select count(*) > 0 as silent
        from public.verification_requests q join public.verification_rounds r using (round_id)
        where q.contact_id = m.contact_id and q.answer is null and q.asked_value is not null and r.closed_at is null) o
      cross join lateral (
        select count(*) filter (where w.doubt is not null) as wrong,
               count(*) filter (where w.unproven and w.doubt is null) as unproven
        from public.window_numbers(today) w where w.contact_id = m.contact_id) n)
    select f.contact_id, f.organisation_id, f.ceptoar_id, f.came_back, f.moved, f.silent and not f.came_back, f.wrong,
           f.unproven, r.due_on
    from found f
    left join public.verification_rounds r on r.ceptoar_id = f.ceptoar_id and r.closed_at is null
    where f.came_back or f.moved or f.silent or f.wrong > 0 or f.unproven > 0;
  end $$;
