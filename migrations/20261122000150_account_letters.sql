-- Mails to a person about their own account travel by the same outbox and worker as everything else. They
-- stand on no route: organisation, CEPTOAR and hop are the account's own stand-ins.
alter table mails drop constraint mails_item_kind_check;
alter table mails add constraint mails_item_kind_check check (item_kind in ('advisory', 'account'));

-- A link in such a mail opens an account, so its text is wiped as soon as its copy is settled: what is left
-- is that it was sent, and the hash of what was sent.
create function wipe_account_letter() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    update public.mails m set body = '' where m.mail_id = new.mail_id and m.item_kind = 'account';
    return null;
  end $$;
create trigger deliveries_wipe_account_letter after update of state on deliveries
  for each row when (new.state in ('sent', 'refused', 'expired', 'cancelled') and new.stage = 'account')
  execute function wipe_account_letter();

-- Queues one letter to one person. Each is an item of its own, so that nothing is matched with anything else.
-- Whoever asks, the letter goes to the address given: callers take it from the account, never from a form
-- of somebody else.
create function enqueue_account_letter(p_account uuid, p_address text, p_addressee text, p_language text,
                                       p_subject text, p_body text, p_hash bytea, p_now timestamptz) returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare v_mail uuid := gen_random_uuid();
          v_delivery uuid := gen_random_uuid();
  begin
    insert into public.mails (mail_id, item_kind, item_id, language, subject, body, body_hash, drill, created_at)
      values (v_mail, 'account', v_mail, p_language, p_subject, p_body, p_hash, false, p_now);
    insert into public.deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                   position, priority, due_at, give_up_at)
      values (v_delivery, v_mail, v_mail, p_account, '', p_account, 'account', 1, 0, now(), now() + interval '1 day');
    insert into public.delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
      values (v_delivery, p_account, '', p_address, p_addressee);
    perform pg_notify('outbox', '');
    return v_mail;
  end $$;
grant execute on function enqueue_account_letter(uuid, text, text, text, text, text, bytea, timestamptz) to portal_app;

-- Takes back what has not left yet: the unsent letters of a suspended person.
create function cancel_account_letters(p_account uuid) returns bigint
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ with gone as (
          update public.deliveries d set state = 'cancelled', settled_at = now()
          where d.contact_id = p_account and d.stage = 'account' and d.state = 'queued' returning 1)
        select count(*) from gone $$;
