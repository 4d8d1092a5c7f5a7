-- A copy that comes back while the suspension is being written saw nothing of it, and the suspension nothing of the
-- copy: it was sent. Now whichever comes second waits for the first, at the row of the account.
create or replace function deliveries_of_suspended() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    -- people_suspend holds the row for update from its first step on. What follows sees what it did.
    perform from public.accounts a
      where a.account_id in (select f.account_id from public.affiliations f
                             where f.contact_id = new.contact_id and f.valid @> public.viewer_today())
      order by a.account_id for key share;
    if exists (
      select from public.mails m
      where m.mail_id = new.mail_id and m.item_kind <> 'account'
        and exists (select from public.affiliations f where f.contact_id = new.contact_id
                    and f.valid @> public.viewer_today())
        and not exists (select from public.affiliations f join public.accounts a using (account_id)
                        where f.contact_id = new.contact_id and f.valid @> public.viewer_today()
                          and (a.suspended_at is null or a.suspended_at < m.created_at))) then
      new.state := 'cancelled';
      new.settled_at := now();
    end if;
    return new;
  end $$;
