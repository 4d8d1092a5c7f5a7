-- An item is approved for a time and waits for it, and whoever works on it can stop it (docs/decisions/0055-timed-release.md).

alter table advisories
  drop constraint advisories_state_check,
  add constraint advisories_state_check check (state in ('draft', 'review', 'approved', 'published')),
  drop constraint advisories_published_whole,
  add constraint advisories_published_whole check (
    (state in ('approved', 'published')) = (approved_by is not null and approved_hash is not null)
    and (state = 'published') = (published_at is not null));

-- What an approver said about the time, and what became of it. Rows are added, and ended once.
create table advisory_releases (
  release_id uuid primary key,
  advisory_id uuid not null references advisories on delete cascade,
  approved_by uuid not null references accounts (account_id),
  approved_at timestamptz not null,
  release_at timestamptz not null,
  recipients integer not null,
  audience text not null,
  priority smallint not null,
  keep_for interval not null,
  ended_at timestamptz,
  ended_by uuid references accounts (account_id),
  outcome text check (outcome in ('released', 'stopped', 'lapsed', 'late')),
  queued integer,
  changed boolean not null default false,
  constraint advisory_releases_ahead check (release_at > approved_at and recipients > 0
    and release_at <= approved_at + interval '32 days' and keep_for > interval '0'),
  constraint advisory_releases_ended check ((ended_at is null) = (outcome is null)
    and (outcome is not distinct from 'stopped') = (ended_by is not null)
    and (outcome is not distinct from 'released') = (queued is not null))
);
create unique index advisory_releases_waiting on advisory_releases (advisory_id) where ended_at is null;
create index advisory_releases_due on advisory_releases (release_at) where ended_at is null;
create index advisory_releases_of on advisory_releases (advisory_id);
comment on table advisory_releases is 'approvals for a time: recipients and audience as the approver saw them for that time, queued and changed as it came out; lapsed: the approver is none any more; late: nobody published it in its time';

-- An approval is written down where it stands, also for whoever looks from an older moment: the item's row is taken first.
create function advisory_releases_of_approved() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not public.said_by_owner() then
    perform from public.advisories a
      where a.advisory_id = new.advisory_id and a.state = 'approved' and a.approved_by = public.viewer_account() for update;
    if not found then
      raise exception 'not approved by this viewer' using errcode = 'insufficient_privilege';
    end if;
  end if;
  return new;
end $$;
revoke execute on function advisory_releases_of_approved() from public;
create trigger advisory_releases_of_approved before insert on advisory_releases
  for each row execute function advisory_releases_of_approved();

-- The same for what a draft says: with the item's row taken, nothing is written into what was submitted meanwhile. A wait may
-- last for weeks; what was approved is what leaves.
create function advisory_drafts_alone() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  item uuid := case tg_op when 'DELETE' then old.advisory_id else new.advisory_id end;
begin
  if not public.said_by_owner() then
    perform from public.advisories a
      where a.advisory_id = item and a.state = 'draft' and a.created_by = public.viewer_account() for update;
    -- Everything goes with the draft that is thrown away.
    if not found and not (tg_op = 'DELETE' and not exists (select from public.advisories a where a.advisory_id = item)) then
      raise exception 'this belongs to a draft of one''s own' using errcode = 'insufficient_privilege';
    end if;
  end if;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $$;
revoke execute on function advisory_drafts_alone() from public;
create trigger advisory_drafts_alone before insert or update or delete on advisory_texts
  for each row execute function advisory_drafts_alone();
create trigger advisory_drafts_alone before insert or update or delete on advisory_addressees
  for each row execute function advisory_drafts_alone();
create trigger advisory_drafts_alone before insert or update or delete on advisory_steps
  for each row execute function advisory_drafts_alone();

-- Seen by those who may read the draft and, later, by the centre as far as it reads the item.
call protect('advisory_releases');
create policy of_draft on advisory_releases for select to portal_app using (
  advisory_id = any ((select viewer_drafts())::uuid[])
  or (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]));
create policy approve on advisory_releases for insert to portal_app with check (
  (select viewer_has_role('nisc_approver')) and approved_by = (select viewer_account())
  and approved_at = (select viewer_now()) and ended_at is null
  and exists (select from advisories a where a.advisory_id = advisory_releases.advisory_id and a.state = 'approved'
              and a.approved_by = (select viewer_account())));
grant select, insert (release_id, advisory_id, approved_by, approved_at, release_at, recipients, audience, priority, keep_for)
  on advisory_releases to portal_app;

-- With the names, which whoever works on an item may know though accounts are others' to see.
create function releases_of(p_advisory uuid)
  returns table (approved_by text, approved_at timestamptz, release_at timestamptz, recipients integer, ended_at timestamptz,
                 outcome text, ended_by text, queued integer, changed boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
  #variable_conflict use_column
begin
  if (p_advisory = any (public.viewer_drafts())
      or public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from())) is not true then
    return;
  end if;
  return query
  select coalesce(a.display_name, ''), r.approved_at, r.release_at, r.recipients, r.ended_at, r.outcome, e.display_name,
         r.queued, r.changed
  from public.advisory_releases r
  left join public.accounts a on a.account_id = r.approved_by left join public.accounts e on e.account_id = r.ended_by
  where r.advisory_id = p_advisory order by r.approved_at desc;
end $$;
revoke execute on function releases_of(uuid) from public;
grant execute on function releases_of(uuid) to portal_app;

create or replace function advisories_take_steps() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  viewer uuid := public.viewer_account();
  same boolean := (new.level, new.handler_scope, new.drill, new.edits, new.last_edited_by, new.answer_due, new.measures_due, new.valid_until)
    is not distinct from
    (old.level, old.handler_scope, old.drill, old.edits, old.last_edited_by, old.answer_due, old.measures_due, old.valid_until);
  allowed boolean := case old.state || '>' || new.state
    when 'draft>draft' then old.created_by = viewer and new.last_edited_by = viewer
      and new.submitted_by is null and new.approved_by is null
    when 'draft>review' then same and old.created_by = viewer and new.submitted_by = viewer and new.approved_by is null
    when 'review>draft' then same and new.submitted_by is null and new.approved_by is null
    when 'review>approved' then same and new.approved_by = viewer and new.published_at is null
      and (new.submitted_by, new.submitted_at) is not distinct from (old.submitted_by, old.submitted_at)
    when 'review>published' then same and new.approved_by = viewer
      and (new.submitted_by, new.submitted_at) is not distinct from (old.submitted_by, old.submitted_at)
    else false end;
begin
  -- Requests come as portal_app; the owner may arrange things for tests and benchmarks. What is approved leaves that state
  -- through the functions below alone, which end its release with it.
  if current_user = 'portal_app' and allowed is not true then
    raise exception 'not a step of an advisory' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

alter policy work on advisories with check (case state
  when 'draft' then (select viewer_has_role('nisc_analyst', 'nisc_approver'))
  when 'review' then (select viewer_has_role('nisc_analyst', 'nisc_approver'))
  when 'approved' then (select viewer_has_role('nisc_approver')) and approved_by = (select viewer_account())
  when 'published' then (select viewer_has_role('nisc_approver')) and approved_by = (select viewer_account())
  else false end);

-- The letters are made at the approval, so that what leaves is what was approved.
alter policy enqueue on mails with check (
  item_kind = 'advisory' and (select viewer_has_role('nisc_approver'))
  and exists (select from advisories a where a.advisory_id = mails.item_id and a.state in ('approved', 'published')
              and a.approved_by = (select viewer_account())));

-- Ends a wait: the item is back where it waited for an approver, without the letters that nobody got.
create function end_release(p_advisory uuid, p_outcome text, p_by uuid, p_at timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- The release first, as whoever publishes does: of a stop and a release in one moment the first counts.
  update public.advisory_releases r set ended_at = p_at, ended_by = p_by, outcome = p_outcome
    where r.advisory_id = p_advisory and r.ended_at is null;
  update public.advisories a set state = 'review', approved_by = null, approved_hash = null
    where a.advisory_id = p_advisory and a.state = 'approved';
  if not found then
    return false;
  end if;
  delete from public.mails m where m.item_kind = 'advisory' and m.item_id = p_advisory;
  return true;
end $$;
revoke execute on function end_release(uuid, text, uuid, timestamptz) from public;

-- Stops it: an approver, or whoever works on it.
create function stop_release(p_advisory uuid) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (p_advisory = any (public.viewer_drafts())) is not true then
    return false;
  end if;
  return public.end_release(p_advisory, 'stopped', public.viewer_account(), public.viewer_now());
end $$;
revoke execute on function stop_release(uuid) from public;
grant execute on function stop_release(uuid) to portal_app;

-- Publishes what is due, in the name of who approved it, to whom the rules say in that moment. `outcome` is released,
-- lapsed, or late: what nobody published for as long as its mails are tried, or what would be over already, goes back to an
-- approver (the machines stood still, or came back from a back-up). With a problem nothing has happened, and the next look tries again.
create function release_due(p_now timestamptz)
  returns table (advisory_id uuid, approved_by uuid, outcome text, queued integer, changed boolean, problem text)
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
  #variable_conflict use_column
declare
  due record;
begin
  -- Whoever holds one item keeps the others back for a moment only.
  perform set_config('lock_timeout', '2s', true);
  for due in
    select r.* from public.advisory_releases r
    where r.ended_at is null and r.release_at <= p_now order by r.release_at, r.priority for update skip locked
  loop
    advisory_id := due.advisory_id; approved_by := due.approved_by;
    outcome := null; queued := null; changed := false; problem := null;
    perform set_config('portal.account', due.approved_by::text, true),
            set_config('portal.today', (p_now at time zone 'Asia/Tokyo')::date::text, true),
            set_config('portal.now', p_now::text, true);
    -- What is wrong with one keeps no other one back.
    begin
      if not public.viewer_has_role('nisc_approver')
         or exists (select from public.accounts c where c.account_id = due.approved_by and c.suspended_at is not null) then
        perform public.end_release(due.advisory_id, 'lapsed', null, p_now);
        outcome := 'lapsed';
      elsif p_now > due.release_at + due.keep_for or exists (
              select from public.advisories a
              where a.advisory_id = due.advisory_id
                and (least(a.answer_due, a.measures_due) <= p_now or a.valid_until < (p_now at time zone 'Asia/Tokyo')::date)) then
        perform public.end_release(due.advisory_id, 'late', null, p_now);
        outcome := 'late';
      else
        update public.advisories a set state = 'published', published_at = p_now
          where a.advisory_id = due.advisory_id and a.state = 'approved';
        begin
          queued := public.sharing_freeze(due.advisory_id, p_now, due.priority, p_now + due.keep_for, due.audience);
          if queued = -1 then
            raise exception 'others than the approver saw' using errcode = 'PT001';
          end if;
        exception when sqlstate 'PT001' then
          changed := true;
          queued := public.sharing_freeze(due.advisory_id, p_now, due.priority, p_now + due.keep_for, null);
        end;
        if queued < 1 then
          raise exception 'nobody would get it' using errcode = 'PT002';
        end if;
        outcome := 'released';
        update public.advisory_releases r set ended_at = p_now, outcome = 'released', queued = release_due.queued,
               changed = release_due.changed
          where r.release_id = due.release_id;
      end if;
    exception when others then
      outcome := null; problem := sqlstate;
    end;
    return next;
  end loop;
  perform set_config('portal.account', '', true), set_config('portal.today', '', true), set_config('portal.now', '', true),
          set_config('lock_timeout', '0', true);
end $$;
revoke execute on function release_due(timestamptz) from public;
grant execute on function release_due(timestamptz) to portal_worker;
