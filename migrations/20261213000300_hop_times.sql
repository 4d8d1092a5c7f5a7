-- When an item came to each hop, and when it was acknowledged there: the first, the one in the middle, the one after which nine
-- of ten had it, the last (docs/decisions/0047-record-of-an-item.md). Numbers without names, for those who see the board.
create function hop_times(p_advisory uuid)
  returns table (stage text, sent_at timestamptz[], answered_at timestamptz[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    -- Whoever may not know of an item at the centre sees it at their desk alone.
    everything boolean := public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from());
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'secretariat', 'member', 'partner'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with sent as (
      select d.stage, d.settled_at as at from public.deliveries d
      where d.item_id = p_advisory and d.state = 'sent' and d.settled_at is not null
        and (everything or d.ceptoar_id = any (scope))),
    received as materialized (
      select y.organisation_id, y.ceptoar_id, y.stage, min(y.received_at) as at
      from public.advisory_receipts y where y.advisory_id = p_advisory group by 1, 2, 3),
    -- As the board counts: an organisation once for each CEPTOAR and hop, by the receipt that came first.
    answered as (
      select au.stage, least(o.at, t.at) as at
      from public.advisory_audience au
      left join received o on o.organisation_id = au.organisation_id and o.stage is null
      left join received t on t.organisation_id = au.organisation_id and t.ceptoar_id = au.ceptoar_id and t.stage = au.stage
      where au.advisory_id = p_advisory and au.stage = any (hops) and au.stage <> 'partner'
        and coalesce(o.at, t.at) is not null and (everything or au.ceptoar_id = any (scope)))
    select h.stage, s.at, r.at
    from unnest(hops) with ordinality h (stage, place)
    left join (select s.stage, array[min(s.at), percentile_disc(0.5) within group (order by s.at),
                                     percentile_disc(0.9) within group (order by s.at), max(s.at)] as at
               from sent s group by s.stage) s on s.stage = h.stage
    left join (select r.stage, array[min(r.at), percentile_disc(0.5) within group (order by r.at),
                                     percentile_disc(0.9) within group (order by r.at), max(r.at)] as at
               from answered r group by r.stage) r on r.stage = h.stage
    where s.at is not null or r.at is not null
    order by h.place;
  end $$;
revoke execute on function hop_times(uuid) from public;
grant execute on function hop_times(uuid) to portal_app;
