-- Groups in a CEPTOAR as the desk's own (docs/decisions/0032-groups-in-a-ceptoar.md): subgroups of the business-type tree
-- get days and a memory, and beside the tree stand cross-cutting groups, in several of which a firm may be.

alter table subgroups
  add column kind text not null default 'subgroup' constraint subgroups_kind check (kind in ('subgroup', 'cross_cutting')),
  -- Whose words they are. The files own what they brought; a desk neither changes nor ends that, and a reload of the
  -- files leaves alone what a desk made.
  add column kept_by text not null default 'reference' constraint subgroups_kept_by check (kept_by in ('reference', 'desk')),
  add column valid daterange not null default '(,)',
  add column fact_id uuid not null default gen_random_uuid() constraint subgroups_fact unique,
  add column recorded_at timestamptz not null default viewer_now(),
  -- The files know subgroups alone: a cross-cutting group has its members from a desk.
  add constraint subgroups_of_files check (kept_by = 'desk' or kind = 'subgroup'),
  add constraint subgroups_words check (kept_by = 'reference' or (
    char_length(code) between 1 and 20 and char_length(scope) between 1 and 200 and char_length(scope_en) <= 200)),
  -- What others refer to, so that a reference cannot mean another CEPTOAR's group, or one of the other kind.
  add constraint subgroups_of_ceptoar unique (subgroup_id, ceptoar_id),
  add constraint subgroups_of_kind unique (subgroup_id, ceptoar_id, kind),
  -- A name may come back after its group has ended; on one day there is one group of that name.
  drop constraint subgroups_ceptoar_id_code_key,
  add constraint subgroups_code_one_at_a_time exclude using gist (ceptoar_id with =, lower(code) with =, valid with &&);
-- Whoever writes from now on is a desk, unless it says that it is the files.
alter table subgroups alter column kept_by set default 'desk';
comment on table subgroups is 'groups of a CEPTOAR: the business-type tree, and cross-cutting groups beside it';

-- Who is in a cross-cutting group. That it is one is kept by the reference itself.
create table group_members (
  fact_id uuid primary key default gen_random_uuid(),
  subgroup_id text not null,
  ceptoar_id text not null references ceptoars,
  kind text not null default 'cross_cutting' constraint group_members_kind check (kind = 'cross_cutting'),
  organisation_id uuid not null references organisations,
  valid daterange not null,
  recorded_at timestamptz not null default viewer_now(),
  constraint group_members_group foreign key (subgroup_id, ceptoar_id, kind) references subgroups (subgroup_id, ceptoar_id, kind),
  constraint group_members_no_overlap exclude using gist
    (subgroup_id with =, (organisation_id::text) with =, valid with &&)
);
create index group_members_ceptoar on group_members (ceptoar_id);
create index group_members_organisation on group_members (organisation_id);
comment on table group_members is 'which members of a CEPTOAR are in a cross-cutting group, from when to when';

-- What was said before of a group is nobody's but the CEPTOAR's.
alter table directory_versions alter column organisation_id drop not null,
  add constraint directory_versions_whose check (organisation_id is not null or relation = 'subgroups');
create trigger keep_version before update or delete on subgroups for each row execute function keep_version();
create trigger keep_version before update or delete on group_members for each row execute function keep_version();

alter table directory_changes drop constraint directory_changes_subject_check,
  add constraint directory_changes_subject_check check (
    subject in ('membership', 'name', 'window', 'partnership', 'group', 'group_member')),
  alter column organisation_id drop not null,
  add column subgroup_id text,
  add constraint directory_changes_group foreign key (subgroup_id, ceptoar_id) references subgroups (subgroup_id, ceptoar_id),
  add constraint directory_changes_whose check (
    (organisation_id is null) = (subject = 'group')
    and (subgroup_id is not null) = (subject in ('group', 'group_member')));

-- Who names a subgroup in a membership names one of the tree, for days on which it is there.
create function membership_in_subgroup() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not isempty(new.valid) and not exists (
         select from public.subgroups s
         where s.subgroup_id = new.subgroup_id and s.ceptoar_id = new.ceptoar_id and s.kind = 'subgroup'
           and s.valid @> new.valid) then
      raise exception 'no such subgroup of the CEPTOAR on all of these days' using errcode = 'check_violation',
        constraint = 'memberships_in_subgroup';
    end if;
    return new;
  end $$;
create trigger memberships_in_subgroup before insert or update of subgroup_id, ceptoar_id, valid on memberships
  for each row when (new.subgroup_id is not null) execute function membership_in_subgroup();

-- Only members of the CEPTOAR are in its groups, and only while they are members and the group is there.
create function group_member_fits() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not isempty(new.valid) and not (
         exists (select from public.subgroups s where s.subgroup_id = new.subgroup_id and s.valid @> new.valid)
         and exists (select from public.memberships m
                     where m.ceptoar_id = new.ceptoar_id and m.organisation_id = new.organisation_id
                     having range_agg(m.valid) @> new.valid)) then
      raise exception 'no member of the CEPTOAR, or no such group, on all of these days' using errcode = 'check_violation',
        constraint = 'group_members_fit';
    end if;
    return new;
  end $$;
create trigger group_members_fit before insert or update on group_members
  for each row execute function group_member_fits();

-- A group does not end, or begin later, under those who are in it.
create function subgroup_holds_members() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if exists (select from public.memberships m where m.subgroup_id = new.subgroup_id
               and not isempty(m.valid) and not new.valid @> m.valid)
       or exists (select from public.group_members g where g.subgroup_id = new.subgroup_id
                  and not isempty(g.valid) and not new.valid @> g.valid) then
      raise exception 'somebody is in the group on a day on which it would not be there' using errcode = 'check_violation',
        constraint = 'subgroups_hold_members';
    end if;
    return new;
  end $$;
create trigger subgroups_hold_members before update of valid on subgroups
  for each row execute function subgroup_holds_members();

-- What the files say is published. What a desk made is for those who are concerned with the CEPTOAR.
alter policy signed_in on subgroups using (
  (select viewer_account()) is not null and (
    kept_by = 'reference'
    or (select viewer_at_centre())
    or ceptoar_id = any ((select viewer_ceptoars())::text[])
    or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])
    or ceptoar_id = any ((select viewer_joined_ceptoars())::text[])));
create policy desk_adds on subgroups for insert to portal_app with check (
  kept_by = 'desk' and directory_keeps_ceptoar(ceptoar_id));
create policy desk_changes on subgroups for update to portal_app
  using (kept_by = 'desk' and directory_keeps_ceptoar(ceptoar_id))
  with check (kept_by = 'desk' and directory_keeps_ceptoar(ceptoar_id));
grant insert (subgroup_id, ceptoar_id, kind, code, scope, scope_en, valid), update (code, scope, scope_en, valid)
  on subgroups to portal_app;

-- As on the roster: of those who are in a group, a member sees itself alone, and a ministry nobody.
call protect('group_members');
create policy own_or_desk on group_members for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or organisation_id = any ((select viewer_organisations())::uuid[])
  or organisation_id = any ((select viewer_kept_firms())::uuid[]));
create policy desk_adds on group_members for insert to portal_app with check (directory_keeps_ceptoar(ceptoar_id));
create policy desk_changes on group_members for update to portal_app
  using (directory_keeps_ceptoar(ceptoar_id)) with check (directory_keeps_ceptoar(ceptoar_id));
grant select, insert (subgroup_id, ceptoar_id, organisation_id, valid), update (valid) on group_members to portal_app;

-- How many are in each cross-cutting group of a CEPTOAR on a day: for a ministry too, which does not see who.
create function group_sizes(p_ceptoar text, p_day date) returns table (subgroup_id text, members bigint)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select g.subgroup_id, count(*) from public.group_members g
    where g.ceptoar_id = p_ceptoar and g.valid @> p_day
      and ((select public.viewer_at_centre())
           or p_ceptoar = any ((select public.viewer_ceptoars())::text[])
           or p_ceptoar = any ((select public.viewer_ministry_ceptoars())::text[]))
    group by g.subgroup_id $$;
revoke execute on function group_sizes(text, date) from public;
grant execute on function group_sizes(text, date) to portal_app;
