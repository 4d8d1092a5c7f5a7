-- What was said of the past can be corrected (docs/decisions/0041-corrections-that-reach-the-past.md), also of a firm that
-- has left: its name, by the desk that it left. Where another CEPTOAR had the firm as well, or has it now, what it was
-- called is not one desk's to say.
create or replace function directory_keeps_member(p_organisation uuid) returns boolean
  language plpgsql stable security definer cost 20000 set search_path = pg_catalog, pg_temp
  as $$
  declare
    kept text[] := public.viewer_secretariat_ceptoars();
  begin
    return exists (select from public.memberships m where m.organisation_id = p_organisation and m.ceptoar_id = any (kept)
                   and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today()))
        or exists (select from public.partnerships p where p.organisation_id = p_organisation and p.ceptoar_id = any (kept)
                   and (upper_inf(p.valid) or upper(p.valid) > public.viewer_today()))
        or exists (select from public.memberships m where m.organisation_id = p_organisation and m.ceptoar_id = any (kept))
           and not exists (select from public.memberships m
                           where m.organisation_id = p_organisation and m.ceptoar_id <> all (kept))
        or exists (select from public.partnerships p where p.organisation_id = p_organisation and p.ceptoar_id = any (kept))
           and not exists (select from public.partnerships p
                           where p.organisation_id = p_organisation and p.ceptoar_id <> all (kept));
  end $$;

-- What a firm was called is corrected where no other CEPTOAR ever had it: its names are that one's record as well (0041).
create function directory_corrects_names(p_organisation uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select public.directory_keeps_member(p_organisation)
       and not exists (select from public.memberships m
                       where m.organisation_id = p_organisation
                         and m.ceptoar_id <> all (public.viewer_secretariat_ceptoars())) $$;
grant execute on function directory_corrects_names(uuid) to portal_app;
