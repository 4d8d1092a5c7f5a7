-- 連絡先の確認 goes on where a round ends (docs/decisions/0039-proof-of-life-of-numbers.md): rounds for some windows, numbers
-- that a window itself confirms or calls wrong, and what is broken stays known until it is mended.

-- A round for a group says which one, by what it was called then; chosen windows are in the requests.
alter table verification_rounds
  drop constraint verification_rounds_scope_check,
  add constraint verification_rounds_scope_check check (scope in ('all', 'unproven', 'group', 'chosen')),
  add column group_code text,
  add constraint verification_rounds_group check ((scope = 'group') = (group_code is not null));

-- A number that a window calls wrong stays registered: somebody who may changes it. Until then it counts as unproven.
create table window_number_doubts (
  doubt_id uuid primary key default gen_random_uuid(),
  contact_id uuid not null references windows,
  round_id uuid not null references verification_rounds,
  kind text not null constraint window_number_doubts_kind check (kind in ('phone', 'mobile', 'satellite', 'fax')),
  value text not null,
  remark text not null default '' constraint window_number_doubts_remark check (char_length(remark) <= 100),
  said_at timestamptz not null
);
create index window_number_doubts_window on window_number_doubts (contact_id, said_at desc);
comment on table window_number_doubts is 'a window said that a number of it is wrong; never changed';
call protect('window_number_doubts');
create policy desk_or_own on window_number_doubts for select to portal_app using (
  contact_id in (select w.contact_id from contacts w));
grant select on window_number_doubts to portal_app;

-- The telephone and FAX numbers of a day: when each was proven last, and what its window said against it since. Of the
-- same window another number has proofs and doubts of its own.
create function window_numbers(p_day date)
  returns table (contact_id uuid, fact_id uuid, kind text, value text, proven_on date, doubt text, unproven boolean)
  language sql stable
  as $$
    select c.contact_id, c.fact_id, c.kind, c.value, p.proven_on, d.remark,
           d.remark is not null or p.proven_on is null or p.proven_on <= p_day - 366
    from public.contact_channels c
    cross join lateral (
      select greatest(c.last_verified_on, (max(x.proven_at) at time zone 'Asia/Tokyo')::date) as proven_on,
             max(x.proven_at) as proven_at
      from public.window_proofs x where x.contact_id = c.contact_id and x.kind = c.kind and x.value = c.value) p
    left join lateral (
      select x.remark from public.window_number_doubts x
      where x.contact_id = c.contact_id and x.kind = c.kind and x.value = c.value
        and (p.proven_at is null or x.said_at > p.proven_at)
      order by x.said_at desc limit 1) d on true
    where c.valid @> p_day and c.kind in ('phone', 'mobile', 'satellite', 'fax') $$;
grant execute on function window_numbers(date) to portal_app;

-- Whether a letter is still in the hands of its window: the address to which it went is the window's, and the window has
-- not said that somebody else is responsible. Whoever has left keeps old mails, and no say.
create function verification_stands(p_contact uuid, p_address text, p_answer text) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p_answer is distinct from 'moved'
       and exists (select from public.contact_channels c
                   where c.contact_id = p_contact and c.kind = 'mail' and c.value = p_address
                     and c.valid @> public.viewer_today()) $$;

create or replace function verification_answer(p_hash bytea, p_answer text, p_remark text, p_now timestamptz)
  returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
  declare
    asked public.verification_requests;
  begin
    update public.verification_requests q
      set answer = p_answer, way = 'link', remark = p_remark, answered_at = p_now
      from public.verification_rounds r
      where q.token_hash = p_hash and q.answer is null and r.round_id = q.round_id and r.closed_at is null
        -- “Somebody else is responsible” may come from where somebody was.
        and (p_answer = 'moved' or public.verification_stands(q.contact_id, q.asked_value, null))
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

-- The numbers that a link asks about: their ends alone, since a letter may go astray.
create function verification_numbers(p_hash bytea)
  returns table (fact_id uuid, recorded_at timestamptz, kind text, ends text, said text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select c.fact_id, c.recorded_at, c.kind, right(n.digits, case when length(n.digits) < 9 then 2 else 4 end),
           case when d.at is not null and (p.at is null or d.at >= p.at) then 'wrong' when p.at is not null then 'right' end
    from public.verification_requests q
    join public.verification_rounds r using (round_id)
    join public.contact_channels c on c.contact_id = q.contact_id and c.valid @> public.viewer_today()
     and c.kind in ('phone', 'mobile', 'satellite', 'fax')
    -- Without what follows an extension's mark.
    cross join lateral (
      select regexp_replace(regexp_replace(c.value, '(内線|#|,).*$', ''), '[^0-9]', '', 'g') as digits) n
    cross join lateral (
      select max(x.proven_at) as at from public.window_proofs x
      where x.contact_id = c.contact_id and x.kind = c.kind and x.value = c.value and x.proven_at >= r.opened_at) p
    cross join lateral (
      select max(x.said_at) as at from public.window_number_doubts x
      where x.contact_id = c.contact_id and x.kind = c.kind and x.value = c.value and x.said_at >= r.opened_at) d
    where q.token_hash = p_hash and r.closed_at is null and public.verification_stands(q.contact_id, q.asked_value, q.answer)
    order by c.position;
  end $$;

-- What a window says of its numbers; answers of how many. What its page showed is what counts: not a number that was
-- registered since.
create function verification_answer_numbers(p_hash bytea, p_facts uuid[], p_seen timestamptz[], p_right boolean[],
                                            p_remarks text[], p_now timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    asked record;
    day date := (p_now at time zone 'Asia/Tokyo')::date;
    noted integer;
  begin
    select q.contact_id, q.round_id into asked
    from public.verification_requests q join public.verification_rounds r using (round_id)
    where q.token_hash = p_hash and r.closed_at is null and public.verification_stands(q.contact_id, q.asked_value, q.answer)
    for update of q;
    if not found then
      return 0;
    end if;
    with said as materialized (
      select distinct on (c.fact_id) c.fact_id, c.kind, c.value, s.is_right, s.remark
      from unnest(p_facts, p_seen, p_right, p_remarks) s (fact, seen, is_right, remark)
      join public.contact_channels c on c.fact_id = s.fact and c.recorded_at = s.seen
      where c.contact_id = asked.contact_id and c.valid @> day and c.kind in ('phone', 'mobile', 'satellite', 'fax')),
    proven as (
      insert into public.window_proofs (contact_id, kind, value, way, proven_at)
      select asked.contact_id, s.kind, s.value, 'link', p_now from said s where s.is_right),
    noticed as (
      update public.contact_channels c set last_verified_on = day
      from said s where c.fact_id = s.fact_id and s.is_right),
    doubted as (
      insert into public.window_number_doubts (contact_id, round_id, kind, value, remark, said_at)
      select asked.contact_id, asked.round_id, s.kind, s.value, s.remark, p_now from said s where not s.is_right)
    select count(*) into noted from said;
    return noted;
  end $$;

-- Windows that need somebody, to the desk and its coordinators, and to who keeps the windows of their own firm or ministry.
-- Whether a round is open does not matter: a letter that came back is a dead address until it is another one or is
-- proven, and who said that something is to be changed is waited for until something was.
create function troubled_windows(p_ceptoar text default null)
  returns table (contact_id uuid, organisation_id uuid, ceptoar_id text, came_back boolean, moved boolean, silent boolean,
                 wrong bigint, unproven bigint, due_on date)
  language plpgsql stable security definer cost 20000 rows 100 set search_path = pg_catalog, pg_temp
  as $$
  declare
    today date := public.viewer_today();
  begin
    return query
    with own as materialized (
      select f.organisation_id, f.ceptoar_id from public.affiliations f
      where f.account_id = public.viewer_account() and f.valid @> today and f.role in ('member_admin', 'ministry_liaison')),
    mine as materialized (
      select k.contact_id, k.organisation_id, k.ceptoar_id, k.recorded_at from public.contacts k
      where k.valid @> today and (p_ceptoar is null or k.ceptoar_id = p_ceptoar)
        and (k.ceptoar_id = any ((select public.viewer_ceptoars())::text[])
             or exists (select from own o where o.organisation_id = k.organisation_id
                        and (o.ceptoar_id is null or o.ceptoar_id = k.ceptoar_id)))
        and exists (select from public.bodies_on_the_road b
                    where b.ceptoar_id = k.ceptoar_id and b.organisation_id = k.organisation_id and b.valid @> today)),
    -- Window by window, each by its own index: a plan that does not depend on how many rows there are believed to be.
    found as (
      select m.contact_id, m.organisation_id, m.ceptoar_id,
             coalesce(l.state in ('refused', 'expired'), false)
               and exists (select from public.contact_channels c
                           where c.contact_id = m.contact_id and c.kind = 'mail' and c.value = l.asked_value and c.valid @> today)
               and not exists (select from public.window_proofs x
                               where x.contact_id = m.contact_id and x.kind = 'mail' and x.value = l.asked_value
                                 and x.proven_at >= l.asked_at) as came_back,
             coalesce(s.answer = 'moved' and m.recorded_at <= s.answered_at, false)
               and (s.asked_value is null or exists (
                 select from public.contact_channels c
                 where c.contact_id = m.contact_id and c.kind = 'mail' and c.value = s.asked_value and c.valid @> today))
               and not exists (select from public.contact_channels c
                               where c.contact_id = m.contact_id and c.valid @> today and c.recorded_at > s.answered_at)
               and not exists (select from public.window_proofs x
                               where x.contact_id = m.contact_id and x.proven_at >= s.answered_at) as moved,
             o.silent, n.wrong, n.unproven
      from mine m
      left join lateral (
        select q.asked_value, q.asked_at, d.state
        from public.verification_requests q
        -- A letter is its own item (`write_window_letters`), which deliveries are found by.
        join public.deliveries d on d.item_id = q.mail_id and d.contact_id = q.contact_id
        where q.contact_id = m.contact_id order by q.asked_at desc limit 1) l on true
      left join lateral (
        select q.asked_value, q.answer, q.answered_at from public.verification_requests q
        where q.contact_id = m.contact_id and q.answer is not null order by q.answered_at desc limit 1) s on true
      cross join lateral (
        select count(*) > 0 as silent
        from public.verification_requests q join public.verification_rounds r using (round_id)
        where q.contact_id = m.contact_id and q.answer is null and q.asked_value is not null and r.closed_at is null) o
      cross join lateral (
        select count(*) filter (where w.doubt is not null) as wrong,
               count(*) filter (where w.unproven and w.doubt is null) as unproven
        from public.window_numbers(today) w where w.contact_id = m.contact_id) n)
    select f.contact_id, f.organisation_id, f.ceptoar_id, f.came_back, f.moved, f.silent and not f.came_back, f.wrong,
           f.unproven, r.due_on
    from found f
    left join public.verification_rounds r on r.ceptoar_id = f.ceptoar_id and r.closed_at is null
    where f.came_back or f.moved or f.silent or f.wrong > 0 or f.unproven > 0;
  end $$;

-- Reminders also go to windows that confirmed their address by the link and left a number unsaid.
drop function verification_silent(uuid, date, timestamptz, uuid[]);
create function verification_silent(p_round uuid, p_day date, p_asked_before timestamptz, p_windows uuid[] default null)
  returns table (contact_id uuid, organisation_id uuid, ja text, en text, label text, language text, address text,
                 numbers_alone boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select q.contact_id, q.organisation_id, coalesce(n.ja, ''), coalesce(n.en, ''), k.label, k.language, ch.value,
           q.answer is not null
    from public.verification_requests q
    join public.verification_rounds r using (round_id)
    join public.contacts k on k.contact_id = q.contact_id and k.valid @> p_day
    left join public.organisation_names n on n.organisation_id = q.organisation_id and n.valid @> p_day
    join lateral (
      select c.value from public.contact_channels c
      where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> p_day
      order by c.position limit 1) ch on true
    where q.round_id = p_round and r.closed_at is null and q.asked_at < p_asked_before
      and (q.answer is null
           or q.answer = 'alive' and q.way = 'link' and q.asked_value = ch.value
              and exists (select from public.window_numbers(p_day) w
                          where w.contact_id = q.contact_id and w.unproven and w.doubt is null))
      and (p_windows is null or q.contact_id = any (p_windows))
    order by q.contact_id;
  end $$;

grant execute on function verification_numbers(bytea),
  verification_answer_numbers(bytea, uuid[], timestamptz[], boolean[], text[], timestamptz), troubled_windows(text) to portal_app;
grant execute on function verification_silent(uuid, date, timestamptz, uuid[]) to portal_worker;
