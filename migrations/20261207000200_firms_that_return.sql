-- A firm that left and comes back is the same organisation with a second membership. The desk that it left takes it in
-- again, unless the firm is another CEPTOAR's meanwhile: a membership gives the right to rename (decision 0025).
create function directory_returns(p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return public.directory_keeps_ceptoar(p_ceptoar) and (not exists (
          select from public.memberships m
          where m.organisation_id = p_organisation and m.ceptoar_id <> p_ceptoar
            and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today()))
        -- Whoever goes on here is here already, also in the step that ends one row and begins the next.
        or exists (select from public.memberships m
                   where m.organisation_id = p_organisation and m.ceptoar_id = p_ceptoar
                     and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today()))
        or exists (select from public.directory_versions v
                   where v.organisation_id = p_organisation and v.ceptoar_id = p_ceptoar and v.relation = 'memberships'
                     and upper(v.recorded) = public.viewer_now()
                     and (upper_inf((v.fact ->> 'valid')::daterange)
                          or upper((v.fact ->> 'valid')::daterange) > public.viewer_today())));
  end $$;

create or replace function directory_takes_in(p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer cost 20000 set search_path = pg_catalog, pg_temp
  as $$ begin
    return public.directory_keeps_ceptoar(p_ceptoar)
      and exists (select from public.organisations o where o.organisation_id = p_organisation and o.kind = 'member')
      and (exists (select from public.memberships m
                   where m.organisation_id = p_organisation and m.ceptoar_id = p_ceptoar)
             and public.directory_returns(p_ceptoar, p_organisation)
           or not exists (select from public.memberships m where m.organisation_id = p_organisation));
  end $$;

-- What is over stays correctable; what is to hold from today on is what another desk relies on.
alter policy keeper_changes on memberships
  with check (directory_keeps_ceptoar(ceptoar_id)
              and (upper(valid) <= viewer_today() or isempty(valid) or directory_returns(ceptoar_id, organisation_id)));

grant execute on function directory_returns(text, uuid) to portal_app;
