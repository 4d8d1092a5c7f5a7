-- The queue of mails as those who run the portal see and steer it (docs/decisions/0062-queue.md).

-- A pause of the whole queue. While one is open, no worker on any machine claims anything.
create table mail_pauses (
  pause_id uuid primary key default gen_random_uuid(),
  reason text not null constraint mail_pauses_reason check (length(reason) between 1 and 500),
  begun_by uuid not null references accounts,
  begun_at timestamptz not null default now(),  -- the database's clock, as for leases and due times
  ended_by uuid references accounts,
  ended_at timestamptz,
  constraint mail_pauses_ended check ((ended_by is null) = (ended_at is null) and ended_at >= begun_at)
);
-- What every claim asks: no row or one.
create unique index mail_pauses_open on mail_pauses ((true)) where ended_at is null;

-- What each worker last said of itself.
create table mail_workers (
  worker_id uuid primary key,
  seen_at timestamptz not null default now(),
  trouble text,                                 -- how the relay failed it: codes and our own words, as deliveries.reply
  ours boolean not null default false,          -- the relay refuses us: somebody has to mend our side
  trouble_since timestamptz,
  next_try_at timestamptz,
  try_now boolean not null default false,       -- somebody asked not to wait for the next try
  constraint mail_workers_trouble check ((trouble is null) = (trouble_since is null))
);

call protect('mail_pauses');
call protect('mail_workers');
create policy send on mail_pauses for select to portal_worker using (true);
create policy send on mail_workers to portal_worker using (true) with check (true);
-- Workers learn that there is a pause, not why or by whom.
grant select (pause_id, ended_at) on mail_pauses to portal_worker;
grant select, insert, update, delete on mail_workers to portal_worker;

-- How fast it goes: the last hour alone is looked at.
create index deliveries_sent_at on deliveries (settled_at) where state = 'sent';

-- Who may see the queue, and who may steer it: the second wall to `access::queue`.
create function viewer_sees_queue() returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin return public.viewer_has_role('system_admin', 'nisc_approver'); end $$;

create function viewer_runs_queue() returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin return public.viewer_has_role('system_admin'); end $$;

-- The queue as a whole, in one row; none for who may not see it. What was never tried waits since it became due.
create function mail_queue_state()
  returns table (waiting bigint, sending bigint, to_retry bigint, next_try_in float8, oldest_for float8,
                 sent_minute bigint, sent_five bigint, sent_hour bigint, refused_day bigint, expired_day bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_sees_queue() then return; end if;
    return query
    select q.waiting, (select count(*) from public.deliveries d where d.state = 'sending'), q.to_retry, q.next_try_in, q.oldest_for,
           s.minute, s.five, s.hour, f.refused, f.expired
    from (select count(*) as waiting,
                 count(*) filter (where d.attempts > 0 and d.due_at > now()) as to_retry,
                 extract(epoch from min(d.due_at) filter (where d.attempts > 0 and d.due_at > now()) - now())::float8 as next_try_in,
                 extract(epoch from now() - min(case when d.attempts = 0 then d.due_at else m.created_at end))::float8 as oldest_for
          from public.deliveries d join public.mails m using (mail_id) where d.state = 'queued') q,
         (select count(*) filter (where d.settled_at > now() - interval '1 minute') as minute,
                 count(*) filter (where d.settled_at > now() - interval '5 minutes') as five, count(*) as hour
          from public.deliveries d where d.state = 'sent' and d.settled_at > now() - interval '1 hour') s,
         (select count(*) filter (where d.state = 'refused') as refused, count(*) filter (where d.state = 'expired') as expired
          from public.deliveries d
          where d.state in ('refused', 'expired') and d.settled_at > now() - interval '24 hours') f;
  end $$;

-- What waits by the recipients' domains, the most first. For who steers the queue: whose mail servers they are is not
-- the centre's to know.
create function mail_queue_domains(p_limit integer)
  returns table (domain text, waiting bigint, to_retry bigint, next_try_in float8, domains bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_runs_queue() then return; end if;
    return query
    select lower(substring(a.address from '@([^@]*)$')), count(*), count(*) filter (where d.attempts > 0 and d.due_at > now()),
           extract(epoch from min(d.due_at) filter (where d.attempts > 0 and d.due_at > now()) - now())::float8,
           count(*) over ()
    from public.deliveries d join public.delivery_addresses a using (delivery_id)
    where d.state = 'queued' group by 1 order by 2 desc, 1 limit p_limit;
  end $$;

-- Workers that said something within the last minutes.
create function mail_queue_workers()
  returns table (worker_id uuid, seen_for float8, trouble text, ours boolean, trouble_for float8, next_try_in float8)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_sees_queue() then return; end if;
    return query
    select w.worker_id, extract(epoch from now() - w.seen_at)::float8, w.trouble, w.ours,
           extract(epoch from now() - w.trouble_since)::float8, extract(epoch from w.next_try_at - now())::float8
    from public.mail_workers w where w.seen_at > now() - interval '10 minutes' order by w.seen_at desc, w.worker_id limit 50;
  end $$;

-- The pause that holds: for who steers, and for the centre, whose items it keeps.
create function mail_pause_now()
  returns table (pause_id uuid, reason text, begun_by text, begun_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_has_role('system_admin', 'nisc_approver', 'nisc_analyst') then return; end if;
    return query
    select p.pause_id, p.reason, c.display_name, p.begun_at
    from public.mail_pauses p join public.accounts c on c.account_id = p.begun_by where p.ended_at is null;
  end $$;

-- Pauses the queue; none where it is paused already.
create function mail_pause_begin(p_reason text) returns uuid
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare v_pause uuid;
  begin
    if not public.viewer_runs_queue() then
      raise insufficient_privilege using message = 'the queue is not theirs to pause';
    end if;
    insert into public.mail_pauses (reason, begun_by) values (p_reason, public.viewer_account())
      on conflict do nothing returning mail_pauses.pause_id into v_pause;
    perform pg_notify('outbox', '');
    return v_pause;
  end $$;

-- Ends this very pause; whether it was open. What waited gets the time back, so that no pause makes a copy too late.
create function mail_pause_end(p_pause uuid) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare v_begun timestamptz;
  begin
    if not public.viewer_runs_queue() then
      raise insufficient_privilege using message = 'the queue is not theirs to resume';
    end if;
    update public.mail_pauses p set ended_by = public.viewer_account(), ended_at = now()
      where p.pause_id = p_pause and p.ended_at is null returning p.begun_at into v_begun;
    if not found then return false; end if;
    update public.deliveries d set give_up_at = d.give_up_at + (now() - v_begun)
      where d.delivery_id in (select q.delivery_id from public.deliveries q where q.state = 'queued'
                              order by q.delivery_id for update);
    perform pg_notify('outbox', '');
    return true;
  end $$;

-- Everything that waits for another try is tried now; answers how many. Without a domain also where a worker waits for the relay.
create function mail_retry_now(p_domain text) returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare v_count bigint;
  begin
    if not public.viewer_runs_queue() then
      raise insufficient_privilege using message = 'the queue is not theirs to hurry';
    end if;
    update public.deliveries d set due_at = now()
      where d.delivery_id in (
        select q.delivery_id from public.deliveries q
        where q.state = 'queued' and q.attempts > 0 and q.due_at > now()
          and (p_domain is null or exists (select from public.delivery_addresses a where a.delivery_id = q.delivery_id
                                           and lower(substring(a.address from '@([^@]*)$')) = lower(p_domain)))
        order by q.delivery_id for update skip locked);
    get diagnostics v_count = row_count;
    if p_domain is null then
      update public.mail_workers w set try_now = true where w.trouble is not null;
    end if;
    perform pg_notify('outbox', '');
    return v_count;
  end $$;

revoke execute on function viewer_sees_queue(), viewer_runs_queue(), mail_queue_state(), mail_queue_domains(integer),
  mail_queue_workers(), mail_pause_now(), mail_pause_begin(text), mail_pause_end(uuid), mail_retry_now(text) from public;
grant execute on function viewer_sees_queue(), viewer_runs_queue(), mail_queue_state(), mail_queue_domains(integer),
  mail_queue_workers(), mail_pause_now(), mail_pause_begin(text), mail_pause_end(uuid), mail_retry_now(text) to portal_app;
