-- 連絡先の確認: rounds in which each window is asked whether it is still reached, and the proofs that come of it.

create table verification_rounds (
  round_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  scope text not null check (scope in ('all', 'unproven')),
  due_on date not null,
  opened_by uuid not null references accounts,
  opened_at timestamptz not null,
  closed_by uuid references accounts,
  closed_at timestamptz,
  constraint verification_rounds_closed check ((closed_by is null) = (closed_at is null))
);
-- Two rounds at once would send every window two links.
create unique index verification_rounds_one_open on verification_rounds (ceptoar_id) where closed_at is null;
create index verification_rounds_ceptoar on verification_rounds (ceptoar_id, opened_at desc);
comment on table verification_rounds is 'a desk asks the windows of its CEPTOAR whether they are still reached';

create table verification_requests (
  round_id uuid not null references verification_rounds,
  contact_id uuid not null references windows,
  organisation_id uuid not null,
  asked_value text,                            -- the mail address that was asked; null where there was none
  token_hash bytea unique,                     -- of the link in the newest letter
  mail_id uuid,                                -- the newest letter
  asked_at timestamptz not null,               -- when it was sent, or would have been
  times smallint not null default 1,
  answer text check (answer in ('alive', 'moved')),
  way text check (way in ('link', 'call')),
  remark text not null default '' constraint verification_requests_remark check (char_length(remark) <= 300),
  answered_at timestamptz,
  primary key (round_id, contact_id),
  foreign key (contact_id, organisation_id) references windows (contact_id, organisation_id),
  constraint verification_requests_answered check ((answer is null) = (answered_at is null) and (answer is null) = (way is null))
);
create index verification_requests_window on verification_requests (contact_id);
comment on table verification_requests is 'one window in one round: where it was asked, and what it said';

create table window_proofs (
  proof_id uuid primary key default gen_random_uuid(),
  contact_id uuid not null references windows,
  kind text not null,                          -- of which channel
  value text not null,
  way text not null check (way in ('link', 'call')),
  spoke_with text not null default '' constraint window_proofs_spoke_with check (char_length(spoke_with) <= 100),
  noted_by uuid references accounts,           -- who called; null where the window itself confirmed
  proven_at timestamptz not null,
  constraint window_proofs_noted check ((way = 'call') = (noted_by is not null))
);
create index window_proofs_window on window_proofs (contact_id, proven_at desc);
comment on table window_proofs is 'how and when a way to a window was last proven; never changed';

-- A proof is not a change of what the directory says: no version is kept of it.
drop trigger keep_version on contact_channels;
create trigger keep_version before update of position, kind, value, hours, valid or delete on contact_channels
  for each row execute function keep_version();

call protect('verification_rounds');
create policy desk on verification_rounds for select to portal_app using (
  ceptoar_id = any ((select viewer_ceptoars())::text[]));
create policy desk_opens on verification_rounds for insert to portal_app with check (
  opened_by = (select viewer_account()) and opened_at = (select viewer_now()) and closed_at is null
  and directory_keeps_ceptoar(ceptoar_id));
create policy desk_closes on verification_rounds for update to portal_app
  using (closed_at is null and directory_keeps_ceptoar(ceptoar_id))
  with check (closed_by = (select viewer_account()) and closed_at = (select viewer_now()));
grant select, insert, update (closed_by, closed_at) on verification_rounds to portal_app;

create function verification_round_is_kept(p_round uuid, p_contact uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (
      select from public.verification_rounds r join public.windows w on w.ceptoar_id = r.ceptoar_id
      where r.round_id = p_round and w.contact_id = p_contact and r.closed_at is null
        and public.directory_keeps_ceptoar(r.ceptoar_id));
  end $$;

call protect('verification_requests');
create policy desk on verification_requests for select to portal_app using (
  round_id in (select r.round_id from verification_rounds r));
create policy desk_asks on verification_requests for insert to portal_app with check (
  answer is null and verification_round_is_kept(round_id, contact_id));
create policy desk_asks_again on verification_requests for update to portal_app
  using (verification_round_is_kept(round_id, contact_id)) with check (way is distinct from 'link');
-- What a link says is not the desk's to read back: it would be a way to confirm for others.
grant select (round_id, contact_id, organisation_id, asked_value, asked_at, times, answer, way, remark, answered_at),
      insert, update (asked_value, token_hash, mail_id, asked_at, times, answer, way, remark, answered_at)
  on verification_requests to portal_app;

call protect('window_proofs');
create policy desk_or_own on window_proofs for select to portal_app using (
  contact_id in (select w.contact_id from contacts w));
create policy desk_calls on window_proofs for insert to portal_app with check (
  way = 'call' and noted_by = (select viewer_account()) and proven_at = (select viewer_now())
  and exists (select from contacts w where w.contact_id = window_proofs.contact_id and directory_keeps_ceptoar(w.ceptoar_id)));
grant select, insert on window_proofs to portal_app;

-- Letters to many windows at once, each with its own link. Only to windows that the viewer keeps.
create function enqueue_window_letters(p_windows uuid[], p_addresses text[], p_addressees text[], p_languages text[],
                                       p_subjects text[], p_bodies text[], p_hashes bytea[], p_priority smallint,
                                       p_now timestamptz)
  returns table (contact_id uuid, mail_id uuid)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if exists (select from unnest(p_windows) w (id) where not public.directory_keeps_window(w.id)) then
      raise exception 'letters go to windows that the viewer keeps' using errcode = 'insufficient_privilege';
    end if;
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

-- How the newest letters of a round fared; to its desk.
create function verification_letters(p_round uuid) returns table (contact_id uuid, state text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select q.contact_id, d.state from public.verification_rounds r
    join public.verification_requests q using (round_id)
    join public.deliveries d on d.mail_id = q.mail_id
    where r.round_id = p_round and r.ceptoar_id = any (public.viewer_ceptoars());
  end $$;

-- What a link asks. It lives as long as its round, and only the newest one does.
create function verification_asked(p_hash bytea)
  returns table (contact_id uuid, ceptoar_ja text, ceptoar_en text, organisation_ja text, organisation_en text,
                 label text, asked_value text, due_on date, answer text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select q.contact_id, c.ja, c.en, coalesce(n.ja, ''), coalesce(n.en, ''), coalesce(k.label, ''), q.asked_value, r.due_on, q.answer
    from public.verification_requests q
    join public.verification_rounds r using (round_id)
    left join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = r.ceptoar_id
                       order by x.valid @> public.viewer_today() desc limit 1) c on true
    left join public.organisation_names n on n.organisation_id = q.organisation_id and n.valid @> public.viewer_today()
    left join public.contacts k on k.contact_id = q.contact_id and k.valid @> public.viewer_today()
    where q.token_hash = p_hash and r.closed_at is null;
  end $$;

-- The window's own answer. What was asked is what is proven: not an address that came later.
create function verification_answer(p_hash bytea, p_answer text, p_remark text, p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    asked public.verification_requests;
  begin
    update public.verification_requests q
      set answer = p_answer, way = 'link', remark = p_remark, answered_at = p_now
      from public.verification_rounds r
      where q.token_hash = p_hash and q.answer is null and r.round_id = q.round_id and r.closed_at is null
      returning q.* into asked;
    if not found then
      return false;
    end if;
    if p_answer = 'alive' then
      insert into public.window_proofs (contact_id, kind, value, way, proven_at)
        values (asked.contact_id, 'mail', asked.asked_value, 'link', p_now);
      update public.contact_channels c set last_verified_on = (p_now at time zone 'Asia/Tokyo')::date
        where c.contact_id = asked.contact_id and c.kind = 'mail' and c.value = asked.asked_value
          and c.valid @> (p_now at time zone 'Asia/Tokyo')::date;
    end if;
    return true;
  end $$;

grant execute on function verification_round_is_kept(uuid, uuid),
  enqueue_window_letters(uuid[], text[], text[], text[], text[], text[], bytea[], smallint, timestamptz),
  verification_letters(uuid), verification_asked(bytea), verification_answer(bytea, text, text, timestamptz) to portal_app;
