-- Demonstration only: what the local relay took. The mails are real SMTP; the mailbox is ours.
-- Bodies are kept once, as every recipient of an item gets the same text.
create table local_mail_bodies (
  body_hash bytea primary key,
  body bytea not null
);
create table local_mails (
  local_mail_id bigint generated always as identity primary key,
  received_at timestamptz not null,
  sender text not null,
  recipient text not null,
  headers bytea not null,
  body_hash bytea not null references local_mail_bodies
);
create index local_mails_recipient on local_mails (recipient, local_mail_id desc);
call protect('local_mail_bodies');
call protect('local_mails');
-- The mailbox page exists in demonstration mode alone; there it is for everybody signed in.
create policy receive on local_mail_bodies to portal_worker using (true) with check (true);
create policy receive on local_mails to portal_worker using (true) with check (true);
create policy look on local_mail_bodies for select to portal_app using ((select viewer_account()) is not null);
create policy look on local_mails for select to portal_app using ((select viewer_account()) is not null);
grant select, insert on local_mail_bodies, local_mails to portal_worker;
grant select on local_mail_bodies, local_mails to portal_app;
