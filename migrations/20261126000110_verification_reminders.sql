-- 連絡先の確認: windows that have not answered are asked again by themselves, three days before the due day and on the
-- day after. The worker does it; by hand it is still the desk.

create table verification_reminders (
  round_id uuid not null references verification_rounds,
  occasion text not null check (occasion in ('before_3', 'after_1')),
  on_day date not null,                        -- of the occasion, not of the sending
  letters integer not null default 0,
  sent_at timestamptz not null,
  primary key (round_id, occasion)             -- each once
);
comment on table verification_reminders is 'which reminders of a round went out by themselves';
call protect('verification_reminders');
create policy desk on verification_reminders for select to portal_app using (
  round_id in (select r.round_id from verification_rounds r));
grant select on verification_reminders to portal_app;

-- Letters to windows, each once, with no question who asks for them: callers below say who may.
create function write_window_letters(p_windows uuid[], p_addresses text[], p_addressees text[], p_languages text[],
                                     p_subjects text[], p_bodies text[], p_hashes bytea[], p_priority smallint,
                                     p_now timestamptz)
  returns table (contact_id uuid, mail_id uuid)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    return query
    with letters as materialized (
      select l.*, gen_random_uuid() as mail, gen_random_uuid() as delivery
      from unnest(p_windows, p_addresses, p_addressees, p_languages, p_subjects, p_bodies, p_hashes)
        l (id, address, addressee, language, subject, body, hash)),
    stored as (
      insert into public.mails (mail_id, item_kind, item_id, language, subject, body, body_hash, drill, created_at)
      select l.mail, 'account', l.mail, l.language, l.subject, l.body, l.hash, false, p_now from letters l),
    queued as (
      insert into public.deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                     position, priority, due_at, give_up_at)
      select l.delivery, l.mail, l.mail, l.id, '', l.id, 'account', 1, p_priority, now(), now() + interval '1 day' from letters l),
    addressed as (
      insert into public.delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
      select l.delivery, l.id, '', l.address, l.addressee from letters l)
    select l.id, l.mail from letters l;
    perform pg_notify('outbox', '');
  end $$;

create or replace function enqueue_window_letters(p_windows uuid[], p_addresses text[], p_addressees text[], p_languages text[],
                                                  p_subjects text[], p_bodies text[], p_hashes bytea[], p_priority smallint,
                                                  p_now timestamptz)
  returns table (contact_id uuid, mail_id uuid)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if exists (select from unnest(p_windows) w (id) where not public.directory_keeps_window(w.id)) then
      raise exception 'letters go to windows that the viewer keeps' using errcode = 'insufficient_privilege';
    end if;
    return query select * from public.write_window_letters(p_windows, p_addresses, p_addressees, p_languages, p_subjects,
                                                           p_bodies, p_hashes, p_priority, p_now);
  end $$;

-- The rounds that run, with what was sent of itself: what the worker needs to know when it is time.
create function verification_running()
  returns table (round_id uuid, ceptoar_id text, opened_at timestamptz, due_on date, reminded text[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select r.round_id, r.ceptoar_id, r.opened_at, r.due_on,
           array(select x.occasion from public.verification_reminders x where x.round_id = r.round_id)
    from public.verification_rounds r where r.closed_at is null order by r.due_on, r.round_id;
  end $$;

-- Whether a reminder is this process's to send: of two that try, one.
create function verification_begin_reminder(p_round uuid, p_occasion text, p_on_day date, p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    -- Nobody ends the round while its windows are asked again.
    perform from public.verification_rounds r where r.round_id = p_round and r.closed_at is null for share;
    if not found then
      return false;
    end if;
    insert into public.verification_reminders (round_id, occasion, on_day, sent_at)
      values (p_round, p_occasion, p_on_day, p_now) on conflict do nothing;
    return found;
  end $$;

-- The windows of a round that have said nothing and were not asked just now, at the address that is theirs on the day.
create function verification_silent(p_round uuid, p_day date, p_asked_before timestamptz, p_windows uuid[] default null)
  returns table (contact_id uuid, organisation_id uuid, ja text, en text, label text, language text, address text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select q.contact_id, q.organisation_id, coalesce(n.ja, ''), coalesce(n.en, ''), k.label, k.language, ch.value
    from public.verification_requests q
    join public.verification_rounds r using (round_id)
    join public.contacts k on k.contact_id = q.contact_id and k.valid @> p_day
    left join public.organisation_names n on n.organisation_id = q.organisation_id and n.valid @> p_day
    join lateral (
      select c.value from public.contact_channels c
      where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> p_day
      order by c.position limit 1) ch on true
    where q.round_id = p_round and r.closed_at is null and q.answer is null and q.asked_at < p_asked_before
      and (p_windows is null or q.contact_id = any (p_windows))
    order by q.contact_id;
  end $$;

-- Asks windows again; answers how many. Whatever the caller says, a letter goes to a silent window of a round that runs,
-- at its own address. Only the newest link of a window works.
create function verification_ask_again(p_round uuid, p_occasion text, p_windows uuid[], p_addresses text[], p_subjects text[],
                                       p_bodies text[], p_hashes bytea[], p_tokens bytea[], p_priority smallint,
                                       p_day date, p_now timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    asked integer;
  begin
    -- An answer that comes now waits, and one that came just now counts: what follows sees it.
    perform from public.verification_requests q
      where q.round_id = p_round and q.contact_id = any (p_windows) order by q.contact_id for update;
    with letters as materialized (
      select distinct on (l.id) l.*, s.label, s.language
      from unnest(p_windows, p_addresses, p_subjects, p_bodies, p_hashes, p_tokens) l (id, address, subject, body, hash, token)
      join public.verification_silent(p_round, p_day, p_now - interval '20 hours', p_windows) s
        on s.contact_id = l.id and s.address = l.address
      where exists (select from public.verification_reminders x where x.round_id = p_round and x.occasion = p_occasion)),
    columns as (
      select array_agg(id order by id) as ids, array_agg(address order by id) as addresses, array_agg(label order by id) as labels,
             array_agg(language order by id) as languages, array_agg(subject order by id) as subjects,
             array_agg(body order by id) as bodies, array_agg(hash order by id) as hashes
      from letters having count(*) > 0),
    written as materialized (
      select w.contact_id, w.mail_id from columns c,
        public.write_window_letters(c.ids, c.addresses, c.labels, c.languages, c.subjects, c.bodies, c.hashes, p_priority, p_now) w)
    update public.verification_requests q
      set asked_value = l.address, token_hash = l.token, mail_id = w.mail_id, asked_at = p_now, times = q.times + 1
      from letters l join written w on w.contact_id = l.id
      where q.round_id = p_round and q.contact_id = l.id;
    get diagnostics asked = row_count;
    update public.verification_reminders x set letters = x.letters + asked
      where x.round_id = p_round and x.occasion = p_occasion;
    return asked;
  end $$;

grant execute on function verification_running(), verification_begin_reminder(uuid, text, date, timestamptz),
  verification_silent(uuid, date, timestamptz, uuid[]),
  verification_ask_again(uuid, text, uuid[], text[], text[], text[], bytea[], bytea[], smallint, date, timestamptz)
  to portal_worker;
