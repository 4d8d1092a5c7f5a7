-- What a firm was called on days on which another CEPTOAR had it as well is that one's record too (decision 0041). The pages
-- refuse such corrections; forged SQL of a desk is refused here. A policy sees one side of a change, so this is a trigger:
-- it looks at the days on which a row says something else than before. From today on, who keeps the firm names it.
create function directory_shared_days(p_organisation uuid, p_days datemultirange) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.memberships m
                   where m.organisation_id = p_organisation
                     and m.ceptoar_id <> all (public.viewer_secretariat_ceptoars())
                     and p_days * datemultirange(daterange(null, public.viewer_today())) && m.valid);
  end $$;
grant execute on function directory_shared_days(uuid, datemultirange) to portal_app;

create function names_of_two() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$
  declare
    was datemultirange := case when tg_op = 'INSERT' then '{}' else datemultirange(old.valid) end;
    now_is datemultirange := case when tg_op = 'DELETE' then '{}' else datemultirange(new.valid) end;
    touched datemultirange := (was - now_is) + (now_is - was);
  begin
    if tg_op = 'UPDATE' and (old.ja, old.en, old.reading) is distinct from (new.ja, new.en, new.reading) then
      touched := was + now_is;
    end if;
    if current_user = 'portal_app'
       and public.directory_shared_days(case when tg_op = 'DELETE' then old.organisation_id else new.organisation_id end, touched) then
      raise exception 'another CEPTOAR had the firm on these days'
        using errcode = 'check_violation', constraint = 'organisation_names_of_two';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
  end $$;
create trigger names_of_two before insert or update or delete on organisation_names
  for each row execute function names_of_two();
