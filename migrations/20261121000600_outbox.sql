-- The outbox is the queue: one rendered mail per item and language, one delivery row per recipient.
-- A delivery row is also what the delivery page shows, so its fate is written down once.
create table mails (
  mail_id uuid primary key,
  item_kind text not null check (item_kind in ('advisory')),
  item_id uuid not null,                       -- the advisory; the outbox does not look inside
  language text not null check (language in ('ja', 'en')),
  subject text not null,
  body text not null,                          -- exactly what is sent: the evidence, and safe from later deploys
  body_hash bytea not null,                    -- SHA-256 of body
  drill boolean not null default false,
  created_at timestamptz not null,
  constraint mails_one_per_language unique (item_id, language)
);

create table deliveries (
  delivery_id uuid primary key default gen_random_uuid(),
  mail_id uuid not null references mails,
  item_id uuid not null,
  organisation_id uuid not null,
  ceptoar_id text not null,
  contact_id uuid not null,
  stage text not null,                         -- which hop of the route this recipient stands on
  position smallint not null,                  -- the window's order in its organisation
  state text not null default 'queued'
    check (state in ('queued', 'sending', 'sent', 'refused', 'expired', 'cancelled')),
  priority smallint not null,                  -- lower first: early warnings before newsletters, drills last
  attempts smallint not null default 0,
  due_at timestamptz not null default now(),
  give_up_at timestamptz not null,
  lease_until timestamptz,
  lease_token uuid,
  settled_at timestamptz,
  reply text,                                  -- the relay's last answer: status codes and our own words, no address
  constraint deliveries_one_per_window unique (item_id, contact_id)
);
create index deliveries_queued on deliveries (priority, due_at) where state = 'queued';
create index deliveries_leased on deliveries (lease_until) where state = 'sending';
create index deliveries_item on deliveries (item_id, ceptoar_id);
create index deliveries_organisation on deliveries (organisation_id, item_id);

-- Kept apart: the centre may see that a window was reached, but not its address.
create table delivery_addresses (
  delivery_id uuid primary key references deliveries on delete cascade,
  organisation_id uuid not null,
  ceptoar_id text not null,
  address text not null,
  addressee text not null                      -- the name before the address in the To field
);

call protect('mails');
call protect('deliveries');
call protect('delivery_addresses');
create policy send on mails for select to portal_worker using (true);
create policy send on deliveries to portal_worker using (true) with check (true);
create policy send on delivery_addresses for select to portal_worker using (true);
grant select on mails, delivery_addresses to portal_worker;
grant select, update on deliveries to portal_worker;
-- Only the columns that tell a copy's fate; recipients are frozen.
revoke update on deliveries from portal_worker;
grant update (state, attempts, due_at, lease_until, lease_token, settled_at, reply) on deliveries to portal_worker;
