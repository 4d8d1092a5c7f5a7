-- 情報の取扱いルール, the first of the two requirements of a CEPTOAR: its editions, and which members agreed to which
-- (docs/decisions/0027-requirements-from-evidence.md).

create table handling_rules (
  rule_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  title text not null constraint handling_rules_title check (char_length(title) between 1 and 200),
  edition text not null constraint handling_rules_edition check (char_length(edition) between 1 and 50),
  adopted_on date not null,                    -- 制定・改定の日
  valid daterange not null,                    -- in force
  summary text not null default '' constraint handling_rules_summary check (char_length(summary) <= 2000),
  kept_at text not null default '' constraint handling_rules_kept_at check (char_length(kept_at) <= 300),
  recorded_by uuid not null references accounts,
  recorded_at timestamptz not null,
  constraint handling_rules_begins check (not isempty(valid) and not lower_inf(valid) and adopted_on <= lower(valid)),
  constraint handling_rules_one_at_a_time exclude using gist (ceptoar_id with =, valid with &&)
);
comment on table handling_rules is 'editions of the rule by which a CEPTOAR handles what it is given; kept_at says where the document is';

create table handling_rule_consents (
  rule_id uuid not null references handling_rules,
  organisation_id uuid not null references organisations,
  consented_on date not null,
  way text not null check (way in ('portal', 'paper')),
  recorded_by uuid not null references accounts,
  recorded_at timestamptz not null,
  primary key (rule_id, organisation_id)
);
create index handling_rule_consents_organisation on handling_rule_consents (organisation_id);
comment on table handling_rule_consents is 'a member agreed to an edition: in the portal itself, or on paper that the desk has';

-- The rule of a CEPTOAR is for its desk, its members and the centre.
call protect('handling_rules');
create policy of_ceptoar on handling_rules for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_ceptoars())::text[])
  or exists (select from memberships m
             where m.ceptoar_id = handling_rules.ceptoar_id and m.valid @> (select viewer_today())
               and (m.organisation_id = any ((select viewer_organisations())::uuid[])
                    or m.organisation_id = any ((select viewer_kept_firms())::uuid[]))));
create policy desk_adds on handling_rules for insert to portal_app with check (
  directory_keeps_ceptoar(ceptoar_id) and recorded_by = (select viewer_account()));
create policy desk_ends on handling_rules for update to portal_app using (directory_keeps_ceptoar(ceptoar_id))
  with check (directory_keeps_ceptoar(ceptoar_id));
create policy desk_takes_back on handling_rules for delete to portal_app using (directory_keeps_ceptoar(ceptoar_id));
-- What an edition said stays as it was; only its end is written later.
grant select, insert, update (valid), delete on handling_rules to portal_app;

-- Who agreed is for the desk, the centre and the firm itself; the firm says so itself, or the desk has it on paper.
call protect('handling_rule_consents');
create policy desk_or_own on handling_rule_consents for select to portal_app using (
  (select viewer_at_centre())
  or organisation_id = any ((select viewer_answering_organisations())::uuid[])
  or organisation_id = any ((select viewer_kept_firms())::uuid[])
  or exists (select from handling_rules r where r.rule_id = handling_rule_consents.rule_id
             and r.ceptoar_id = any ((select viewer_ceptoars())::text[])));
create policy firm_or_desk_agrees on handling_rule_consents for insert to portal_app with check (
  recorded_by = (select viewer_account())
  and exists (select from handling_rules r where r.rule_id = handling_rule_consents.rule_id
              and directory_keeps_windows_of(handling_rule_consents.organisation_id, r.ceptoar_id)
              and (handling_rule_consents.way = 'paper') = directory_keeps_ceptoar(r.ceptoar_id)));
create policy desk_takes_back on handling_rule_consents for delete to portal_app using (
  way = 'paper'
  and exists (select from handling_rules r where r.rule_id = handling_rule_consents.rule_id
              and directory_keeps_ceptoar(r.ceptoar_id)));
grant select, insert, delete on handling_rule_consents to portal_app;

-- Which members of a CEPTOAR have a window, and whether it was proven lately: for its desk, and for the centre, which
-- sees that there are windows and not what they are.
create function directory_window_proofs(p_ceptoar text, p_days integer)
  returns table (organisation_id uuid, proven boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select k.organisation_id, exists (
             select from public.contact_channels c where c.contact_id = k.contact_id and c.valid @> public.viewer_today()
               and c.last_verified_on > public.viewer_today() - p_days)
    from public.contacts k
    where k.ceptoar_id = p_ceptoar and k.valid @> public.viewer_today()
      and (public.viewer_at_centre() or coalesce(p_ceptoar = any (public.viewer_ceptoars()), false)) $$;
grant execute on function directory_window_proofs(text, integer) to portal_app;
