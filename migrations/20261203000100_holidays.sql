-- The days on which offices are closed (docs/decisions/0034-days-on-which-offices-are-closed.md). From data/reference/holidays.toml.
create table holidays (
  day date primary key,
  ja text not null,
  en text not null
);
call protect('holidays');
create policy signed_in on holidays for select to portal_app using ((select viewer_account()) is not null);
grant select on holidays to portal_app;
comment on table holidays is 'national holidays of Japan (国民の祝日に関する法律)';

-- Whether channels for nights and holidays are taken: at weekends, on national holidays, from 29 December to 3 January
-- (行政機関の休日に関する法律, article 1), and before 9 and after 18 o'clock.
create function is_off_hours(p_at timestamptz) returns boolean
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select extract(isodow from t.local) > 5
        or t.local::time not between time '09:00' and time '18:00'
        or to_char(t.local, 'MMDD') >= '1229' or to_char(t.local, 'MMDD') <= '0103'
        or exists (select from public.holidays h where h.day = t.local::date)
    from (select p_at at time zone 'Asia/Tokyo' as local) t $$;
revoke execute on function is_off_hours(timestamptz) from public;
grant execute on function is_off_hours(timestamptz) to portal_app;

-- Nothing but the hour differs from the definition before.
CREATE OR REPLACE FUNCTION public.sharing_windows(p_advisory uuid, p_now timestamp with time zone)
 RETURNS TABLE(ceptoar_id text, stage text, rule text, organisation_id uuid, contact_id uuid, window_position smallint, language text, address text, verdict text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with item as (
    select a.advisory_id, a.level, a.handler_scope,
           (p_now at time zone 'Asia/Tokyo')::date as today,
           public.is_off_hours(p_now) as off_hours
    from public.advisories a where a.advisory_id = p_advisory),
  addressed as (  -- a CEPTOAR may be reached in several ways; the widest comes first
    select distinct on (x.ceptoar_id, x.subgroup_id, x.contact_id) x.* from (
      select c.ceptoar_id, null::text as subgroup_id, null::uuid as contact_id, 'addressed_sector' as rule, 2 as width
        from public.advisory_addressees ad join public.ceptoars c using (sector_id) where ad.advisory_id = p_advisory
      union all
      select ad.ceptoar_id, null, null, 'addressed_ceptoar', 1
        from public.advisory_addressees ad where ad.advisory_id = p_advisory and ad.ceptoar_id is not null
      union all
      select s.ceptoar_id, s.subgroup_id, null, 'addressed_subgroup', 3
        from public.advisory_addressees ad join public.subgroups s using (subgroup_id) cross join item i
        where ad.advisory_id = p_advisory and s.valid @> i.today  -- a group that is not there reaches nobody
      union all
      select k.ceptoar_id, null, k.contact_id, 'named_person', 4
        from public.advisory_addressees ad join public.windows k using (contact_id) cross join item i
        where ad.advisory_id = p_advisory and i.level = 'RED'
    ) x order by x.ceptoar_id, x.subgroup_id, x.contact_id, x.width),
  wholes as (  -- whether a CEPTOAR is addressed as a whole, and not by a subgroup or a person alone
    select ad.ceptoar_id, bool_or(ad.subgroup_id is null and ad.contact_id is null) as whole
    from addressed ad group by ad.ceptoar_id),
  stages as (
    select distinct ad.ceptoar_id, r.stage from addressed ad
    join public.route_stages r on r.ceptoar_id = ad.ceptoar_id
    cross join item i where r.valid @> i.today),
  organisations_due as (
    select distinct on (o.ceptoar_id, o.stage, o.organisation_id) o.* from (
      select ad.ceptoar_id, 'member' as stage, ad.rule, ad.width, m.organisation_id
        from addressed ad
        join stages s on s.ceptoar_id = ad.ceptoar_id and s.stage = 'member'
        join public.memberships m on m.ceptoar_id = ad.ceptoar_id
         and (ad.subgroup_id is null or m.subgroup_id = ad.subgroup_id
              or exists (  -- a cross-cutting group: who is in it on the day
                select from public.group_members g
                where g.subgroup_id = ad.subgroup_id and g.organisation_id = m.organisation_id
                  and g.valid @> (select t.today from item t)))
         and (ad.contact_id is null or m.organisation_id =
              (select k.organisation_id from public.windows k where k.contact_id = ad.contact_id))
        cross join item i where m.valid @> i.today
      union all
      select s.ceptoar_id, 'secretariat', 'route_secretariat', 9, t.organisation_id
        from stages s join public.secretariat_terms t using (ceptoar_id) cross join item i
        where s.stage = 'secretariat' and t.valid @> i.today
      union all
      select s.ceptoar_id, 'ministry', 'route_ministry', 9, sm.organisation_id
        from stages s join public.ceptoars c using (ceptoar_id)
        join public.sector_ministries sm using (sector_id) cross join item i
        where s.stage = 'ministry' and sm.valid @> i.today
      union all
      -- Partner bodies that pass items on: of an addressed CEPTOAR whose members get them, while the partnership holds.
      select w.ceptoar_id, 'partner', 'route_partner', 9, p.organisation_id
        from wholes w join stages s on s.ceptoar_id = w.ceptoar_id and s.stage = 'member'
        join public.partnerships p on p.ceptoar_id = w.ceptoar_id and p.role = 'passes_on'
        cross join item i where p.valid @> i.today
    ) o order by o.ceptoar_id, o.stage, o.organisation_id, o.width),
  windows as (
    select o.ceptoar_id, o.stage, o.rule, o.organisation_id, k.contact_id, k.position as window_position,
           k.language, ch.value as address, k.handler, i.level, i.handler_scope,
           -- Partner bodies stand outside the membership: what is handled inside it never goes to them.
           o.stage = 'partner' and not (
             i.level in ('CLEAR', 'GREEN') and i.handler_scope = 'organisation'
             and exists (select from wholes w where w.ceptoar_id = o.ceptoar_id and w.whole)) as outside,
           exists (select from public.advisory_addressees ad
                   where ad.advisory_id = p_advisory and ad.contact_id = k.contact_id) as named
    from organisations_due o cross join item i
    left join public.contacts k on k.organisation_id = o.organisation_id and k.valid @> i.today
      and (k.ceptoar_id = o.ceptoar_id or (k.ceptoar_id is null and o.stage = 'ministry'))
    left join lateral (
      select c.value from public.contact_channels c
      where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> i.today
      order by (c.hours = 'always' or (c.hours = 'off_hours') = i.off_hours) desc, c.position
      limit 1) ch on true),
  judged as (
    select w.*, case
        when w.outside then 'not_on_route'
        when w.level = 'RED' and w.stage <> 'member' then 'not_on_route'
        when w.contact_id is null then 'no_window'
        when w.handler_scope = 'named' and not w.named then 'not_named'
        when w.handler_scope = 'handlers' and not w.handler then 'not_handler'
        when w.address is null then 'no_mail'
        else 'due' end as first_verdict
    from windows w)
  select j.ceptoar_id, j.stage, j.rule, j.organisation_id, j.contact_id, j.window_position, j.language, j.address,
         case when j.first_verdict = 'due' and row_number() over (
                partition by j.first_verdict, lower(j.address)
                order by j.stage = 'partner', j.stage, j.window_position, j.ceptoar_id, j.contact_id) > 1
              then 'same_address' else j.first_verdict end
  from judged j
  $function$;
