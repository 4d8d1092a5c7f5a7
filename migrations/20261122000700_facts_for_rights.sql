-- The code decides from facts of its own reading (src/features/access/advisory.rs); these are what it has to
-- be able to read for that, and nothing more.

-- The windows that the viewer answers for.
create function viewer_windows() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select coalesce(array_agg(distinct f.contact_id), '{}') from public.affiliations f
        where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
          and f.contact_id is not null $$;
grant execute on function viewer_windows() to portal_app;

-- That one's own window is named in an item that one knows of. Who else is named stays with the centre.
create policy own_window on advisory_addressees for select to portal_app using (
  contact_id = any ((select viewer_windows())::uuid[])
  and advisory_id in (select unnest((select viewer_envelopes()))));
