-- Receipts from any channel (docs/decisions/0033-receipts-from-any-channel.md): a desk writes down that a member told it by
-- telephone, FAX or otherwise that an item has arrived, and that it tried in vain. The firm's own acknowledgement stays
-- what it was, a button that a person of the firm presses; nobody presses it for them.

-- What a desk was told. Never deleted: a receipt that was wrong is taken back, with a reason, and no longer counts.
create table desk_receipts (
  receipt_id uuid primary key default gen_random_uuid(),
  advisory_id uuid not null references advisories,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  channel text not null check (channel in ('phone', 'fax', 'satellite', 'in_person', 'other')),
  with_code boolean not null,                    -- they told the code of their own sheet
  answered_by text not null check (length(answered_by) between 1 and 100),
  remark text not null default '' check (length(remark) <= 200),
  happened_at timestamptz not null,
  entered_at timestamptz not null default viewer_now(),
  entered_by uuid not null references accounts,
  entered_by_name text not null default '',      -- as the person was called then; accounts are otherwise everybody's own
  withdrawn_at timestamptz,
  withdrawn_by uuid references accounts,
  withdrawn_by_name text,
  withdrawn_reason text check (length(withdrawn_reason) between 1 and 200),
  constraint desk_receipts_whole_withdrawal check (
    num_nulls(withdrawn_at, withdrawn_by, withdrawn_by_name, withdrawn_reason) in (0, 4)),
  constraint desk_receipts_not_ahead check (happened_at <= entered_at)
);
-- Two people at once write down the same telephone call: one of them does.
create unique index desk_receipts_standing on desk_receipts (advisory_id, organisation_id, ceptoar_id)
  where withdrawn_at is null;
create index desk_receipts_organisation on desk_receipts (organisation_id, advisory_id);

-- Whom the desk tried to reach, so that a colleague need not try again. The number itself stands in the directory.
create table call_attempts (
  attempt_id uuid primary key default gen_random_uuid(),
  advisory_id uuid not null references advisories,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  contact_id uuid references windows,            -- null: by another way than a registered number
  kind text not null check (kind in ('phone', 'mobile', 'satellite', 'fax', 'other')),
  result text not null check (result in ('no_answer', 'busy', 'wrong_number', 'message', 'reached')),
  attempted_at timestamptz not null default viewer_now(),
  entered_by uuid not null references accounts,
  entered_by_name text not null default ''
);
create index call_attempts_of on call_attempts (advisory_id, ceptoar_id, organisation_id);

call protect('desk_receipts');
call protect('call_attempts');

-- Whether the viewer keeps the desk of a CEPTOAR through which the item has reached the organisation as a member.
-- Partner bodies, ministries and other desks stand on other hops; what is not published has no audience.
create function desk_reaches(p_advisory uuid, p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.viewer_hats(array[p_advisory]) h
                   where h.stage = 'secretariat' and h.ceptoar_id = p_ceptoar and h.role in ('secretariat', 'coordinator'))
      and exists (select from public.advisory_audience au join public.advisories a using (advisory_id)
                  where au.advisory_id = p_advisory and au.organisation_id = p_organisation
                    and au.ceptoar_id = p_ceptoar and au.stage = 'member' and a.state = 'published');
  end $$;

-- Who and when is the database's to say. What is confidential is acknowledged by the named person alone: whoever answers
-- a telephone has not read it, and the desk cannot say what it is about.
create function desk_receipts_entry() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare item public.advisories;
  begin
    new.entered_at := public.viewer_now();
    new.entered_by_name := (select c.display_name from public.accounts c where c.account_id = new.entered_by);
    select * into item from public.advisories a where a.advisory_id = new.advisory_id;
    if item.state is distinct from 'published' or item.level = 'RED' then
      raise exception 'a desk enters no receipt for this item' using errcode = 'insufficient_privilege';
    end if;
    -- Times are typed to the minute.
    if new.happened_at < date_trunc('minute', item.published_at) then
      raise exception 'no receipt before the publication' using errcode = 'check_violation',
        constraint = 'desk_receipts_not_before';
    end if;
    return new;
  end $$;
create trigger desk_receipts_entry before insert on desk_receipts for each row execute function desk_receipts_entry();

-- The one change there is: taking back.
create function desk_receipts_withdrawal() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if old.withdrawn_at is not null or new.withdrawn_at is null then
      raise exception 'a receipt is taken back once' using errcode = 'insufficient_privilege';
    end if;
    new.withdrawn_at := public.viewer_now();
    new.withdrawn_by_name := (select c.display_name from public.accounts c where c.account_id = new.withdrawn_by);
    return new;
  end $$;
create trigger desk_receipts_withdrawal before update on desk_receipts
  for each row execute function desk_receipts_withdrawal();

create function call_attempts_entry() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    new.attempted_at := public.viewer_now();
    new.entered_by_name := (select c.display_name from public.accounts c where c.account_id = new.entered_by);
    if new.contact_id is not null and not exists (
      select from public.windows w where w.contact_id = new.contact_id and w.organisation_id = new.organisation_id) then
      raise exception 'a window of somebody else' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end $$;
create trigger call_attempts_entry before insert on call_attempts for each row execute function call_attempts_entry();

-- Seen by those who see acknowledgements: the centre, the firm itself, the desks whose member it is.
create policy own_view on desk_receipts for select to portal_app using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or (organisation_id = any ((select viewer_answering_organisations())::uuid[])
      and exists (select from viewer_reach r where r.advisory_id = desk_receipts.advisory_id offset 0))
  or exists (select from advisory_audience au
             where au.advisory_id = desk_receipts.advisory_id
               and au.organisation_id = desk_receipts.organisation_id and au.stage = 'member'
               and au.ceptoar_id = any ((select viewer_ceptoars())::text[])));
create policy enter on desk_receipts for insert to portal_app with check (
  entered_by = (select viewer_account()) and withdrawn_at is null
  and desk_reaches(advisory_id, ceptoar_id, organisation_id));
-- Any colleague of the same desk takes back: whoever entered it may be at home by then.
create policy take_back on desk_receipts for update to portal_app
  using (withdrawn_at is null and ceptoar_id = any ((select viewer_ceptoars())::text[]))
  with check (withdrawn_by = (select viewer_account()) and desk_reaches(advisory_id, ceptoar_id, organisation_id));

-- Attempts are the desk's own notes.
create policy own_desk on call_attempts for select to portal_app using (
  ceptoar_id = any ((select viewer_ceptoars())::text[])
  and exists (select from viewer_reach r where r.advisory_id = call_attempts.advisory_id offset 0));
create policy enter on call_attempts for insert to portal_app with check (
  entered_by = (select viewer_account()) and desk_reaches(advisory_id, ceptoar_id, organisation_id));

grant select, insert on desk_receipts, call_attempts to portal_app;
grant update (withdrawn_at, withdrawn_by, withdrawn_reason) on desk_receipts to portal_app;
revoke execute on function desk_reaches(uuid, text, uuid), desk_receipts_entry(), desk_receipts_withdrawal(),
  call_attempts_entry() from public;
grant execute on function desk_reaches(uuid, text, uuid) to portal_app;

-- What counts as received, wherever it is counted: the firm's own acknowledgement, or what its desk was told. Asked row by
-- row, both sides are served by their indexes. `strength` sorts what weighs most first.
create view advisory_receipts with (security_invoker = true) as
  select k.advisory_id, k.organisation_id, k.acknowledged_at as received_at, 'portal' as channel,
         0::smallint as strength
  from advisory_acknowledgements k
  union all
  select d.advisory_id, d.organisation_id, d.happened_at, d.channel, case when d.with_code then 1 else 2 end::smallint
  from desk_receipts d where d.withdrawn_at is null;
grant select on advisory_receipts to portal_app;

-- The board, as before; what counts is the view's.
CREATE OR REPLACE FUNCTION public.delivery_board(p_advisory uuid)
 RETURNS TABLE(ceptoar_id text, stage text, organisations bigint, acknowledged bigint, unreached bigint, queued bigint, sending bigint, sent bigint, refused bigint, cancelled bigint, first_at timestamp with time zone, last_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  declare
    everything boolean := public.viewer_has_role('nisc_analyst', 'nisc_approver');
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'secretariat', 'member', 'partner'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with due as materialized (
      select d.ceptoar_id, d.stage, d.organisation_id, d.state, d.settled_at
      from public.deliveries d where d.item_id = p_advisory),
    windows as (
      select d.ceptoar_id, d.stage,
             count(*) filter (where d.state = 'queued') as queued,
             count(*) filter (where d.state = 'sending') as sending,
             count(*) filter (where d.state = 'sent') as sent,
             count(*) filter (where d.state in ('refused', 'expired')) as refused,
             count(*) filter (where d.state = 'cancelled') as cancelled,
             min(d.settled_at) filter (where d.state = 'sent') as first_at,
             max(d.settled_at) filter (where d.state = 'sent') as last_at
      from due d group by 1, 2),
    organisations as (
      select au.ceptoar_id, au.stage, count(*) as organisations,
             count(*) filter (where au.organisation_id in (
               select k.organisation_id from public.advisory_receipts k
               where k.advisory_id = p_advisory)) as acknowledged,
             count(*) filter (where au.organisation_id not in (select d.organisation_id from due d)) as unreached
      from public.advisory_audience au
      where au.advisory_id = p_advisory and au.stage = any (hops)
        and (everything or au.ceptoar_id = any (scope))
      group by 1, 2)
    select o.ceptoar_id, o.stage, o.organisations, o.acknowledged, o.unreached,
           coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.sent, 0), coalesce(w.refused, 0),
           coalesce(w.cancelled, 0), w.first_at, w.last_at
    from organisations o left join windows w on w.ceptoar_id = o.ceptoar_id and w.stage = o.stage;
  end $function$;
