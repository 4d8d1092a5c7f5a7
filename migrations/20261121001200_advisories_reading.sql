-- What the receiving and the watching side ask of the database beyond plain rows.

-- The viewer's hats: on which hop, for which organisation and in which role an item reaches the person
-- looking; `sealed` where that hat sees the envelope only. Row by row, because two hats owe two
-- acknowledgements and see two delivery lists. NULL asks for all items.
create function viewer_hats(p_advisories uuid[])
  returns table (advisory_id uuid, ceptoar_id text, stage text, organisation_id uuid, role text, contact_id uuid,
                 sealed boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with hats as materialized (
    select f.role, f.organisation_id, f.ceptoar_id, f.contact_id from public.affiliations f
    where f.account_id = (select public.viewer_account()) and f.valid @> (select public.viewer_today()))
  select au.advisory_id, au.ceptoar_id, au.stage, au.organisation_id, h.role, h.contact_id,
         a.level = 'RED' and au.stage <> 'member'
  from hats h
  join public.advisory_audience au on au.organisation_id = h.organisation_id
   and (p_advisories is null or au.advisory_id = any (p_advisories))
  join public.advisories a on a.advisory_id = au.advisory_id and a.state = 'published'
  where case au.stage
          when 'secretariat' then h.role in ('secretariat', 'coordinator') and h.ceptoar_id = au.ceptoar_id
          when 'ministry' then h.role = 'ministry_liaison'
          when 'member' then (h.ceptoar_id is null or h.ceptoar_id = au.ceptoar_id) and case a.handler_scope
              when 'organisation' then h.role in ('member_poc', 'hub_member', 'member_reader')
              when 'handlers' then h.role in ('member_poc', 'hub_member')
              when 'named' then h.role in ('member_poc', 'hub_member') and exists (
                select from public.advisory_addressees ad
                where ad.advisory_id = a.advisory_id and ad.contact_id = h.contact_id)
            end
        end $$;

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

-- The organisations that the viewer answers for. A reader (member_reader) reads, and nothing more:
-- neither who was reached nor who acknowledged is for them.
create function viewer_answering_organisations() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.organisation_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role in ('ministry_liaison', 'secretariat', 'coordinator', 'member_poc', 'hub_member') $$;

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

grant execute on function viewer_hats(uuid[]), own_acknowledgements(uuid), viewer_answering_organisations(),
  delivery_board(uuid)
  to portal_app;

-- The rules of viewer_envelopes() and viewer_contents() as before, said once, and so that a list over a
-- thousand items stays quick: the viewer is looked up once and not per row.
-- Every published item that the viewer may know of, and whether the content is for him as well.
create function viewer_items() returns table (advisory_id uuid, content boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  with me as materialized (
    select public.viewer_account() as account_id,
           public.viewer_has_role('nisc_analyst', 'nisc_approver') as at_centre)
  select u.advisory_id, bool_or(u.content) from (
    -- The centre sees all but RED; the case team sees its own items at any level.
    select a.advisory_id, true as content from me, public.advisories a
      where a.state = 'published'
        and ((me.at_centre and a.level <> 'RED')
             or me.account_id in (a.created_by, a.last_edited_by, a.submitted_by, a.approved_by))
    union all
    select h.advisory_id, not h.sealed from public.viewer_hats(null) h
  ) u group by 1 $$;

create or replace function viewer_envelopes() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(i.advisory_id), '{}') from public.viewer_items() i $$;

create or replace function viewer_contents() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(i.advisory_id), '{}') from public.viewer_items() i where i.content $$;

-- The same walls with hashed look-ups: `= any (array)` compares each of 15,000 rows with each item.
alter policy own_view on deliveries using (
  item_id in (select unnest((select viewer_envelopes())))
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_answering_organisations())::uuid[])));
alter policy own_view on advisory_audience using (
  advisory_id in (select unnest((select viewer_envelopes())))
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or ceptoar_id = any ((select viewer_ceptoars())::text[])
       or organisation_id = any ((select viewer_organisations())::uuid[])));
alter policy own_view on advisory_acknowledgements using (
  advisory_id in (select unnest((select viewer_envelopes())))
  and ((select viewer_has_role('nisc_analyst', 'nisc_approver'))
       or organisation_id = any ((select viewer_answering_organisations())::uuid[])
       or organisation_id in (select unnest((select viewer_member_organisations())))));
-- An address is readable where its delivery is, and there by those who keep the list alone.
alter policy own_view on delivery_addresses using (
  (organisation_id = any ((select viewer_answering_organisations())::uuid[])
   or ceptoar_id = any ((select viewer_ceptoars())::text[]))
  and exists (select from deliveries d where d.delivery_id = delivery_addresses.delivery_id));
alter policy envelope on advisories using (
  advisory_id in (select unnest((select viewer_envelopes()))) or advisory_id in (select unnest((select viewer_drafts())))
  or created_by = (select viewer_account()));
alter policy content on advisory_texts using (
  advisory_id in (select unnest((select viewer_contents()))) or advisory_id in (select unnest((select viewer_drafts()))));

-- "What do my organisations still owe" starts from the organisation; the key starts from the item.
create index advisory_acknowledgements_organisation on advisory_acknowledgements (organisation_id, advisory_id);
