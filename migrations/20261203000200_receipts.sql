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
  happened_at timestamptz not null,
  entered_at timestamptz not null default viewer_now(),
  withdrawn_at timestamptz,
  constraint desk_receipts_not_ahead check (happened_at <= entered_at)
);
-- Two people at once write down the same telephone call: one of them does.
create unique index desk_receipts_standing on desk_receipts (advisory_id, organisation_id, ceptoar_id)
  where withdrawn_at is null;
create index desk_receipts_organisation on desk_receipts (organisation_id, advisory_id);

-- Who said so, in whose words, who wrote it down and what people are called: for the firm and the desk that wrote it down
-- alone. The centre counts receipts and measures by organisation: it sees which desk, and has no use for a person. Who did
-- what stands in the trail, for those who may read it.
create table desk_receipt_words (
  receipt_id uuid primary key references desk_receipts,
  answered_by text not null check (length(answered_by) between 1 and 100),
  remark text not null default '' check (length(remark) <= 200),
  entered_by uuid not null references accounts,
  entered_by_name text not null default '',      -- as the person was called then; accounts are otherwise everybody's own
  withdrawn_by uuid references accounts,
  withdrawn_by_name text,
  withdrawn_reason text check (length(withdrawn_reason) between 1 and 200),
  constraint desk_receipt_words_whole_withdrawal
    check (num_nulls(withdrawn_by, withdrawn_by_name, withdrawn_reason) in (0, 3))
);

-- Whom the desk tried to reach, so that a colleague need not try again. The number itself stands in the directory.
create table call_attempts (
  attempt_id uuid primary key default gen_random_uuid(),
  advisory_id uuid not null references advisories,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  contact_id uuid references windows,            -- null: by another way than a registered number
  -- Which number, as the directory had it: a corrected one is another fact, or was recorded since. The fact may go.
  channel_fact uuid,
  kind text not null check (kind in ('phone', 'mobile', 'satellite', 'fax', 'other')),
  result text not null check (result in ('no_answer', 'busy', 'wrong_number', 'message', 'reached')),
  attempted_at timestamptz not null default viewer_now(),
  entered_by uuid not null references accounts,
  entered_by_name text not null default '',
  constraint call_attempts_number_of_window check (num_nulls(contact_id, channel_fact) in (0, 2))
);
create index call_attempts_of on call_attempts (advisory_id, ceptoar_id, organisation_id);

call protect('desk_receipts');
call protect('desk_receipt_words');
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

-- Whether the viewer may write receipts of a member down. What is confidential is acknowledged by the named person alone:
-- whoever answers a telephone has not read it, and the desk cannot say what it is about. And nobody is told anything by
-- their own organisation: they press the button.
create function desk_enters(p_advisory uuid, p_ceptoar text, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return public.desk_reaches(p_advisory, p_ceptoar, p_organisation)
      and exists (select from public.advisories a where a.advisory_id = p_advisory and a.level <> 'RED')
      and not exists (select from public.affiliations f
                      where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
                        and f.organisation_id = p_organisation);
  end $$;

-- Whether the statement comes from the owner of the tables and not from the application.
create function said_by_owner() returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select pg_has_role(session_user, current_user, 'member') $$;

-- Who and when is the database's to say. Triggers answer before row security: they ask first for the right to enter
-- anything, and refuse in one and the same words, so that nobody learns which ids exist, what was published when and whose
-- a window is.
create function desk_receipts_entry() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.said_by_owner() and not public.desk_enters(new.advisory_id, new.ceptoar_id, new.organisation_id) then
      raise exception 'not for this desk to enter' using errcode = 'insufficient_privilege';
    end if;
    new.entered_at := public.viewer_now();
    -- Times are typed to the minute.
    if new.happened_at < (select date_trunc('minute', a.published_at) from public.advisories a
                          where a.advisory_id = new.advisory_id) then
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
    return new;
  end $$;
create trigger desk_receipts_withdrawal before update on desk_receipts
  for each row execute function desk_receipts_withdrawal();

-- Who wrote it down is whoever is signed in, by the name of that account.
create function desk_receipt_words_names() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if tg_op = 'INSERT' then
      new.entered_by := coalesce(public.viewer_account(), new.entered_by);
      new.entered_by_name := coalesce(
        (select c.display_name from public.accounts c where c.account_id = new.entered_by), '');
      new.withdrawn_by := null;
      new.withdrawn_by_name := null;
      new.withdrawn_reason := null;
      return new;
    end if;
    if old.withdrawn_reason is not null or not exists (
         select from public.desk_receipts d where d.receipt_id = new.receipt_id and d.withdrawn_at is not null) then
      raise exception 'a receipt is taken back once' using errcode = 'insufficient_privilege';
    end if;
    new.withdrawn_by := coalesce(public.viewer_account(), new.withdrawn_by);
    new.withdrawn_by_name := (select c.display_name from public.accounts c where c.account_id = new.withdrawn_by);
    return new;
  end $$;
create trigger desk_receipt_words_names before insert or update on desk_receipt_words
  for each row execute function desk_receipt_words_names();

-- No receipt without who said so, and none taken back without a reason. Looked at when everything is written.
create function desk_receipts_worded() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not exists (select from public.desk_receipt_words w where w.receipt_id = new.receipt_id
                     and (new.withdrawn_at is null or w.withdrawn_reason is not null)) then
      raise exception 'a receipt says who told it, and why it was taken back' using errcode = 'check_violation',
        constraint = 'desk_receipts_worded';
    end if;
    return null;
  end $$;
create constraint trigger desk_receipts_worded after insert or update on desk_receipts
  deferrable initially deferred for each row execute function desk_receipts_worded();

create function call_attempts_entry() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.said_by_owner() and not public.desk_reaches(new.advisory_id, new.ceptoar_id, new.organisation_id)
       or new.channel_fact is not null and not exists (
         select from public.contact_channels c
         join public.windows w on w.contact_id = c.contact_id
         where c.fact_id = new.channel_fact and c.contact_id = new.contact_id and c.kind = new.kind
           and w.organisation_id = new.organisation_id and w.ceptoar_id = new.ceptoar_id) then
      raise exception 'not for this desk to enter' using errcode = 'insufficient_privilege';
    end if;
    new.attempted_at := public.viewer_now();
    new.entered_by_name := (select c.display_name from public.accounts c where c.account_id = new.entered_by);
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
  withdrawn_at is null and desk_enters(advisory_id, ceptoar_id, organisation_id));
-- Any colleague of the same desk takes back: whoever entered it may be at home by then.
create policy take_back on desk_receipts for update to portal_app
  using (withdrawn_at is null and ceptoar_id = any ((select viewer_ceptoars())::text[]))
  with check (withdrawn_at is not null and desk_reaches(advisory_id, ceptoar_id, organisation_id));

-- The words are the firm's and the desk's that wrote them; whoever sees no receipt sees no words either.
create policy own_view on desk_receipt_words for select to portal_app using (
  exists (select from desk_receipts d
          where d.receipt_id = desk_receipt_words.receipt_id
            and (d.organisation_id = any ((select viewer_answering_organisations())::uuid[])
                 or d.ceptoar_id = any ((select viewer_ceptoars())::text[]))));
create policy enter on desk_receipt_words for insert to portal_app with check (
  exists (select from desk_receipts d
          where d.receipt_id = desk_receipt_words.receipt_id and d.withdrawn_at is null
            and d.ceptoar_id = any ((select viewer_ceptoars())::text[])));
-- After the receipt itself and in the same transaction, which does not end without a reason; that it happens once is the
-- trigger's to say.
create policy take_back on desk_receipt_words for update to portal_app using (
  exists (select from desk_receipts d
          where d.receipt_id = desk_receipt_words.receipt_id and d.withdrawn_at is not null
            and d.ceptoar_id = any ((select viewer_ceptoars())::text[])));

-- Attempts are the desk's own notes.
create policy own_desk on call_attempts for select to portal_app using (
  ceptoar_id = any ((select viewer_ceptoars())::text[])
  and exists (select from viewer_reach r where r.advisory_id = call_attempts.advisory_id offset 0));
create policy enter on call_attempts for insert to portal_app with check (
  entered_by = (select viewer_account()) and desk_reaches(advisory_id, ceptoar_id, organisation_id));

grant select, insert on desk_receipts, desk_receipt_words, call_attempts to portal_app;
grant update (withdrawn_at) on desk_receipts to portal_app;
grant update (withdrawn_reason) on desk_receipt_words to portal_app;
revoke execute on function desk_reaches(uuid, text, uuid), desk_enters(uuid, text, uuid), said_by_owner(),
  desk_receipts_entry(), desk_receipts_withdrawal(), desk_receipt_words_names(), desk_receipts_worded(),
  call_attempts_entry() from public;
grant execute on function desk_reaches(uuid, text, uuid), desk_enters(uuid, text, uuid) to portal_app;

-- What counts as received, wherever it is counted: the firm's own acknowledgement on every hop on which it has the item,
-- or what a desk was told, for that desk's own members alone (`stage` and `ceptoar_id`; null: on every hop). Asked row by
-- row, both sides are served by their indexes. `strength` sorts what weighs most first; `known_at` is when the portal
-- learned of it.
create view advisory_receipts with (security_invoker = true) as
  select k.advisory_id, k.organisation_id, null::text as ceptoar_id, null::text as stage,
         k.acknowledged_at as received_at, k.acknowledged_at as known_at, 'portal' as channel, 0::smallint as strength
  from advisory_acknowledgements k
  union all
  select d.advisory_id, d.organisation_id, d.ceptoar_id, 'member', d.happened_at, d.entered_at, d.channel,
         case when d.with_code then 1 else 2 end::smallint
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
    received as materialized (
      select distinct k.organisation_id, k.ceptoar_id, k.stage
      from public.advisory_receipts k where k.advisory_id = p_advisory),
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
                 select k.organisation_id from received k where k.stage is null)
               or (au.organisation_id, au.ceptoar_id, au.stage) in (
                 select k.organisation_id, k.ceptoar_id, k.stage from received k
                 where k.stage is not null)) as acknowledged,
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

-- The same for the front page of a desk: of some items, how many of its members have them. With the owner's rights, like the
-- board, because row by row the policies cost a second where ten items went to 15,000 members.
create function desk_answers(p_advisories uuid[]) returns table (advisory_id uuid, members bigint, acknowledged bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  #variable_conflict use_column
  begin
    return query
    with asked as materialized (
      select distinct h.advisory_id, h.ceptoar_id from public.viewer_hats(p_advisories) h
      where h.stage = 'secretariat' and h.role in ('secretariat', 'coordinator')),
    own as materialized (
      select distinct y.advisory_id, y.organisation_id from public.advisory_receipts y
      where y.advisory_id = any (p_advisories) and y.stage is null),
    told as materialized (
      select distinct y.advisory_id, y.organisation_id, y.ceptoar_id
      from public.advisory_receipts y join asked using (advisory_id, ceptoar_id) where y.stage = 'member')
    select a.advisory_id, count(*),
           count(*) filter (where own.organisation_id is not null or told.organisation_id is not null)
    from asked k
    join public.advisory_audience a
      on a.advisory_id = k.advisory_id and a.ceptoar_id = k.ceptoar_id and a.stage = 'member'
    left join own on own.advisory_id = a.advisory_id and own.organisation_id = a.organisation_id
    left join told on told.advisory_id = a.advisory_id and told.organisation_id = a.organisation_id
     and told.ceptoar_id = a.ceptoar_id
    group by 1;
  end $$;
revoke execute on function desk_answers(uuid[]) from public;
grant execute on function desk_answers(uuid[]) to portal_app;
