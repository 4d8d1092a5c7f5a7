-- The audit trail becomes a chain (docs/decisions/0018-audit-chain.md). Events are added as before; a sealer gives
-- each one a place and a hash over the hash before it, so that what is sealed cannot be changed, taken out,
-- put in or swapped without every later hash being wrong.
create table audit_seals (
  position bigint primary key,                 -- 1, 2, 3, … in the order of sealing
  sequence bigint not null constraint audit_seals_sequence_key unique,
  hash bytea not null                          -- SHA-256(hash before ‖ canonical form of the event)
);
call protect('audit_seals');

-- What waits for its seal. An event that is neither here nor sealed came in past the trigger below.
create table audit_unsealed (
  sequence bigint primary key,
  queued_at timestamptz not null default clock_timestamp()
);
call protect('audit_unsealed');
insert into audit_unsealed (sequence) select sequence from audit_events;

create function queue_audit_event() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    insert into public.audit_unsealed (sequence) values (new.sequence);
    return null;
  end $$;
create trigger audit_events_queue after insert on audit_events for each row execute function queue_audit_event();

-- The owner has every right on its own tables. These triggers are against slips and careless scripts; whoever
-- switches them off on purpose is found out by the chain.
create function refuse_to_rewrite_the_trail() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$
  begin
    raise exception '% is only ever added to', tg_table_name using errcode = 'insufficient_privilege';
  end $$;
create trigger audit_events_kept before update or delete or truncate on audit_events
  for each statement execute function refuse_to_rewrite_the_trail();
create trigger audit_seals_kept before update or delete or truncate on audit_seals
  for each statement execute function refuse_to_rewrite_the_trail();

-- One field of the canonical form: 00 for nothing, else 01, the length in bytes, the bytes. No two lists of
-- fields come out alike.
create function audit_field(p_text text) returns bytea
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $$ select case when p_text is null then '\x00'::bytea
                    else '\x01'::bytea || int4send(octet_length(convert_to(p_text, 'UTF8'))) || convert_to(p_text, 'UTF8')
               end $$;

-- A time as microseconds since 1970: no time zone, no format and no era to argue about.
create function audit_instant(p_at timestamptz) returns text
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $$ select case when isfinite(p_at) then ((extract(epoch from p_at) * 1000000)::bigint)::text
                    when p_at > '2000-01-01 00:00:00+00' then 'infinity' else '-infinity' end $$;

create function audit_canonical(e audit_events) returns bytea
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $$ select public.audit_field(e.sequence::text) || public.audit_field(public.audit_instant(e.occurred_at))
            || public.audit_field(e.account_id::text) || public.audit_field(e.action) || public.audit_field(e.outcome)
            || public.audit_field(e.subject_kind) || public.audit_field(e.subject_id)
            || public.audit_field(e.detail::text) || public.audit_field(e.request_id) $$;

create function audit_genesis() returns bytea
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $$ select sha256('ceptoar-portal audit chain 1'::bytea) $$;

-- The turn to seal, until the transaction ends: the head of the chain as it stands, or no row where another
-- process has the turn.
create function audit_sealing_turn() returns table (head_position bigint, head_hash bytea)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if not pg_try_advisory_xact_lock(7710) then return; end if;
    return query select s.position, s.hash from public.audit_seals s order by s.position desc limit 1;
    if not found then
      return query select 0::bigint, public.audit_genesis();
    end if;
  end $$;

-- Seals what waits, oldest first; answers how many. What commits late is sealed later: the position is the
-- order of sealing, not of the sequence.
create function seal_audit_events(p_most integer) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    e public.audit_events;
    v_position bigint;
    v_hash bytea;
    v_sealed bigint[] := '{}';
  begin
    select t.head_position, t.head_hash into v_position, v_hash from public.audit_sealing_turn() t;
    if v_position is null then return 0; end if;
    for e in select a.* from public.audit_unsealed u join public.audit_events a on a.sequence = u.sequence
             order by u.sequence limit p_most loop
      v_position := v_position + 1;
      v_hash := sha256(v_hash || public.audit_canonical(e));
      insert into public.audit_seals (position, sequence, hash) values (v_position, e.sequence, v_hash);
      v_sealed := v_sealed || e.sequence;
    end loop;
    delete from public.audit_unsealed u where u.sequence = any (v_sealed);
    return cardinality(v_sealed);
  end $$;

-- On which days the head went out by mail: once a day, whoever has the turn.
create table audit_anchor_days (day date primary key);
call protect('audit_anchor_days');

create function mail_audit_anchor(p_day date, p_address text, p_subject text, p_body text, p_hash bytea,
                                  p_now timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    insert into public.audit_anchor_days (day) values (p_day) on conflict do nothing;
    if not found then return false; end if;
    perform public.enqueue_account_letter(gen_random_uuid(), p_address, '', 'ja', p_subject, p_body, p_hash, p_now);
    return true;
  end $$;

grant execute on function audit_sealing_turn(), seal_audit_events(integer),
  mail_audit_anchor(date, text, text, text, bytea, timestamptz) to portal_worker;

-- Long lists newest first, everybody's own events, and what an account did in a period.
create index audit_events_newest on audit_events (occurred_at desc, sequence desc);
create index audit_events_account on audit_events (account_id, occurred_at desc, sequence desc);
