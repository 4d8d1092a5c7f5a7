-- The present as the application's clock has it, like viewer_today.
create function viewer_now() returns timestamptz
  language sql stable parallel safe set search_path = pg_catalog
  as $$ select coalesce(nullif(current_setting('portal.now', true), '')::timestamptz, now()) $$;
grant execute on function viewer_now() to portal_app;

-- CEPTOARs whose accounts and members the viewer keeps. A coordinator judges situations and keeps no accounts.
create function viewer_secretariat_ceptoars() returns text[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.ceptoar_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.role = 'secretariat' and f.ceptoar_id is not null $$;

-- The accounts that were ever something in those CEPTOARs.
create function viewer_desk_accounts() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.account_id), '{}') from public.affiliations f
        where f.ceptoar_id = any (public.viewer_secretariat_ceptoars())
           or f.organisation_id in (select m.organisation_id from public.memberships m
                                    where m.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                                      and f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')) $$;

-- The trail for those who look at more than their own: names beside the ids, which are otherwise everybody's own.
--   all       auditors: everything
--   security  system administrators: refusals and what is done with accounts; which item and which details stay hidden
--   desk      secretariats: what was done with the accounts of their own CEPTOAR, and by them
-- p_actions: what counts as a security or administrative event; the application's table of actions knows.
create function trail_events(p_scope text, p_actions text[], p_from timestamptz, p_to timestamptz, p_action text,
                             p_outcome text, p_account text, p_subject text, p_before_at timestamptz,
                             p_before bigint, p_limit integer)
  returns table (sequence bigint, occurred_at timestamptz, account_id uuid, account_name text, action text,
                 outcome text, subject_kind text, subject_id text, detail text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if (case p_scope
          when 'all' then public.viewer_has_role('auditor')
          when 'security' then public.viewer_has_role('system_admin')
          when 'desk' then public.viewer_has_role('secretariat')
          else false end) is not true then
      return;
    end if;
    -- Planned for each call: one plan for every mixture of filters would be the slowest of them.
    return query execute $q$
      select e.sequence, e.occurred_at, e.account_id, c.display_name, e.action, e.outcome, e.subject_kind,
             case when $1 = 'security' and e.subject_kind not in ('account', 'sign_in_name') then '' else e.subject_id end,
             case when $1 = 'security' then '{}' else e.detail::text end
      from public.audit_events e
      left join public.accounts c on c.account_id = e.account_id
      where ($3::timestamptz is null or e.occurred_at >= $3)
        and ($4::timestamptz is null or e.occurred_at < $4)
        and ($5::text is null or e.action = $5)
        and ($6::text is null or e.outcome = $6)
        and ($7::text is null or e.account_id in (
              select a.account_id from public.accounts a where a.sign_in_name = $7 or a.account_id::text = $7))
        and ($8::text is null or ($1 <> 'security' and e.subject_id = $8)
             or e.subject_kind = 'account' and e.subject_id = $8)
        and ($9::timestamptz is null or (e.occurred_at, e.sequence) < ($9, $10))
        and case $1 when 'all' then true
              when 'security' then e.outcome = 'refused' or e.action = any ($2) and e.action not like 'advisory.%'
              when 'desk' then e.action = any ($2) and (
                e.account_id in (select unnest(public.viewer_desk_accounts()))
                or e.subject_kind = 'account' and e.subject_id in (select unnest(public.viewer_desk_accounts())::text))
              end
      order by e.occurred_at desc, e.sequence desc
      limit $11 $q$
      using p_scope, p_actions, p_from, p_to, p_action, p_outcome, p_account, p_subject, p_before_at, p_before, p_limit;
  end $$;

-- Who read an item: for its case team, and for every approver unless it is RED.
create function advisory_readers(p_advisory uuid)
  returns table (account_id uuid, display_name text, organisation_ja text, organisation_en text,
                 content boolean, first_at timestamptz, last_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  begin
    if not exists (select from public.advisories a where a.advisory_id = p_advisory and a.state = 'published'
                   and (public.viewer_has_role('nisc_analyst', 'nisc_approver')
                        and public.viewer_account() in (a.created_by, a.last_edited_by, a.submitted_by, a.approved_by)
                        or a.level <> 'RED' and public.viewer_has_role('nisc_approver'))) then
      return;
    end if;
    return query
    with readings as (
      select e.account_id, bool_or(e.action = 'advisory.read') as content, min(e.occurred_at) as first_at,
             max(e.occurred_at) as last_at
      from public.audit_events e
      where e.subject_kind = 'advisory' and e.subject_id = p_advisory::text and e.outcome = 'done'
        and e.action in ('advisory.read', 'advisory.read_envelope') and e.account_id is not null
      group by 1)
    select r.account_id, c.display_name, coalesce(o.ja, ''), coalesce(o.en, ''), r.content, r.first_at, r.last_at
    from readings r
    join public.accounts c on c.account_id = r.account_id
    left join lateral (
      select n.ja, n.en from public.affiliations f
      join public.organisation_names n on n.organisation_id = f.organisation_id and n.valid @> public.viewer_today()
      where f.account_id = r.account_id
      -- What the person was when reading, else what the person is.
      order by f.valid @> (r.first_at at time zone 'Asia/Tokyo')::date desc, lower(f.valid) desc, f.affiliation_id
      limit 1) o on true
    order by r.first_at, c.display_name;
  end $$;

-- The accounts named in one's own trail stay ids; the items one dealt with have numbers that one knows.
grant execute on function viewer_secretariat_ceptoars(), advisory_readers(uuid),
  trail_events(text, text[], timestamptz, timestamptz, text, text, text, text, timestamptz, bigint, integer) to portal_app;
