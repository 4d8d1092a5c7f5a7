-- Whom a published item would have reached on another day: for the centre, as far as it reads the item.
create function viewer_previews(p_advisory uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p_advisory = any (public.viewer_drafts())
           or (public.viewer_at_centre()
               and exists (select from public.viewer_items() v where v.advisory_id = p_advisory and v.content)) $$;
revoke execute on function viewer_previews(uuid) from public;

create or replace function sharing_preview(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint,
                 language text, verdict text)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select w.ceptoar_id, w.stage, w.rule, w.organisation_id, w.contact_id, w.window_position, w.language, w.verdict
    from public.sharing_windows(p_advisory, p_now) w
    where (select public.viewer_previews(p_advisory)) $$;

create or replace function relaying_preview(p_advisory uuid, p_now timestamptz)
  returns table (ceptoar_id text, minutes smallint)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.ceptoar_id, r.minutes from public.relaying(p_advisory, p_now) r
    where (select public.viewer_previews(p_advisory)) $$;
