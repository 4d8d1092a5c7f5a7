-- Secretariats and ministries keep the windows by which they themselves are reached
-- (docs/decisions/0037-windows-of-the-offices-on-the-road.md). Until now only members and partner bodies had somebody who
-- could write theirs.

-- Who is on the road of a CEPTOAR, and as what. One organisation may be there as several things.
create view bodies_on_the_road with (security_invoker = true) as
  select m.ceptoar_id, m.organisation_id, 'member' as standing, m.valid from memberships m
  union all
  select p.ceptoar_id, p.organisation_id, 'partner', p.valid from partnerships p where not isempty(p.valid)
  union all
  select t.ceptoar_id, t.organisation_id, 'secretariat', t.valid from secretariat_terms t
  union all
  select c.ceptoar_id, m.organisation_id, 'ministry', m.valid from sector_ministries m join ceptoars c using (sector_id);
comment on view bodies_on_the_road is 'members, partner bodies, secretariats and ministries of each CEPTOAR; as far as the viewer may know';
grant select on bodies_on_the_road to portal_app;

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
      -- Partner bodies, and the secretariats of the CEPTOAR, those of the past among them: somebody has to close theirs.
      or p_ceptoar = any (public.viewer_secretariat_ceptoars())
         and (exists (select from public.partnerships p
                      where p.organisation_id = p_organisation and p.ceptoar_id = p_ceptoar)
              or exists (select from public.secretariat_terms t
                         where t.organisation_id = p_organisation and t.ceptoar_id = p_ceptoar))
      -- A ministry keeps its own, for each CEPTOAR of its sectors.
      or exists (select from public.affiliations f
                 join public.sector_ministries m on m.organisation_id = f.organisation_id
                  and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today())
                 join public.ceptoars c on c.sector_id = m.sector_id and c.ceptoar_id = p_ceptoar
                 where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
                   and f.role = 'ministry_liaison' and f.organisation_id = p_organisation);
  end $$;

-- A round asks every window of the CEPTOAR, those of its ministries as well, which its desk does not keep.
create or replace function enqueue_window_letters(
  p_windows uuid[], p_addresses text[], p_addressees text[], p_languages text[], p_subjects text[], p_bodies text[],
  p_hashes bytea[], p_priority smallint, p_now timestamptz) returns table (contact_id uuid, mail_id uuid)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if exists (
         select from unnest(p_windows) u (id) left join public.windows w on w.contact_id = u.id
         where (w.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                or public.directory_keeps_windows_of(w.organisation_id, w.ceptoar_id)) is not true) then
      raise exception 'letters go to windows that the viewer keeps, or of a CEPTOAR whose desk asks them'
        using errcode = 'insufficient_privilege';
    end if;
    return query select * from public.write_window_letters(p_windows, p_addresses, p_addressees, p_languages, p_subjects,
                                                           p_bodies, p_hashes, p_priority, p_now);
  end $$;
