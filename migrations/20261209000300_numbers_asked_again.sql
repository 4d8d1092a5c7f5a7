-- The desk's own reminder asks windows again that answered by their link and left a number unsaid, as the reminders that go
-- by themselves do. Their answer stays: a desk may not write one of a link (policy `desk_asks_again`), so this does.
create function verification_ask_numbers(p_round uuid, p_windows uuid[], p_addresses text[], p_hashes bytea[], p_mails uuid[],
                                         p_now timestamptz) returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    update public.verification_requests r
      set token_hash = q.hash, mail_id = q.mail, asked_at = p_now, times = r.times + 1
      from unnest(p_windows, p_addresses, p_hashes, p_mails) q (id, address, hash, mail)
      where r.round_id = p_round and r.contact_id = q.id and r.answer = 'alive' and r.way = 'link'
        and r.asked_value = q.address and public.verification_round_is_kept(r.round_id, r.contact_id);
  end $$;
grant execute on function verification_ask_numbers(uuid, uuid[], text[], bytea[], uuid[], timestamptz) to portal_app;
