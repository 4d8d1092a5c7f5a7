-- 調査: a desk asks its members, and reads what they answer with names or as numbers alone
-- (docs/decisions/0044-surveys.md).

create table surveys (
  survey_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  version integer not null default 1,          -- counts every change of the draft, its questions included
  kind text not null constraint surveys_kind check (kind in ('systems', 'measures', 'other')),
  title text not null constraint surveys_title check (char_length(title) between 1 and 100),
  title_en text not null default '' constraint surveys_title_en check (char_length(title_en) <= 200),
  introduction text not null default '' constraint surveys_introduction check (char_length(introduction) <= 2000),
  group_id text references subgroups,          -- null: all members of the day on which it opens
  participation text not null constraint surveys_participation check (participation in ('required', 'voluntary')),
  visibility text not null constraint surveys_visibility check (visibility in ('named', 'counted')),
  due_on date not null,                        -- the last day on which firms answer
  remind_days smallint not null default 3 constraint surveys_remind_days check (remind_days between 1 and 14),
  follows uuid references surveys,             -- last year's, whose questions it goes on asking
  state text not null default 'draft' check (state in ('draft', 'open', 'closed', 'cancelled')),
  made_by uuid not null references accounts,
  made_at timestamptz not null,
  edited_at timestamptz not null,
  opened_at timestamptz,
  closed_at timestamptz,
  cancelled_at timestamptz,
  released_at timestamptz,                     -- since when the firms that were asked see the numbers
  reminded_for date,                           -- the due day for which the worker has reminded
  constraint surveys_open check ((state in ('open', 'closed')) <= (opened_at is not null)),
  constraint surveys_closed check ((state = 'closed') = (closed_at is not null)),
  constraint surveys_cancelled check ((state = 'cancelled') = (cancelled_at is not null)),
  constraint surveys_released check (released_at is null or state = 'closed')
);
create index surveys_ceptoar on surveys (ceptoar_id, made_at desc);
create index surveys_follows on surveys (follows) where follows is not null;
create index surveys_running on surveys (due_on) where state = 'open';
comment on table surveys is 'what a desk asks its members; whom, until when and who reads the answers is fixed when it opens';

create table survey_questions (
  question_id uuid primary key,
  survey_id uuid not null references surveys,
  position smallint not null check (position between 1 and 50),
  lineage uuid not null,                       -- the same in every year in which the same is asked
  kind text not null check (kind in ('one', 'several', 'number', 'words', 'products')),
  wording text not null constraint survey_questions_wording check (char_length(wording) between 1 and 500),
  required boolean not null,
  choices text[] not null default '{}',
  unit text not null default '' constraint survey_questions_unit check (char_length(unit) <= 20),
  least numeric,
  most numeric,
  constraint survey_questions_place unique (survey_id, position) deferrable initially deferred,
  constraint survey_questions_choices check (
    case when kind in ('one', 'several') then cardinality(choices) between 2 and 20 else choices = '{}' end),
  constraint survey_questions_bounds check (
    kind = 'number' and least <= most or kind <> 'number' and least is null and most is null)
);
comment on table survey_questions is 'what a survey asks, in order';

-- Whom a survey asks: the members of the day on which it opened. Who leaves later stays counted.
create table survey_asked (
  survey_id uuid not null references surveys,
  organisation_id uuid not null references organisations,
  ceptoar_id text not null references ceptoars,
  primary key (survey_id, organisation_id)
);
create index survey_asked_organisation on survey_asked (organisation_id);
comment on table survey_asked is 'which firms a survey asks';

-- That a firm has begun or answered, without what it says: the desk sees this of every survey.
create table survey_replies (
  survey_id uuid not null,
  organisation_id uuid not null,
  version integer not null default 1,
  saved_at timestamptz not null,
  sent_at timestamptz,                         -- of the answers that count
  primary key (survey_id, organisation_id),
  foreign key (survey_id, organisation_id) references survey_asked
);
comment on table survey_replies is 'which firms have begun to answer or have answered';

-- What a firm is typing. The desk never reads it.
create table survey_drafts (
  survey_id uuid not null,
  organisation_id uuid not null,
  typed jsonb not null constraint survey_drafts_size check (octet_length(typed::text) <= 400000),
  primary key (survey_id, organisation_id),
  foreign key (survey_id, organisation_id) references survey_replies
);
comment on table survey_drafts is 'what a firm has typed; for the firm alone';

-- What a firm sent last. A choice is one row, a product is one row.
create table survey_answers (
  survey_id uuid not null,
  organisation_id uuid not null,
  question_id uuid not null references survey_questions,
  place smallint not null check (place between 1 and 100),  -- the choice, the product's row, or 1
  number numeric,
  words text not null default '' constraint survey_answers_words check (char_length(words) <= 2000),
  vendor text not null default '' constraint survey_answers_vendor check (char_length(vendor) <= 100),
  product text not null default '' constraint survey_answers_product check (char_length(product) <= 100),
  release text not null default '' constraint survey_answers_release check (char_length(release) <= 50),
  folded text not null default '' constraint survey_answers_folded check (char_length(folded) <= 800),
  folded_product text not null default '' constraint survey_answers_folded_product check (char_length(folded_product) <= 400),
  primary key (survey_id, organisation_id, question_id, place),
  foreign key (survey_id, organisation_id) references survey_replies
);
create index survey_answers_question on survey_answers (question_id);
create index survey_answers_products on survey_answers (survey_id) where product <> '';
comment on table survey_answers is 'what firms answered; the last state of each';

-- A firm gets one letter about a survey in a day.
create table survey_letters (
  survey_id uuid not null,
  organisation_id uuid not null,
  on_day date not null,
  occasion text not null check (occasion in ('opened', 'by_hand', 'before')),
  primary key (survey_id, organisation_id, on_day),
  foreign key (survey_id, organisation_id) references survey_asked
);
comment on table survey_letters is 'on which day which firm was written to about a survey';

-- The surveys that ask a firm of the viewer, in any role of a member, or as its keeper.
create function viewer_asked_surveys(p_roles text[]) returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct x.survey_id), '{}') from public.affiliations f
            join public.survey_asked x on x.organisation_id = f.organisation_id
             and (f.ceptoar_id is null or f.ceptoar_id = x.ceptoar_id)
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.role = any (p_roles)
              and f.role in ('member_admin', 'member_poc', 'member_reader', 'hub_member'));
  end $$;

create function viewer_member_firms() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(distinct f.organisation_id), '{}') from public.affiliations f
            where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
              and f.role in ('member_admin', 'member_poc', 'member_reader', 'hub_member'));
  end $$;

-- The surveys whose answers the viewer reads with the firms' names, as their desk.
create function viewer_named_surveys() returns uuid[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select coalesce(array_agg(s.survey_id), '{}') from public.surveys s
            where s.ceptoar_id = any (public.viewer_secretariat_ceptoars())
              and s.visibility = 'named' and s.state in ('open', 'closed'));
  end $$;

create function survey_drafted_by_desk(p_survey uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.surveys s where s.survey_id = p_survey and s.state = 'draft'
                   and public.directory_keeps_ceptoar(s.ceptoar_id));
  end $$;

-- Whether the viewer answers it for that firm now: as who keeps the firm, while it is open, to the end of the due day.
create function survey_takes_answers(p_survey uuid, p_organisation uuid) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.surveys s join public.survey_asked x using (survey_id)
                   where s.survey_id = p_survey and x.organisation_id = p_organisation
                     and s.state = 'open' and public.viewer_today() <= s.due_on
                     and public.directory_proposes_for(p_organisation, s.ceptoar_id));
  end $$;

call protect('surveys');
create policy desk_reads on surveys for select to portal_app using (
  ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[]));
create policy asked_read on surveys for select to portal_app using (
  opened_at is not null
  and survey_id = any ((select viewer_asked_surveys('{member_admin,member_poc,member_reader,hub_member}'))::uuid[]));
create policy desk_writes on surveys for insert to portal_app with check (
  directory_keeps_ceptoar(ceptoar_id) and state = 'draft' and version = 1 and made_by = (select viewer_account())
  and made_at = (select viewer_now()) and opened_at is null);
-- Steps are taken by survey_step alone.
create policy desk_edits on surveys for update to portal_app
  using (state = 'draft' and directory_keeps_ceptoar(ceptoar_id))
  with check (state = 'draft' and directory_keeps_ceptoar(ceptoar_id));
grant select, insert (survey_id, ceptoar_id, kind, title, title_en, introduction, group_id, participation, visibility, due_on,
                      remind_days, follows, made_by, made_at, edited_at),
      update (version, kind, title, title_en, introduction, group_id, participation, visibility, due_on, remind_days,
              edited_at) on surveys to portal_app;

-- A survey is made from a closed one of the same desk, and asks a group of its own CEPTOAR.
create function surveys_keep_place() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if tg_op = 'UPDATE' and old.state = 'draft' and new.state = 'draft' and new.version <> old.version + 1 then
      raise exception 'another version of the survey was saved meanwhile' using errcode = 'serialization_failure';
    end if;
    if new.follows is not null and not exists (
         select from public.surveys s where s.survey_id = new.follows and s.ceptoar_id = new.ceptoar_id and s.opened_at is not null) then
      raise exception 'a survey follows one of its own desk' using errcode = 'check_violation';
    end if;
    if new.group_id is not null and not exists (
         select from public.subgroups g where g.subgroup_id = new.group_id and g.ceptoar_id = new.ceptoar_id) then
      raise exception 'a survey asks a group of its own CEPTOAR' using errcode = 'check_violation';
    end if;
    return new;
  end $$;
create trigger surveys_place before insert or update on surveys for each row execute function surveys_keep_place();

call protect('survey_questions');
create policy with_survey on survey_questions for select to portal_app using (
  survey_id in (select s.survey_id from surveys s));
create policy desk_adds on survey_questions for insert to portal_app with check (survey_drafted_by_desk(survey_id));
create policy desk_changes on survey_questions for update to portal_app
  using (survey_drafted_by_desk(survey_id)) with check (survey_drafted_by_desk(survey_id));
create policy desk_removes on survey_questions for delete to portal_app using (survey_drafted_by_desk(survey_id));
grant select, insert, delete, update (position, lineage, kind, wording, required, choices, unit, least, most)
  on survey_questions to portal_app;

-- Questions change while the survey is a draft; whoever waited for its opening to end is too late.
create function survey_questions_of_draft() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    v_survey uuid := case when tg_op = 'DELETE' then old.survey_id else new.survey_id end;
  begin
    perform from public.surveys s where s.survey_id = v_survey and s.state = 'draft' for share;
    if not found then
      raise exception 'questions are changed before a survey opens' using errcode = 'restrict_violation';
    end if;
    if tg_op = 'DELETE' then
      return old;
    end if;
    if exists (select from unnest(new.choices) c (choice) where char_length(c.choice) not between 1 and 100)
       or cardinality(new.choices) <> (select count(distinct c.choice) from unnest(new.choices) c (choice)) then
      raise exception 'choices are said once, in 1 to 100 characters' using errcode = 'check_violation';
    end if;
    return new;
  end $$;
create trigger survey_questions_draft before insert or update or delete on survey_questions
  for each row execute function survey_questions_of_draft();

call protect('survey_asked');
create policy desk_reads on survey_asked for select to portal_app using (
  ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[]));
create policy own on survey_asked for select to portal_app using (
  organisation_id = any ((select viewer_member_firms())::uuid[])
  and survey_id = any ((select viewer_asked_surveys('{member_admin,member_poc,member_reader,hub_member}'))::uuid[]));
grant select on survey_asked to portal_app;

call protect('survey_replies');
create policy desk_reads on survey_replies for select to portal_app using (
  sent_at is not null
  and survey_id in (select s.survey_id from surveys s where s.ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[])));
create policy own on survey_replies for select to portal_app using (
  organisation_id = any ((select viewer_kept_firms())::uuid[])
  and survey_id = any ((select viewer_asked_surveys('{member_admin}'))::uuid[]));
create policy keeper_begins on survey_replies for insert to portal_app with check (
  version = 1 and saved_at = (select viewer_now()) and (sent_at is null or sent_at = (select viewer_now()))
  and survey_takes_answers(survey_id, organisation_id));
create policy keeper_goes_on on survey_replies for update to portal_app
  using (survey_takes_answers(survey_id, organisation_id))
  with check (saved_at = (select viewer_now()) and survey_takes_answers(survey_id, organisation_id));
grant select, insert (survey_id, organisation_id, saved_at, sent_at), update (version, saved_at, sent_at)
  on survey_replies to portal_app;

create function survey_replies_in_time() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    -- Asked again here: whoever waited for the survey to be closed saw it open when they began.
    perform from public.surveys s where s.survey_id = new.survey_id and s.state = 'open' for share;
    if not found then
      raise exception 'the survey is closed' using errcode = 'restrict_violation';
    end if;
    if tg_op = 'UPDATE' then
      if new.version <> old.version + 1 then
        raise exception 'another version of the answers was saved meanwhile' using errcode = 'serialization_failure';
      end if;
      if new.sent_at is distinct from old.sent_at and new.sent_at is distinct from public.viewer_now() then
        raise exception 'answers are sent now' using errcode = 'check_violation';
      end if;
    end if;
    return new;
  end $$;
create trigger survey_replies_time before insert or update on survey_replies
  for each row execute function survey_replies_in_time();

call protect('survey_drafts');
create policy own on survey_drafts for select to portal_app using (
  organisation_id = any ((select viewer_kept_firms())::uuid[])
  and survey_id = any ((select viewer_asked_surveys('{member_admin}'))::uuid[]));
create policy keeper_begins on survey_drafts for insert to portal_app with check (
  survey_takes_answers(survey_id, organisation_id));
create policy keeper_goes_on on survey_drafts for update to portal_app
  using (survey_takes_answers(survey_id, organisation_id)) with check (survey_takes_answers(survey_id, organisation_id));
grant select, insert, update (typed) on survey_drafts to portal_app;

call protect('survey_answers');
create policy desk_reads_named on survey_answers for select to portal_app using (
  survey_id = any ((select viewer_named_surveys())::uuid[]));
create policy own on survey_answers for select to portal_app using (
  organisation_id = any ((select viewer_kept_firms())::uuid[])
  and survey_id = any ((select viewer_asked_surveys('{member_admin}'))::uuid[]));
create policy keeper_sends on survey_answers for insert to portal_app with check (
  survey_takes_answers(survey_id, organisation_id));
create policy keeper_sends_again on survey_answers for delete to portal_app using (
  survey_takes_answers(survey_id, organisation_id));
grant select, insert, delete on survey_answers to portal_app;

-- An answer is to a question of that survey, and what that question asks for.
create function survey_answers_fit() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    q public.survey_questions;
  begin
    select * into q from public.survey_questions x where x.question_id = new.question_id and x.survey_id = new.survey_id;
    if not found or not (case q.kind
         when 'one' then new.place <= cardinality(q.choices)
         when 'several' then new.place <= cardinality(q.choices)
         when 'number' then new.place = 1 and new.number between q.least and q.most
         when 'words' then new.place = 1 and new.words <> ''
         else new.product <> '' end)
       or (q.kind <> 'number' and new.number is not null) or (q.kind <> 'words' and new.words <> '')
       or (q.kind <> 'products' and (new.vendor, new.product, new.release, new.folded, new.folded_product) <> ('', '', '', '', '')) then
      raise exception 'no answer to what is asked' using errcode = 'check_violation';
    end if;
    if q.kind = 'one' and exists (select from public.survey_answers a where a.survey_id = new.survey_id
         and a.organisation_id = new.organisation_id and a.question_id = new.question_id and a.place <> new.place) then
      raise exception 'one choice is one choice' using errcode = 'check_violation';
    end if;
    return new;
  end $$;
create trigger survey_answers_fits before insert on survey_answers for each row execute function survey_answers_fit();

call protect('survey_letters');
create policy desk_reads on survey_letters for select to portal_app using (
  survey_id in (select s.survey_id from surveys s where s.ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[])));
grant select on survey_letters to portal_app;

-- The firms that a survey would ask today.
create function survey_audience(p_ceptoar text, p_group text) returns table (organisation_id uuid)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.directory_keeps_ceptoar(p_ceptoar) then
      return;
    end if;
    return query
    select m.organisation_id from public.memberships m
    where m.ceptoar_id = p_ceptoar and m.valid @> public.viewer_today()
      and (p_group is null or m.subgroup_id = p_group
           or exists (select from public.group_members g where g.subgroup_id = p_group and g.ceptoar_id = p_ceptoar
                        and g.organisation_id = m.organisation_id and g.valid @> public.viewer_today()));
  end $$;

-- The steps of a survey (src/features/surveys/survey.rs says the same in code). Null: it is not what the viewer saw.
create function survey_step(p_survey uuid, p_version integer, p_step text, p_due date) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    s public.surveys;
    asked integer;
  begin
    select * into s from public.surveys x where x.survey_id = p_survey for update;
    if not found or not public.directory_keeps_ceptoar(s.ceptoar_id) then
      raise exception 'a survey is its desk''s' using errcode = 'insufficient_privilege';
    end if;
    if s.version <> p_version then
      return null;
    end if;
    if p_step = 'open' and s.state = 'draft' then
      if s.due_on <= public.viewer_today() or s.due_on > public.viewer_today() + interval '1 year'
         or not exists (select from public.survey_questions q where q.survey_id = p_survey)
         or s.visibility = 'counted' and exists (
              select from public.survey_questions q where q.survey_id = p_survey and q.kind = 'words') then
        raise exception 'the survey cannot be opened as it is' using errcode = 'check_violation';
      end if;
      insert into public.survey_asked (survey_id, organisation_id, ceptoar_id)
        select p_survey, a.organisation_id, s.ceptoar_id from public.survey_audience(s.ceptoar_id, s.group_id) a;
      get diagnostics asked = row_count;
      -- Numbers about fewer than three firms are never shown.
      if asked < (case s.visibility when 'counted' then 3 else 1 end) then
        raise exception 'too few firms to ask' using errcode = 'check_violation';
      end if;
      update public.surveys x set state = 'open', opened_at = public.viewer_now(), version = x.version + 1
        where x.survey_id = p_survey;
      return asked;
    elsif p_step = 'extend' and s.state = 'open' and p_due > s.due_on and p_due > public.viewer_today()
          and p_due <= public.viewer_today() + interval '1 year' then
      update public.surveys x set due_on = p_due, version = x.version + 1 where x.survey_id = p_survey;
    elsif p_step = 'close' and s.state = 'open' then
      update public.surveys x set state = 'closed', closed_at = public.viewer_now(), version = x.version + 1
        where x.survey_id = p_survey;
    elsif p_step = 'cancel' and s.state in ('draft', 'open') then
      update public.surveys x set state = 'cancelled', cancelled_at = public.viewer_now(), version = x.version + 1
        where x.survey_id = p_survey;
    elsif p_step = 'release' and s.state = 'closed' and s.released_at is null then
      update public.surveys x set released_at = public.viewer_now(), version = x.version + 1 where x.survey_id = p_survey;
    else
      raise exception 'the survey does not take that step' using errcode = 'check_violation';
    end if;
    return 0;
  end $$;

-- Whom a survey asks and how far each is, for its desk: without what they say.
create function survey_standing(p_survey uuid)
  returns table (organisation_id uuid, ja text, en text, sent_at timestamptz, has_keeper boolean, is_member boolean,
                 told_on date)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select x.organisation_id, coalesce(n.ja, ''), coalesce(n.en, ''), r.sent_at,
           exists (select from public.affiliations f join public.accounts a using (account_id)
                   where f.organisation_id = x.organisation_id and f.role = 'member_admin' and f.valid @> public.viewer_today()
                     and (f.ceptoar_id is null or f.ceptoar_id = x.ceptoar_id) and a.suspended_at is null),
           exists (select from public.memberships m where m.organisation_id = x.organisation_id
                     and m.ceptoar_id = x.ceptoar_id and m.valid @> public.viewer_today()),
           (select max(l.on_day) from public.survey_letters l
            where l.survey_id = x.survey_id and l.organisation_id = x.organisation_id)
    from public.survey_asked x
    left join public.survey_replies r on r.survey_id = x.survey_id and r.organisation_id = x.organisation_id
    left join lateral (
      select y.ja, y.en, y.reading from public.organisation_names y where y.organisation_id = x.organisation_id
      order by y.valid @> public.viewer_today() desc, lower(y.valid) desc nulls last limit 1) n on true
    where x.survey_id = p_survey and public.directory_keeps_ceptoar(x.ceptoar_id)
    order by r.sent_at is not null, n.reading, x.organisation_id;
  end $$;

-- What is counted: per question and choice the firms, of a number the mean, of products each by its folded name. Callers
-- below say who may have it and what is withheld.
create function survey_raw_cells(p_surveys uuid[])
  returns table (survey_id uuid, question_id uuid, kind text, required boolean, answering bigint, cell integer, label text,
                 firms bigint, mean numeric)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    with sent as (
      select r.survey_id, count(*) as n from public.survey_replies r
      where r.survey_id = any (p_surveys) and r.sent_at is not null group by r.survey_id),
    questions as (
      select q.*, coalesce(s.n, 0) as n from public.survey_questions q left join sent s on s.survey_id = q.survey_id
      where q.survey_id = any (p_surveys)),
    answers as (
      select a.* from public.survey_answers a where a.survey_id = any (p_surveys)),
    totals as (
      select a.question_id, count(distinct a.organisation_id) as firms, round(avg(a.number), 1) as mean
      from answers a group by a.question_id)
    select q.survey_id, q.question_id, q.kind, q.required, q.n, c.cell::integer, c.label,
           (select count(*) from answers a where a.question_id = q.question_id and a.place = c.cell), null::numeric
    from questions q, unnest(q.choices) with ordinality c (label, cell) where q.kind in ('one', 'several')
    union all  -- who left a question out that may be left out
    select q.survey_id, q.question_id, q.kind, q.required, q.n, 0, '', q.n - coalesce(t.firms, 0), null::numeric
    from questions q left join totals t using (question_id) where q.kind = 'one' and not q.required
    union all
    select q.survey_id, q.question_id, q.kind, q.required, q.n, 1, '', coalesce(t.firms, 0), t.mean
    from questions q left join totals t using (question_id) where q.kind in ('number', 'words')
    union all
    select q.survey_id, q.question_id, q.kind, q.required, q.n, p.cell::integer, p.label, p.firms, null::numeric
    from questions q join (
      select a.question_id, min(btrim(a.vendor || ' ' || a.product)) as label, count(distinct a.organisation_id) as firms,
             row_number() over (partition by a.question_id
                                order by count(distinct a.organisation_id) desc, a.folded) as cell
      from answers a where a.product <> '' group by a.question_id, a.folded) p using (question_id)
    where q.kind = 'products';
  end $$;

-- Numbers of surveys: for a desk with names exact if it asks for that; otherwise no count of fewer than three firms, and
-- none from which such a count follows by subtraction. A desk without names sees nothing before the survey is closed
-- (two looks would betray who answered in between), a firm nothing before it is released.
create function survey_cells(p_surveys uuid[], p_exact boolean)
  returns table (survey_id uuid, question_id uuid, answering bigint, cell integer, label text, firms bigint, mean numeric)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    least_firms constant integer := 3;
    v_exact uuid[];
    v_masked uuid[];
  begin
    select coalesce(array_agg(s.survey_id) filter (where s.visibility = 'named' and p_exact), '{}'),
           coalesce(array_agg(s.survey_id) filter (where not (s.visibility = 'named' and p_exact)), '{}')
      into v_exact, v_masked
      from public.surveys s
      where s.survey_id = any (p_surveys) and s.ceptoar_id = any (public.viewer_secretariat_ceptoars())
        and (s.state = 'closed' or s.state = 'open' and s.visibility = 'named');
    v_masked := v_masked || array(
      select s.survey_id from public.surveys s
      where s.survey_id = any (p_surveys) and s.released_at is not null and s.survey_id <> all (v_exact || v_masked)
        and s.survey_id = any (public.viewer_asked_surveys('{member_admin,member_poc,member_reader,hub_member}')));
    return query
    select r.survey_id, r.question_id, r.answering, r.cell, r.label, r.firms, r.mean
    from public.survey_raw_cells(v_exact) r
    union all
    select m.survey_id, m.question_id, m.answering, m.cell, m.label,
           -- Null: withheld.
           case when m.hidden then null else m.firms end,
           case when m.firms < least_firms then null else m.mean end
    from (
      select w.*, case w.kind
          -- Cells that add up to all: hidden are the small ones, and as many more as it takes that neither one of them
          -- nor all of them together follow from the rest.
          when 'one' then w.firms < least_firms or w.small > 0 and (w.rank <= 2 or w.before < least_firms)
          -- Cells that stand against those who did not say so.
          when 'several' then w.firms < least_firms or w.answering - w.firms < least_firms
          when 'products' then w.firms < least_firms or w.answering - w.firms < least_firms
          -- A question that everybody had to answer has as many answers as there are firms.
          else w.firms < least_firms or not w.required and w.answering - w.firms < least_firms end as hidden
      from (
        select r.*, count(*) filter (where r.firms < least_firms) over (partition by r.question_id) as small,
               row_number() over by_size as rank,
               coalesce(sum(r.firms) over (by_size rows between unbounded preceding and 1 preceding), 0) as before
        from public.survey_raw_cells(v_masked) r
        window by_size as (partition by r.question_id order by r.firms, r.cell)) w
      where w.answering >= least_firms) m
    -- The name of a product that few have is theirs.
    where m.kind <> 'products' or not m.hidden;
  end $$;

-- Which firms a survey has still to be told about, and the letters to those who keep them; one a day. Callers below say
-- who may.
create function survey_write(p_survey uuid, p_occasion text, p_subjects text[], p_bodies text[], p_hashes bytea[],
                             p_day date, p_now timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    person record;
    sent integer := 0;
    which integer;
  begin
    for person in
      with keepers as materialized (
        select x.organisation_id, a.account_id, a.mail_address, a.display_name, a.language
        from public.survey_asked x
        join public.surveys s on s.survey_id = x.survey_id and s.state = 'open' and p_day <= s.due_on
        join public.memberships m on m.organisation_id = x.organisation_id and m.ceptoar_id = x.ceptoar_id and m.valid @> p_day
        join public.affiliations f on f.organisation_id = x.organisation_id and f.role = 'member_admin' and f.valid @> p_day
          and (f.ceptoar_id is null or f.ceptoar_id = x.ceptoar_id)
        join public.accounts a on a.account_id = f.account_id and a.mail_address is not null and a.suspended_at is null
        left join public.survey_replies r on r.survey_id = x.survey_id and r.organisation_id = x.organisation_id
        where x.survey_id = p_survey and r.sent_at is null),
      told as (
        insert into public.survey_letters (survey_id, organisation_id, on_day, occasion)
        select distinct p_survey, k.organisation_id, p_day, p_occasion from keepers k
        on conflict do nothing returning organisation_id)
      select distinct k.account_id, k.mail_address, k.display_name, k.language
      from keepers k join told using (organisation_id)
    loop
      which := case person.language when 'en' then 2 else 1 end;
      perform public.enqueue_account_letter(person.account_id, person.mail_address, person.display_name, person.language,
                                            p_subjects[which], p_bodies[which], p_hashes[which], p_now);
      sent := sent + 1;
    end loop;
    return sent;
  end $$;

create function survey_tell(p_survey uuid, p_occasion text, p_subjects text[], p_bodies text[], p_hashes bytea[])
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if p_occasion not in ('opened', 'by_hand') or not exists (
         select from public.surveys s where s.survey_id = p_survey and public.directory_keeps_ceptoar(s.ceptoar_id)) then
      raise exception 'letters about a survey are its desk''s' using errcode = 'insufficient_privilege';
    end if;
    return public.survey_write(p_survey, p_occasion, p_subjects, p_bodies, p_hashes, public.viewer_today(), public.viewer_now());
  end $$;

-- What the worker needs to remind: no answers, no firms, no addresses.
create function survey_reminders_due(p_day date)
  returns table (survey_id uuid, ceptoar_id text, ja text, en text, due_on date)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return query
    select s.survey_id, s.ceptoar_id, n.ja, n.en, s.due_on
    from public.surveys s
    join lateral (select x.ja, x.en from public.ceptoar_names x where x.ceptoar_id = s.ceptoar_id
                  order by x.valid @> p_day desc, lower(x.valid) desc nulls last limit 1) n on true
    where s.state = 'open' and p_day between s.due_on - s.remind_days::integer and s.due_on
      and s.reminded_for is distinct from s.due_on
    order by s.due_on, s.survey_id;
  end $$;

-- Null: another process has it, or it is over.
create function survey_remind(p_survey uuid, p_due date, p_subjects text[], p_bodies text[], p_hashes bytea[], p_day date,
                              p_now timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    update public.surveys s set reminded_for = s.due_on
      where s.survey_id = p_survey and s.state = 'open' and s.due_on = p_due and s.reminded_for is distinct from s.due_on;
    if not found then
      return null;
    end if;
    return public.survey_write(p_survey, 'before', p_subjects, p_bodies, p_hashes, p_day, p_now);
  end $$;

grant execute on function viewer_asked_surveys(text[]), viewer_member_firms(), viewer_named_surveys(),
  survey_drafted_by_desk(uuid), survey_takes_answers(uuid, uuid), survey_audience(text, text),
  survey_step(uuid, integer, text, date), survey_standing(uuid), survey_cells(uuid[], boolean),
  survey_tell(uuid, text, text[], text[], bytea[]) to portal_app;
grant execute on function survey_reminders_due(date),
  survey_remind(uuid, date, text[], text[], bytea[], date, timestamptz) to portal_worker;
