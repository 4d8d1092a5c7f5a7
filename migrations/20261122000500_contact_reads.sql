-- How many people's addresses an account was shown within the hour: a list of contacts is read a page at a time,
-- and not carried off. Only the function below writes here, and for whoever is looking.
create table contact_reads (
  account_id uuid primary key references accounts on delete cascade,
  window_started_at timestamptz not null,
  reads integer not null
);
call protect('contact_reads');

-- Charges what the viewer is about to be shown; answers how many it is within the hour, and when the hour ends.
create function charge_contact_reads(p_reads integer, p_now timestamptz)
  returns table (reads integer, ends_at timestamptz)
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ insert into public.contact_reads as t (account_id, window_started_at, reads)
        select public.viewer_account(), p_now, greatest(p_reads, 0) where public.viewer_account() is not null
        on conflict (account_id) do update set
          reads = least(1000000, greatest(p_reads, 0)
                  + case when t.window_started_at <= p_now - interval '1 hour' then 0 else t.reads end),
          window_started_at = case when t.window_started_at <= p_now - interval '1 hour' then p_now
                                   else t.window_started_at end
        returning reads, window_started_at + interval '1 hour' $$;
revoke execute on function charge_contact_reads(integer, timestamptz) from public;
grant execute on function charge_contact_reads(integer, timestamptz) to portal_app;
