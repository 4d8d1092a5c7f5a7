-- 緊急閲覧: the centre reads a member's windows with their numbers only by breaking the glass: with a reason, for
-- a quarter of an hour, for one organisation, and everybody concerned is told.
create table break_glass_uses (
  use_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts,
  organisation_id uuid not null references organisations,
  reason text not null constraint break_glass_uses_reason check (char_length(btrim(reason)) between 10 and 500),
  opened_at timestamptz not null,
  closes_at timestamptz not null,
  constraint break_glass_uses_quarter_of_an_hour check (closes_at = opened_at + interval '15 minutes')
);
create index break_glass_uses_newest on break_glass_uses (opened_at desc, use_id);
create index break_glass_uses_account on break_glass_uses (account_id, closes_at);
create index break_glass_uses_organisation on break_glass_uses (organisation_id, opened_at desc);

-- The organisations whose windows are open to the viewer at this moment.
create function viewer_opened_organisations() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct u.organisation_id), '{}') from public.break_glass_uses u
        where u.account_id = public.viewer_account()
          and u.opened_at <= public.viewer_now() and u.closes_at > public.viewer_now()
          and public.viewer_has_role('nisc_analyst', 'nisc_approver') $$;

create function viewer_secretariat_members() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct m.organisation_id), '{}') from public.memberships m
        where m.ceptoar_id = any (public.viewer_secretariat_ceptoars()) $$;

call protect('break_glass_uses');
create policy open_own on break_glass_uses for insert to portal_app with check (
  account_id = (select viewer_account())
  and opened_at = (select viewer_now())
  and (select viewer_has_role('nisc_analyst', 'nisc_approver')));
create policy own_or_watching on break_glass_uses for select to portal_app using (
  account_id = (select viewer_account())
  or (select viewer_has_role('nisc_approver', 'auditor'))
  or organisation_id in (select unnest((select viewer_secretariat_members()))));
grant select on break_glass_uses to portal_app;
grant insert (use_id, account_id, organisation_id, reason, opened_at, closes_at) on break_glass_uses to portal_app;

create policy break_glass on contacts for select to portal_app using (
  organisation_id = any ((select viewer_opened_organisations())::uuid[]));

-- Who is told of a use: the secretariats of the organisation's CEPTOARs and the other approvers. For the person
-- who has just opened it, in order to tell them.
create function break_glass_addressees(p_use uuid)
  returns table (account_id uuid, mail_address text, display_name text, language text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select distinct c.account_id, c.mail_address, c.display_name, c.language
  from public.break_glass_uses u
  join public.affiliations f on f.valid @> public.viewer_today() and f.account_id <> u.account_id
   and (f.role = 'nisc_approver' or f.role = 'secretariat' and f.ceptoar_id in (
         select m.ceptoar_id from public.memberships m
         where m.organisation_id = u.organisation_id and m.valid @> public.viewer_today()))
  join public.accounts c on c.account_id = f.account_id
  where u.use_id = p_use and u.account_id = public.viewer_account() and u.opened_at = public.viewer_now()
    and c.suspended_at is null and c.mail_address is not null $$;

-- The uses that the viewer may see (the policy above decides), with the names that belong to them.
create function break_glass_list(p_limit integer)
  returns table (use_id uuid, account_id uuid, display_name text, organisation_id uuid, organisation_ja text,
                 organisation_en text, reason text, opened_at timestamptz, closes_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  select u.use_id, u.account_id, c.display_name, u.organisation_id, coalesce(n.ja, ''), coalesce(n.en, ''), u.reason,
         u.opened_at, u.closes_at
  from public.break_glass_uses u
  join public.accounts c on c.account_id = u.account_id
  left join public.organisation_names n on n.organisation_id = u.organisation_id and n.valid @> public.viewer_today()
  where u.account_id = public.viewer_account()
     or public.viewer_has_role('nisc_approver', 'auditor')
     or u.organisation_id in (select unnest(public.viewer_secretariat_members()))
  order by u.opened_at desc, u.use_id limit p_limit $$;

grant execute on function viewer_opened_organisations(), viewer_secretariat_members(), break_glass_addressees(uuid),
  break_glass_list(integer) to portal_app;
