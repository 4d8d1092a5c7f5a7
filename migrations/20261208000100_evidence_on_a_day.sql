-- How a CEPTOAR stood, or will stand, on a day: the requirements and functions of any day from what holds and was proven,
-- agreed and published until its end. Docs: decisions/0027.
drop function ceptoar_evidence(text[], timestamptz, integer, integer);

create function ceptoar_evidence(p_ceptoars text[], p_day date, p_since timestamptz, p_until timestamptz,
                                 p_proven_days integer, p_fresh_days integer)
  returns table (ceptoar_id text, members bigint, rule_in_force boolean, consents bigint, with_window bigint, proven bigint,
                 windows bigint, fresh bigint, shared bigint, drills bigint)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with overseen as materialized (
      select c.ceptoar_id from public.ceptoars c
      where c.ceptoar_id = any (p_ceptoars)
        and ((select public.viewer_at_centre())
             or c.ceptoar_id = any ((select public.viewer_ceptoars())::text[])
             or c.ceptoar_id = any ((select public.viewer_ministry_ceptoars())::text[]))),
    rules as (
      select r.ceptoar_id, r.rule_id from public.handling_rules r join overseen using (ceptoar_id)
      where r.valid @> p_day),
    -- A channel keeps its last proof only. Of a past day the proofs themselves tell; of today they need not be asked.
    proofs as (
      select p.contact_id, p.kind, p.value, max((p.proven_at at time zone 'Asia/Tokyo')::date) as proven_on
      from public.window_proofs p
      where p_day < (select public.viewer_today()) and p.proven_at < p_until group by 1, 2, 3),
    windows as (
      select k.ceptoar_id, k.organisation_id, k.contact_id,
             max(greatest(p.proven_on, case when ch.last_verified_on <= p_day then ch.last_verified_on end)) as verified_on
      from public.contacts k join overseen using (ceptoar_id)
      left join public.contact_channels ch on ch.contact_id = k.contact_id and ch.valid @> p_day
      left join proofs p on p.contact_id = ch.contact_id and p.kind = ch.kind and p.value = ch.value
      where k.valid @> p_day group by 1, 2, 3),
    kept as (
      select w.ceptoar_id, w.organisation_id, count(*) as windows,
             count(*) filter (where w.verified_on > p_day - p_fresh_days) as fresh,
             coalesce(bool_or(w.verified_on > p_day - p_proven_days), false) as proven
      from windows w group by 1, 2),
    members as (
      select m.ceptoar_id, count(*) as members, count(g.organisation_id) as consents, count(k.organisation_id) as with_window,
             count(*) filter (where k.proven) as proven, sum(k.windows) as windows, sum(k.fresh) as fresh
      from public.memberships m join overseen using (ceptoar_id)
      left join kept k on k.ceptoar_id = m.ceptoar_id and k.organisation_id = m.organisation_id
      left join rules r on r.ceptoar_id = m.ceptoar_id
      left join public.handling_rule_consents g
        on g.rule_id = r.rule_id and g.organisation_id = m.organisation_id and g.consented_on <= p_day
      where m.valid @> p_day group by 1),
    items as (
      select h.ceptoar_id, count(distinct a.thread_id) filter (where not a.drill) as shared,
             count(distinct a.thread_id) filter (where a.drill) as drills
      from overseen o
      join public.advisory_hops h on h.ceptoar_id = o.ceptoar_id and h.stage = 'member'
      join public.advisories a
        on a.advisory_id = h.advisory_id and a.state = 'published' and a.published_at >= p_since and a.published_at < p_until
      join (select v.advisory_id from public.viewer_items() v) v on v.advisory_id = a.advisory_id
      -- What its desk did not pass on was not shared.
      where not exists (select from public.relays r where r.advisory_id = h.advisory_id and r.ceptoar_id = h.ceptoar_id
                        and r.state <> 'forwarded')
      group by 1)
    select o.ceptoar_id, coalesce(m.members, 0), r.rule_id is not null, coalesce(m.consents, 0),
           coalesce(m.with_window, 0), coalesce(m.proven, 0), coalesce(m.windows, 0)::bigint, coalesce(m.fresh, 0)::bigint,
           coalesce(i.shared, 0), coalesce(i.drills, 0)
    from overseen o left join members m using (ceptoar_id) left join rules r using (ceptoar_id)
    left join items i using (ceptoar_id) $$;
revoke execute on function ceptoar_evidence(text[], date, timestamptz, timestamptz, integer, integer) from public;
grant execute on function ceptoar_evidence(text[], date, timestamptz, timestamptz, integer, integer) to portal_app;
