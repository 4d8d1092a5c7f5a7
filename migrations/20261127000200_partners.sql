-- 連携機関: partner bodies of a CEPTOAR beside its members, such as prefectures, agencies and bodies that analyse
-- (docs/decisions/0031-bodies-beside-the-ceptoars.md). The desk keeps them, with a memory as all of the directory.

alter table organisations drop constraint organisations_kind_check,
  add constraint organisations_kind_check check (kind in ('central', 'ministry', 'association', 'member', 'partner')),
  add column partner_kind text,
  add constraint organisations_partner_kind check (
    (kind = 'partner') = (partner_kind is not null)
    and partner_kind in ('prefecture', 'agency', 'analysis', 'committee'));

create table partnerships (
  fact_id uuid primary key default gen_random_uuid(),
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations,
  role text not null constraint partnerships_role check (role in ('passes_on', 'analyses', 'sits_in')),
  basis text not null constraint partnerships_basis check (char_length(basis) between 1 and 200),  -- agreement, plan, …
  valid daterange not null,
  recorded_at timestamptz not null default viewer_now(),
  constraint partnerships_no_overlap exclude using gist
    (ceptoar_id with =, (organisation_id::text) with =, role with =, valid with &&)
);
create index partnerships_ceptoar on partnerships (ceptoar_id);
create index partnerships_organisation on partnerships (organisation_id);
comment on table partnerships is 'what a partner body is to a CEPTOAR, from when to when, and on what basis';
create trigger keep_version before update or delete on partnerships for each row execute function keep_version();

alter table directory_changes drop constraint directory_changes_subject_check,
  add constraint directory_changes_subject_check check (subject in ('membership', 'name', 'window', 'partnership'));

-- Those whose partner a body is, or was: desk, ministry and members of its CEPTOAR.
create function viewer_partners() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct p.organisation_id), '{}') from public.partnerships p
            where p.ceptoar_id = any (public.viewer_ceptoars() || public.viewer_ministry_ceptoars()
                                      || public.viewer_joined_ceptoars()));
  end $$;

alter policy known_or_own_or_desk on organisations using (
  (select viewer_account()) is not null and (
    kind not in ('member', 'partner')
    or (select viewer_has_role('nisc_analyst', 'nisc_approver'))
    or organisation_id in (select unnest((select viewer_organisations())))
    or organisation_id in (select unnest((select viewer_member_organisations())))));
create policy partner_of_ours on organisations for select to portal_app using (
  kind = 'partner' and organisation_id = any ((select viewer_partners())::uuid[]));
create policy desk_adds_partner on organisations for insert to portal_app with check (
  kind = 'partner' and code is null and cardinality(viewer_secretariat_ceptoars()) > 0);
grant insert (partner_kind) on organisations to portal_app;

-- A desk takes in new bodies and goes on with its own; another CEPTOAR's partner, or a member, is not taken over.
create function directory_takes_partner(p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return public.directory_keeps_ceptoar(p_ceptoar)
      and exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind = 'partner')
      and not exists (select from public.partnerships p
                      where p.organisation_id = p_organisation and p.ceptoar_id <> p_ceptoar);
  end $$;
grant execute on function viewer_partners(), directory_takes_partner(text, uuid) to portal_app;

call protect('partnerships');
create policy those_concerned on partnerships for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_joined_ceptoars())::text[]));
create policy desk_adds on partnerships for insert to portal_app with check (
  directory_takes_partner(ceptoar_id, organisation_id));
create policy desk_changes on partnerships for update to portal_app
  using (directory_keeps_ceptoar(ceptoar_id)) with check (directory_keeps_ceptoar(ceptoar_id));
grant select, insert (fact_id, ceptoar_id, organisation_id, role, basis, valid), update (valid) on partnerships to portal_app;

-- Names and windows of partner bodies are their desk's to keep; nobody else's, since they have no accounts.
create or replace function directory_keeps_member(p_organisation uuid) returns boolean
  language plpgsql stable security definer cost 20000 set search_path = pg_catalog, pg_temp
  as $$ begin
    -- Who has left keeps the name that it left with.
    return exists (select from public.memberships m where m.organisation_id = p_organisation
                   and m.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                   and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today()))
        or exists (select from public.partnerships p where p.organisation_id = p_organisation
                   and p.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                   and (upper_inf(p.valid) or upper(p.valid) > public.viewer_today()));
  end $$;

create or replace function directory_keeps_windows_of(p_organisation uuid, p_ceptoar text) returns boolean
  language plpgsql stable security definer cost 20000 set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.memberships m
                   where m.organisation_id = p_organisation and m.ceptoar_id = p_ceptoar)
      and (p_ceptoar = any (public.viewer_secretariat_ceptoars())
           or exists (
             select from public.affiliations f
             where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
               and f.organisation_id = p_organisation and (f.ceptoar_id is null or f.ceptoar_id = p_ceptoar)
               and (f.role = 'member_admin'
                    or f.role in ('member_poc', 'hub_member') and (
                      f.contact_id is null
                      or exists (select from public.contacts k where k.contact_id = f.contact_id and k.handler
                                 and k.valid @> public.viewer_today())))))
      or p_ceptoar = any (public.viewer_secretariat_ceptoars())
         and exists (select from public.partnerships p
                     where p.organisation_id = p_organisation and p.ceptoar_id = p_ceptoar);
  end $$;

-- Nobody has a place in a partner body: it has no accounts.
CREATE OR REPLACE FUNCTION public.people_place_fits(p_role text, p_organisation uuid, p_ceptoar text, p_contact uuid, p_day date)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ select coalesce(case
      when p_role in ('nisc_analyst', 'nisc_approver', 'auditor', 'system_admin') then p_ceptoar is null and
        exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind = 'central')
      when p_role = 'ministry_liaison' then p_ceptoar is null and
        exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind = 'ministry')
      when p_role in ('secretariat', 'coordinator') then
        exists (select from public.secretariat_terms t where t.ceptoar_id = p_ceptoar
                and t.organisation_id = p_organisation and t.valid @> p_day)
      when p_role in ('member_poc', 'member_reader', 'hub_member', 'member_admin') then
        exists (select from public.memberships m where m.ceptoar_id = p_ceptoar
                and m.organisation_id = p_organisation and m.valid @> p_day)
      when p_role in ('council_delegate', 'wg_chair', 'council_observer') then
        exists (select from public.ceptoars c where c.ceptoar_id = p_ceptoar)
        and exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind not in ('member', 'partner'))
      else false end, false)
    and (p_contact is null or (p_role in ('member_poc', 'hub_member', 'coordinator') and exists (
           select from public.contacts k where k.contact_id = p_contact and k.organisation_id = p_organisation
             and (k.ceptoar_id is null or k.ceptoar_id = p_ceptoar) and k.valid @> p_day))) $function$;

-- What was said before of a name: for the desk of whoever is, was or will be a member or a partner there. By today's
-- members alone, a plan to rename somebody who joins later, or a partner, could not be taken back: what it replaced would
-- be out of sight.
create function viewer_registered_organisations() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct r.organisation_id), '{}') from (
              select m.organisation_id from public.memberships m
                where m.ceptoar_id = any (public.viewer_secretariat_ceptoars())
              union all
              select p.organisation_id from public.partnerships p
                where p.ceptoar_id = any (public.viewer_secretariat_ceptoars())
              union all
              select v.organisation_id from public.directory_versions v
                where v.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                  and v.relation in ('memberships', 'partnerships')) r);
  end $$;
grant execute on function viewer_registered_organisations() to portal_app;
alter policy desk_or_own on directory_versions using (
  ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[])
  or (ceptoar_id is null and organisation_id in (select unnest((select viewer_registered_organisations()))))
  or organisation_id = any ((select viewer_answering_organisations())::uuid[])
  or organisation_id = any ((select viewer_kept_firms())::uuid[]));
