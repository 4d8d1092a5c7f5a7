-- What a follow-up published becomes fact in the directory, from the day that the desk gave
-- (docs/decisions/0038-what-is-published-becomes-fact.md): a CEPTOAR's name, the department of its secretariat, the numbers
-- of its members. Which organisation keeps a desk is not among it: rights and routes hang on that.

alter table ceptoar_names add column published_in text references editions;
alter table secretariat_terms add column published_in text references editions;
alter table member_counts add column published_in text references editions;
comment on column ceptoar_names.published_in is 'the follow-up''s edition that it comes of; null: the files of the editions';
comment on column secretariat_terms.published_in is 'the follow-up''s edition that its department comes of; null: the files of the editions';
comment on column member_counts.published_in is 'the follow-up''s edition that it comes of; null: the files of the editions';

-- The confirmed sheets on which something of a kind changed, and the day from which it holds.
create function follow_up_said(p_follow_up uuid, p_kind text, p_part text)
  returns table (ceptoar_id text, content jsonb, day date)
  language sql stable set search_path = pg_catalog, pg_temp
  as $$
    select s.ceptoar_id, s.content, (s.effective ->> p_part)::date
    from public.follow_up_sheets s
    where s.follow_up_id = p_follow_up and s.effective ->> p_part is not null
      and s.changes @> jsonb_build_array(jsonb_build_object('kind', p_kind)) $$;
revoke execute on function follow_up_said(uuid, text, text) from public;

create function follow_up_becomes_fact(p_follow_up uuid, p_edition text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$
  declare
    said jsonb;
  begin
    -- Names. How one is read is on no sheet: it stays what it was.
    select coalesce(jsonb_agg(x), '[]') into said from (
      select f.ceptoar_id, f.day, f.content -> 'name' ->> 'ja' as ja, f.content -> 'name' ->> 'en' as en,
             coalesce((select n.reading from public.ceptoar_names n where n.ceptoar_id = f.ceptoar_id
                       order by n.valid @> f.day desc, lower(n.valid) desc nulls last limit 1), '') as reading
      from public.follow_up_said(p_follow_up, 'names', 'name') f where f.content -> 'name' ->> 'ja' is not null) x;
    delete from public.ceptoar_names n using jsonb_to_recordset(said) f (ceptoar_id text, day date)
      where n.ceptoar_id = f.ceptoar_id and lower(n.valid) >= f.day;
    update public.ceptoar_names n set valid = daterange(lower(n.valid), f.day)
      from jsonb_to_recordset(said) f (ceptoar_id text, day date)
      where n.ceptoar_id = f.ceptoar_id and n.valid @> f.day;
    insert into public.ceptoar_names (ceptoar_id, ja, en, reading, valid, precision, published_in)
      select f.ceptoar_id, f.ja, coalesce(f.en, f.ja), f.reading, daterange(f.day, null), 'day', p_edition
      from jsonb_to_recordset(said) f (ceptoar_id text, day date, ja text, en text, reading text);

    -- Numbers, each in its unit. All of a CEPTOAR's change together: a unit that is no longer named has ended.
    select coalesce(jsonb_agg(x), '[]') into said from (
      select f.ceptoar_id, f.day, c.value -> 'unit' ->> 'ja' as unit, sum((c.value ->> 'value')::integer) as value
      from public.follow_up_said(p_follow_up, 'counts', 'counts') f
      cross join lateral jsonb_array_elements(f.content -> 'counts') c
      group by 1, 2, 3) x;
    delete from public.member_counts m using (
        select distinct ceptoar_id, day from jsonb_to_recordset(said) s (ceptoar_id text, day date)) f
      where m.ceptoar_id = f.ceptoar_id and lower(m.valid) >= f.day;
    update public.member_counts m set valid = daterange(lower(m.valid), f.day)
      from (select distinct ceptoar_id, day from jsonb_to_recordset(said) s (ceptoar_id text, day date)) f
      where m.ceptoar_id = f.ceptoar_id and m.valid @> f.day;
    insert into public.member_counts (ceptoar_id, unit, value, valid, precision, published_in)
      select f.ceptoar_id, f.unit, f.value, daterange(f.day, null), 'day', p_edition
      from jsonb_to_recordset(said) f (ceptoar_id text, day date, unit text, value integer);

    -- Departments, of secretariats that are the same as before.
    select coalesce(jsonb_agg(x), '[]') into said from (
      select t.ceptoar_id, t.organisation_id, t.position, f.day, d.value -> 'unit' ->> 'ja' as unit,
             d.value -> 'unit' ->> 'en' as unit_en, upper(t.valid) as until
      from public.follow_up_said(p_follow_up, 'departments', 'desk') f
      cross join lateral jsonb_array_elements(f.content -> 'secretariats') d
      join public.secretariat_terms t on t.ceptoar_id = f.ceptoar_id and t.valid @> f.day
       and t.unit is distinct from d.value -> 'unit' ->> 'ja'
      join public.organisation_names n on n.organisation_id = t.organisation_id and n.valid @> f.day
       and n.ja = d.value -> 'organisation' ->> 'ja') x;
    delete from public.secretariat_terms t using jsonb_to_recordset(said) f (ceptoar_id text, organisation_id uuid, day date)
      where t.ceptoar_id = f.ceptoar_id and t.organisation_id = f.organisation_id and lower(t.valid) = f.day;
    update public.secretariat_terms t set valid = daterange(lower(t.valid), f.day)
      from jsonb_to_recordset(said) f (ceptoar_id text, organisation_id uuid, day date)
      where t.ceptoar_id = f.ceptoar_id and t.organisation_id = f.organisation_id and t.valid @> f.day;
    insert into public.secretariat_terms (ceptoar_id, organisation_id, position, unit, unit_en, valid, precision, published_in)
      select f.ceptoar_id, f.organisation_id, f.position, f.unit, f.unit_en, daterange(f.day, f.until), 'day', p_edition
      from jsonb_to_recordset(said)
        f (ceptoar_id text, organisation_id uuid, position smallint, day date, unit text, unit_en text, until date);
  end $$;
revoke execute on function follow_up_becomes_fact(uuid, text) from public;

create or replace function follow_up_publish(p_follow_up uuid, p_document jsonb) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
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
    perform public.follow_up_becomes_fact(p_follow_up, v_edition);
    return true;
  end $$;
