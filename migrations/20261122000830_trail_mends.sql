-- A desk looks after people while they serve there; what they did before and since elsewhere is not for it.

create or replace function viewer_secretariat_members() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct m.organisation_id), '{}') from public.memberships m
        where m.ceptoar_id = any (public.viewer_secretariat_ceptoars()) and m.valid @> public.viewer_today() $$;

-- Whether somebody served in the viewer's CEPTOARs when something happened, or on the day before.
create function viewer_kept_desk_of(p_account uuid, p_at timestamptz) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (
          select from public.affiliations f
          where f.account_id = p_account
            and f.valid && daterange((p_at at time zone 'Asia/Tokyo')::date - 1, (p_at at time zone 'Asia/Tokyo')::date, '[]')
            and (f.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                 or (f.ceptoar_id is null and f.organisation_id = any (public.viewer_secretariat_members())
                     and f.role in ('member_poc', 'member_reader', 'hub_member', 'member_admin')))) $$;

-- The same trail, but for its last condition: a desk sees what concerns its own CEPTOAR, in the time that people
-- served there.
create or replace function trail_events(p_scope text, p_actions text[], p_from timestamptz, p_to timestamptz, p_action text,
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
              when 'desk' then e.action = any ($2)
                and (e.detail->>'ceptoar' is null or e.detail->>'ceptoar' = any (public.viewer_secretariat_ceptoars()))
                and (public.viewer_kept_desk_of(e.account_id, e.occurred_at)
                     or e.subject_kind = 'account' and public.viewer_kept_desk_of(e.subject_id::uuid, e.occurred_at))
              end
      order by e.occurred_at desc, e.sequence desc
      limit $11 $q$
      using p_scope, p_actions, p_from, p_to, p_action, p_outcome, p_account, p_subject, p_before_at, p_before, p_limit;
  end $$;

drop function viewer_desk_accounts();

-- An emergency concerns a few firms. More than these in a day is carrying the list off.
create function break_glass_in_bounds() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    perform pg_advisory_xact_lock(hashtextextended('break_glass/' || new.account_id, 0));
    if (select count(*) from public.break_glass_uses u
        where u.account_id = new.account_id and u.closes_at > new.opened_at) >= 3
       or (select count(*) from public.break_glass_uses u
           where u.account_id = new.account_id and u.opened_at > new.opened_at - interval '1 day') >= 20 then
      raise exception 'too many uses of break-glass' using errcode = 'check_violation',
        constraint = 'break_glass_uses_bounds';
    end if;
    return new;
  end $$;
create trigger break_glass_uses_in_bounds before insert on break_glass_uses
  for each row execute function break_glass_in_bounds();
