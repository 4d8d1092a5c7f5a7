-- What the receiving and the watching side ask of the database beyond plain rows.

-- Who acknowledged for the viewer's own organisations. Accounts are otherwise everybody's own; a
-- colleague who answers for the same organisation may know whose answer stands.
create function own_acknowledgements(p_advisory uuid)
  returns table (organisation_id uuid, account_id uuid, display_name text, acknowledged_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select k.organisation_id, k.account_id, c.display_name, k.acknowledged_at
  from public.advisory_acknowledgements k
  join public.accounts c on c.account_id = k.account_id
  where k.advisory_id = p_advisory
    and k.organisation_id in (select h.organisation_id from public.viewer_hats(array[p_advisory]) h
                              where h.role <> 'member_reader') $$;

-- The delivery board: per CEPTOAR and hop, how many windows were handed over and how many organisations
-- acknowledged. Numbers only, so that the ministries' desks may have it too. The right is asked for once
-- and not for each of 15,000 rows: the centre sees all (a RED item: its case team), a desk or ministry
-- the CEPTOARs that the item reaches it for. Of a RED item only the named members' hop is counted.
create function delivery_board(p_advisory uuid)
  returns table (ceptoar_id text, stage text, organisations bigint, acknowledged bigint, unreached bigint,
                 queued bigint, sending bigint, sent bigint, refused bigint, cancelled bigint,
                 first_at timestamptz, last_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  declare
    everything boolean := public.viewer_has_role('nisc_analyst', 'nisc_approver');
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'secretariat', 'member'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with due as materialized (
      select d.ceptoar_id, d.stage, d.organisation_id, d.state, d.settled_at
      from public.deliveries d where d.item_id = p_advisory),
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
               select k.organisation_id from public.advisory_acknowledgements k
               where k.advisory_id = p_advisory)) as acknowledged,
             count(*) filter (where au.organisation_id not in (select d.organisation_id from due d)) as unreached
      from public.advisory_audience au
      where au.advisory_id = p_advisory and au.stage = any (hops)
        and (everything or au.ceptoar_id = any (scope))
      group by 1, 2)
    select o.ceptoar_id, o.stage, o.organisations, o.acknowledged, o.unreached,
           coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.sent, 0), coalesce(w.refused, 0),
           coalesce(w.cancelled, 0), w.first_at, w.last_at
    from organisations o left join windows w on w.ceptoar_id = o.ceptoar_id and w.stage = o.stage;
  end $$;

grant execute on function own_acknowledgements(uuid), delivery_board(uuid) to portal_app;
