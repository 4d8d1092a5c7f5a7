-- Mail that comes back (docs/decisions/0057-inbound-mail.md): replies that say an item has arrived, and notices that a mail did not.
-- Of a mail nothing is kept but which copy it answers, when it came and what became of it.

create table mail_replies (
  delivery_id uuid not null references deliveries,      -- the copy that was answered
  outcome text not null constraint mail_replies_outcome check (outcome in (
    'received', 'other_number', 'no_number', 'other_sender', 'superseded', 'withdrawn', 'confidential', 'automatic')),
  advisory_id uuid not null references advisories,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  stage text not null constraint mail_replies_stage check (stage in ('ministry', 'secretariat', 'member')),
  arrived_at timestamptz not null,
  -- However often somebody writes.
  primary key (delivery_id, outcome)
);
create index mail_replies_of on mail_replies (advisory_id, organisation_id, ceptoar_id);
comment on table mail_replies is 'replies to mails about items, without their text; outcome received: a receipt, anything else: why it is none';

call protect('mail_replies');

-- Seen by those who see what desks entered: the centre, the organisation itself, the desk whose member it is.
create policy own_view on mail_replies for select to portal_app using (
  ((select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]))
  or ((organisation_id = any ((select viewer_answering_organisations())::uuid[])
       or stage = 'member' and ceptoar_id = any ((select viewer_ceptoars())::text[]))
      and exists (select from viewer_reach r where r.advisory_id = mail_replies.advisory_id offset 0)));
grant select on mail_replies to portal_app;

-- What has to be known of a copy to judge a reply to it. A letter about silence stands for the copy that it follows, of the
-- same organisation. Copies of anything else, and partner bodies, of whom nothing is asked, have no row.
create function reply_facts(p_delivery uuid)
  returns table (advisory_id uuid, organisation_id uuid, ceptoar_id text, stage text, number text, confidential boolean,
                 superseded boolean, withdrawn boolean, subject text, address text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select a.advisory_id, o.organisation_id, o.ceptoar_id, o.stage, a.number, a.level = 'RED', au.superseded_at is not null,
           au.withdrawn, m.subject, x.address
    from public.deliveries d
    join public.mails m on m.mail_id = d.mail_id
    join public.delivery_addresses x on x.delivery_id = d.delivery_id
    join public.deliveries o on o.delivery_id = case when m.item_kind = 'escalation' then d.follows else d.delivery_id end
     and o.organisation_id = d.organisation_id
    join public.advisories a on a.advisory_id = o.item_id and a.state = 'published'
    join public.advisory_audience au on au.advisory_id = o.item_id and au.organisation_id = o.organisation_id
     and au.ceptoar_id = o.ceptoar_id and au.stage = o.stage
    where d.delivery_id = p_delivery and m.item_kind in ('advisory', 'escalation') and d.state not in ('held', 'cancelled')
      and o.stage in ('ministry', 'secretariat', 'member') and not au.held;
  end $$;

-- Notes what became of a reply; whether it is the first of its kind. What may be no receipt becomes none, whoever asks.
create function reply_enter(p_delivery uuid, p_outcome text, p_now timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    insert into public.mail_replies (delivery_id, outcome, advisory_id, organisation_id, ceptoar_id, stage, arrived_at)
      select p_delivery, p_outcome, f.advisory_id, f.organisation_id, f.ceptoar_id, f.stage, p_now
      from public.reply_facts(p_delivery) f
      where p_outcome <> 'received' or not (f.confidential or f.superseded or f.withdrawn)
      on conflict do nothing;
    return found;
  end $$;
revoke execute on function reply_facts(uuid), reply_enter(uuid, text, timestamptz) from public;
grant execute on function reply_facts(uuid), reply_enter(uuid, text, timestamptz) to portal_worker;

-- A receipt makes statistics count again.
create trigger totals_stale_added after insert on mail_replies
  referencing new table as changed for each statement execute function totals_stale();

-- What counts as received, as in 20261203000200_receipts.sql, and a reply: for the hop and the CEPTOAR of the copy that it answers.
-- It weighs as much as a telephone call: less than the button.
create or replace view advisory_receipts with (security_invoker = true) as
  select k.advisory_id, k.organisation_id, null::text as ceptoar_id, null::text as stage,
         k.acknowledged_at as received_at, k.acknowledged_at as known_at, 'portal' as channel, 0::smallint as strength
  from advisory_acknowledgements k
  union all
  select d.advisory_id, d.organisation_id, d.ceptoar_id, 'member', d.happened_at, d.entered_at, d.channel,
         case when d.with_code then 1 else 2 end::smallint
  from desk_receipts d where d.withdrawn_at is null
  union all
  select m.advisory_id, m.organisation_id, m.ceptoar_id, m.stage, m.arrived_at, m.arrived_at, 'reply', 2::smallint
  from mail_replies m where m.outcome = 'received';

-- As in 20261212000100_mails_that_came_back.sql. What a relay took of a later mail takes the trouble away where a relay had
-- refused the earlier one. A mail that was taken and came back later says that relays take anything: there, somebody of the
-- organisation has to have answered the later one.
create or replace function troubled_windows(p_ceptoar text default null)
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
             l.address is not null
               and exists (select from public.contact_channels c
                           where c.contact_id = m.contact_id and c.kind = 'mail' and c.value = l.address and c.valid @> today)
               and not exists (select from public.window_proofs x
                               where x.contact_id = m.contact_id and x.kind = 'mail' and x.value = l.address
                                 and x.proven_at >= l.settled_at)
               -- By the index on organisations (a letter's is its window), and only where something came back at all.
               and not exists (select from public.deliveries d join public.delivery_addresses a using (delivery_id)
                               where d.organisation_id in (m.organisation_id, m.contact_id) and d.contact_id = m.contact_id
                                 and d.state = 'sent' and d.settled_at > l.settled_at and a.address = l.address
                                 and (not l.bounced or exists (
                                   select from public.advisory_acknowledgements k
                                   where k.advisory_id = d.item_id and k.organisation_id = m.organisation_id
                                   union all
                                   select from public.mail_replies r where r.delivery_id = d.delivery_id and r.outcome = 'received')))
               as came_back,
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
        select a.address, d.settled_at, coalesce(d.reply like '%bounced', false) as bounced
        from public.deliveries d join public.delivery_addresses a using (delivery_id)
        where d.contact_id = m.contact_id and d.state in ('refused', 'expired')
        order by d.settled_at desc limit 1) l on true
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
