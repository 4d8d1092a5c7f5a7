-- フォローアップ: once a year the feature map is gone through with every CEPTOAR and published as a new edition.

create table follow_ups (
  follow_up_id uuid primary key default gen_random_uuid(),
  fiscal_year smallint not null unique,        -- of the map: 2026 ends on 2027-03-31
  as_of date not null unique,
  base_edition text not null references editions (edition_id),
  due_on date not null,
  plan_ja text not null, plan_en text not null,
  opened_by uuid not null references accounts,
  opened_at timestamptz not null,
  published_by uuid references accounts,
  published_at timestamptz,
  edition_id text references editions (edition_id),
  constraint follow_ups_after_base check (as_of::text > base_edition),
  constraint follow_ups_published check ((published_by is null) = (published_at is null) and (published_by is null) = (edition_id is null))
);
-- Two at once would start from the same edition and contradict each other.
create unique index follow_ups_one_open on follow_ups ((true)) where published_at is null;
comment on table follow_ups is 'a yearly follow-up of the map, from its opening to the edition that came of it';

create table follow_up_sheets (
  follow_up_id uuid not null references follow_ups,
  ceptoar_id text not null references ceptoars,
  position smallint not null,                  -- in the government's order on the day of the opening
  state text not null default 'preparing'
        check (state in ('preparing', 'submitted', 'returned', 'ministry_checked', 'confirmed')),
  version integer not null default 1,          -- who saves over another's version is told so
  content jsonb not null,                      -- the CEPTOAR as the edition will have it
  prefill jsonb not null,                      -- the same as it was on the day of the opening
  older jsonb not null default '{}',           -- cell → edition, where the last edition did not have it but an older one did
  effective jsonb not null default '{}',       -- from which day a name, a desk, numbers hold
  changes jsonb not null default '[]',         -- what differs from the last edition, cell by cell
  remark text not null default '' constraint follow_up_sheets_remark check (char_length(remark) <= 1000),
  edited_by uuid references accounts,
  edited_at timestamptz not null,
  primary key (follow_up_id, ceptoar_id)
);
comment on table follow_up_sheets is 'one CEPTOAR in a follow-up: its cells of the map and how far they are checked';

create table follow_up_events (
  event_id bigint generated always as identity primary key,
  follow_up_id uuid not null,
  ceptoar_id text not null,
  step text not null check (step in ('send', 'check_as_ministry', 'return_as_ministry', 'confirm', 'confirm_unchecked', 'return_as_centre')),
  comment text not null default '' constraint follow_up_events_comment check (char_length(comment) <= 1000),
  account_id uuid not null references accounts,
  organisation_id uuid not null references organisations,
  at timestamptz not null,
  foreign key (follow_up_id, ceptoar_id) references follow_up_sheets
);
create index follow_up_events_sheet on follow_up_events (follow_up_id, ceptoar_id, event_id);
comment on table follow_up_events is 'the steps of a sheet with what was said; never changed';

create table follow_up_reminders (
  follow_up_id uuid not null,
  ceptoar_id text not null,
  occasion text not null check (occasion in ('opened', 'before_5', 'before_1', 'after_3', 'by_hand')),
  on_day date not null,                        -- of the occasion; by hand: the day it was pressed
  letters integer not null,
  sent_at timestamptz not null,
  primary key (follow_up_id, ceptoar_id, occasion, on_day),  -- each reminder once
  foreign key (follow_up_id, ceptoar_id) references follow_up_sheets
);
comment on table follow_up_reminders is 'which letters a desk got about its sheet';

-- 正誤表: what was wrong in a published edition. As public as the edition, which itself stays as it is.
create table errata (
  erratum_id uuid primary key,
  edition_id text not null references editions,
  ceptoar_id text references ceptoars,         -- null: the edition as a whole
  dated_on date not null,
  place_ja text not null, place_en text not null,
  wrong_ja text not null, wrong_en text not null,
  right_ja text not null, right_en text not null,
  recorded_by uuid not null references accounts,
  recorded_at timestamptz not null,
  constraint errata_short check (greatest(char_length(place_ja), char_length(place_en)) <= 200
    and greatest(char_length(wrong_ja), char_length(wrong_en), char_length(right_ja), char_length(right_en)) <= 500)
);
create index errata_edition on errata (edition_id, dated_on);
comment on table errata is 'corrections beside a published edition; never changed themselves';
grant select (erratum_id, edition_id, ceptoar_id, dated_on, place_ja, place_en, wrong_ja, wrong_en, right_ja, right_en) on errata to portal_app;
create function errata_are_kept() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'an erratum is never changed: record another one' using errcode = 'restrict_violation';
end $$;
create trigger errata_kept before update or delete on errata for each row execute function errata_are_kept();

create function record_erratum(p_id uuid, p_edition text, p_ceptoar text, p_dated_on date, p_place text[], p_wrong text[],
                               p_right text[]) returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_has_role('nisc_approver') then
      raise exception 'errata are the approvers'' to record' using errcode = 'insufficient_privilege';
    end if;
    insert into public.errata (erratum_id, edition_id, ceptoar_id, dated_on, place_ja, place_en, wrong_ja, wrong_en,
                               right_ja, right_en, recorded_by, recorded_at)
      values (p_id, p_edition, p_ceptoar, p_dated_on, p_place[1], p_place[2], p_wrong[1], p_wrong[2], p_right[1], p_right[2],
              public.viewer_account(), public.viewer_now());
  end $$;

-- The CEPTOARs of the sectors that the viewer's ministry is responsible for today.
create function viewer_ministry_ceptoars() returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct c.ceptoar_id), '{}') from public.affiliations f
            join public.sector_ministries m on m.organisation_id = f.organisation_id and m.valid @> public.viewer_today()
            join public.ceptoars c on c.sector_id = m.sector_id
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.role = 'ministry_liaison');
  end $$;

create function follow_up_is_open(p_follow_up uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.follow_ups f where f.follow_up_id = p_follow_up and f.published_at is null);
  end $$;

call protect('follow_ups');
create policy those_concerned on follow_ups for select to portal_app using (
  (select viewer_has_role('nisc_analyst', 'nisc_approver', 'ministry_liaison', 'secretariat', 'coordinator')));
create policy centre_opens on follow_ups for insert to portal_app with check (
  (select viewer_at_centre()) and opened_by = (select viewer_account()) and opened_at = (select viewer_now())
  and published_at is null);
grant select, insert (follow_up_id, fiscal_year, as_of, base_edition, due_on, plan_ja, plan_en, opened_by, opened_at)
  on follow_ups to portal_app;

call protect('follow_up_sheets');
create policy those_concerned on follow_up_sheets for select to portal_app using (
  (select viewer_at_centre()) or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[]));
create policy centre_opens on follow_up_sheets for insert to portal_app with check (
  (select viewer_at_centre()) and state = 'preparing' and version = 1 and follow_up_is_open(follow_up_id));
create policy desk_keeps on follow_up_sheets for update to portal_app
  using (state in ('preparing', 'returned') and directory_keeps_ceptoar(ceptoar_id) and follow_up_is_open(follow_up_id))
  with check (state in ('preparing', 'submitted') and directory_keeps_ceptoar(ceptoar_id));
create policy ministry_checks on follow_up_sheets for update to portal_app
  using (state = 'submitted' and ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])
         and follow_up_is_open(follow_up_id))
  with check (state in ('ministry_checked', 'returned') and ceptoar_id = any ((select viewer_ministry_ceptoars())::text[]));
create policy centre_checks on follow_up_sheets for update to portal_app
  using (state in ('submitted', 'ministry_checked', 'confirmed') and (select viewer_at_centre())
         and follow_up_is_open(follow_up_id))
  with check (state in ('confirmed', 'returned') and (select viewer_at_centre()));
grant select, insert (follow_up_id, ceptoar_id, position, content, prefill, older, changes, edited_at),
      update (state, version, content, effective, changes, remark, edited_by, edited_at) on follow_up_sheets to portal_app;

-- The steps of a sheet (src/features/follow_up/state.rs says the same in code). What is typed changes only while the
-- desk has the sheet, and a sheet without requirement 1 is not sent.
create function follow_up_sheets_take_steps() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- Asked again here: whoever waited for the publication to end saw the follow-up open when they began.
  if not public.follow_up_is_open(new.follow_up_id) then
    raise exception 'the edition of this follow-up is published' using errcode = 'restrict_violation';
  end if;
  if new.version <> old.version + 1 then
    raise exception 'another version of the sheet was saved meanwhile' using errcode = 'serialization_failure';
  end if;
  if (old.state, new.state) not in (('preparing', 'preparing'), ('returned', 'preparing'), ('preparing', 'submitted'),
       ('returned', 'submitted'), ('submitted', 'ministry_checked'), ('submitted', 'returned'), ('submitted', 'confirmed'),
       ('ministry_checked', 'confirmed'), ('ministry_checked', 'returned'), ('confirmed', 'returned')) then
    raise exception 'a sheet does not go from % to %', old.state, new.state using errcode = 'check_violation';
  end if;
  if new.state <> 'preparing' and (new.content, new.effective, new.changes, new.remark)
       is distinct from (old.content, old.effective, old.changes, old.remark) then
    raise exception 'a sheet is changed by its desk, before it is sent' using errcode = 'restrict_violation';
  end if;
  if new.state = 'submitted' and new.content ->> 'rule_established' is null
     and new.content ->> 'status' = 'established' then
    raise exception 'requirement 1: no date of the handling rules' using errcode = 'check_violation';
  end if;
  if new.content ->> 'id' is distinct from new.ceptoar_id then
    raise exception 'a sheet is about its own CEPTOAR' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger follow_up_sheets_steps before update on follow_up_sheets
  for each row execute function follow_up_sheets_take_steps();

call protect('follow_up_events');
create policy with_sheet on follow_up_events for select to portal_app using (
  exists (select from follow_up_sheets s where s.follow_up_id = follow_up_events.follow_up_id
          and s.ceptoar_id = follow_up_events.ceptoar_id));
create policy own_step on follow_up_events for insert to portal_app with check (
  account_id = (select viewer_account()) and at = (select viewer_now())
  and organisation_id in (select f.organisation_id from affiliations f where f.account_id = (select viewer_account()))
  and case when step = 'send' then directory_keeps_ceptoar(ceptoar_id)
           when step in ('check_as_ministry', 'return_as_ministry') then
             ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])
           else (select viewer_at_centre()) end);
grant select, insert on follow_up_events to portal_app;

call protect('follow_up_reminders');
create policy with_sheet on follow_up_reminders for select to portal_app using (
  exists (select from follow_up_sheets s where s.follow_up_id = follow_up_reminders.follow_up_id
          and s.ceptoar_id = follow_up_reminders.ceptoar_id));
grant select on follow_up_reminders to portal_app;

-- Who keeps a desk: their names for the centre, which has to reach late ones. Addresses and numbers stay inside.
create function follow_up_desks(p_follow_up uuid) returns table (ceptoar_id text, display_name text, has_mail boolean)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_at_centre() then
      return;
    end if;
    return query
    select s.ceptoar_id, a.display_name, a.mail_address is not null
    from public.follow_up_sheets s
    join public.affiliations f on f.ceptoar_id = s.ceptoar_id and f.role = 'secretariat' and f.valid @> public.viewer_today()
    join public.accounts a on a.account_id = f.account_id and a.suspended_at is null
    where s.follow_up_id = p_follow_up
    order by s.position, a.display_name;
  end $$;

-- One letter to each person of a desk, in their language; answers how many. Callers below say who may.
create function follow_up_write(p_ceptoar text, p_subjects text[], p_bodies text[], p_hashes bytea[], p_day date,
                                p_now timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    person record;
    sent integer := 0;
    which integer;
  begin
    for person in
      select distinct a.account_id, a.mail_address, a.display_name, a.language
      from public.affiliations f join public.accounts a using (account_id)
      where f.ceptoar_id = p_ceptoar and f.role = 'secretariat' and f.valid @> p_day
        and a.mail_address is not null and a.suspended_at is null
    loop
      which := case person.language when 'en' then 2 else 1 end;
      perform public.enqueue_account_letter(person.account_id, person.mail_address, person.display_name, person.language,
                                            p_subjects[which], p_bodies[which], p_hashes[which], p_now);
      sent := sent + 1;
    end loop;
    return sent;
  end $$;

-- A letter of the centre about the opening or by hand (once a day); or about a sheet that was just sent back, of
-- whoever sent it back. Null: it was sent already.
create function follow_up_tell(p_follow_up uuid, p_ceptoar text, p_occasion text, p_subjects text[], p_bodies text[],
                               p_hashes bytea[]) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    sent integer;
    today date := public.viewer_today();
  begin
    if not (public.viewer_at_centre()
            or p_occasion = 'returned' and p_ceptoar = any (public.viewer_ministry_ceptoars())) then
      raise exception 'letters about sheets are the centre''s' using errcode = 'insufficient_privilege';
    end if;
    if p_occasion not in ('opened', 'by_hand', 'returned') then
      raise exception 'reminders of other kinds come by themselves' using errcode = 'check_violation';
    end if;
    if not exists (select from public.follow_up_sheets s join public.follow_ups f using (follow_up_id)
                   where s.follow_up_id = p_follow_up and s.ceptoar_id = p_ceptoar and f.published_at is null
                     and s.state in ('preparing', 'returned')) then
      raise exception 'there is nothing to tell about this sheet' using errcode = 'check_violation';
    end if;
    if p_occasion = 'returned' then
      return public.follow_up_write(p_ceptoar, p_subjects, p_bodies, p_hashes, today, public.viewer_now());
    end if;
    insert into public.follow_up_reminders values (p_follow_up, p_ceptoar, p_occasion, today, 0, public.viewer_now())
      on conflict do nothing;
    if not found then
      return null;
    end if;
    sent := public.follow_up_write(p_ceptoar, p_subjects, p_bodies, p_hashes, today, public.viewer_now());
    update public.follow_up_reminders r set letters = sent
      where r.follow_up_id = p_follow_up and r.ceptoar_id = p_ceptoar and r.occasion = p_occasion and r.on_day = today;
    return sent;
  end $$;

-- What the worker needs to remind late desks: codes, names of CEPTOARs and days; no texts of sheets, no addresses.
create function follow_up_late(p_day date)
  returns table (follow_up_id uuid, fiscal_year smallint, ceptoar_id text, ja text, en text, due_on date, reminded text[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select s.follow_up_id, f.fiscal_year, s.ceptoar_id, n.ja, n.en, f.due_on,
           array(select r.occasion from public.follow_up_reminders r
                 where r.follow_up_id = s.follow_up_id and r.ceptoar_id = s.ceptoar_id)
    from public.follow_up_sheets s join public.follow_ups f using (follow_up_id)
    join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = s.ceptoar_id
                  order by x.valid @> p_day desc, lower(x.valid) desc nulls last limit 1) n on true
    where f.published_at is null and s.state in ('preparing', 'returned')
    order by s.follow_up_id, s.position;
  end $$;

create function follow_up_remind(p_follow_up uuid, p_ceptoar text, p_occasion text, p_on_day date, p_subjects text[],
                                 p_bodies text[], p_hashes bytea[], p_day date, p_now timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    sent integer;
  begin
    if p_occasion not in ('before_5', 'before_1', 'after_3') then
      raise exception 'no such reminder' using errcode = 'check_violation';
    end if;
    insert into public.follow_up_reminders values (p_follow_up, p_ceptoar, p_occasion, p_on_day, 0, p_now)
      on conflict do nothing;
    if not found then
      return null;
    end if;
    sent := public.follow_up_write(p_ceptoar, p_subjects, p_bodies, p_hashes, p_day, p_now);
    update public.follow_up_reminders r set letters = sent
      where r.follow_up_id = p_follow_up and r.ceptoar_id = p_ceptoar and r.occasion = p_occasion and r.on_day = p_on_day;
    return sent;
  end $$;

-- Publishes the edition that came of a follow-up: by an approver, when every sheet is confirmed, and with nothing in it
-- that is not on a sheet.
create function follow_up_publish(p_follow_up uuid, p_document jsonb) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    f public.follow_ups;
    v_edition text;
  begin
    if not public.viewer_has_role('nisc_approver') then
      raise exception 'editions are published by approvers' using errcode = 'insufficient_privilege';
    end if;
    select * into f from public.follow_ups x where x.follow_up_id = p_follow_up for update;
    if not found then
      return false;
    end if;
    -- Nobody sends a sheet back while the edition is made of it.
    perform from public.follow_up_sheets s where s.follow_up_id = p_follow_up for share;
    if f.published_at is not null
       or exists (select from public.follow_up_sheets s where s.follow_up_id = p_follow_up and s.state <> 'confirmed') then
      return false;
    end if;
    v_edition := f.as_of::text;
    if p_document ->> 'id' is distinct from v_edition or p_document ->> 'as_of' is distinct from v_edition
       or (select jsonb_agg(s.content order by s.position, s.ceptoar_id) from public.follow_up_sheets s
           where s.follow_up_id = p_follow_up) is distinct from p_document -> 'ceptoars' then
      raise exception 'the edition says something else than the confirmed sheets' using errcode = 'check_violation';
    end if;
    insert into public.editions (edition_id, as_of, document, published_at)
      values (v_edition, f.as_of, p_document, public.viewer_now());
    update public.follow_ups x set published_by = public.viewer_account(), published_at = public.viewer_now(), edition_id = v_edition
      where x.follow_up_id = p_follow_up;
    return true;
  end $$;

grant execute on function viewer_ministry_ceptoars(), follow_up_is_open(uuid), follow_up_desks(uuid),
  record_erratum(uuid, text, text, date, text[], text[], text[]),
  follow_up_tell(uuid, text, text, text[], text[], bytea[]), follow_up_publish(uuid, jsonb) to portal_app;
grant execute on function follow_up_late(date),
  follow_up_remind(uuid, text, text, date, text[], text[], bytea[], date, timestamptz) to portal_worker;
