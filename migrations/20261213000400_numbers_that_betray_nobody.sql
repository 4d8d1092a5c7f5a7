-- What a review found: numbers from which a firm's answer followed, and rights of two hats.

-- A mean betrays where nearly all answers are its least or its most: of a number between 0 and 1 it is a count.
create function survey_mean_betrays(p_question uuid, p_least integer) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select count(*) filter (where a.number is distinct from q.least) < p_least
        or count(*) filter (where a.number is distinct from q.most) < p_least
    from public.survey_questions q join public.survey_answers a on a.question_id = q.question_id
    where q.question_id = p_question and a.number is not null $$;
revoke execute on function survey_mean_betrays(uuid, integer) from public;

CREATE OR REPLACE FUNCTION public.survey_cells(p_surveys uuid[], p_exact boolean)
 RETURNS TABLE(survey_id uuid, question_id uuid, answering bigint, cell integer, label text, firms bigint, mean numeric)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
           case when m.firms < least_firms or m.kind = 'number' and public.survey_mean_betrays(m.question_id, least_firms)
                then null else m.mean end
    from (
      select k.*, case k.kind
          -- Cells that add up to all: the small ones are hidden, and those that follow them in the list, until neither one of
          -- them nor all of them together follow from the rest. Not the next smallest: then its size would tell theirs.
          -- A sum of twice their number would say that each of them is two.
          when 'one' then k.small > 0 and k.rank <= coalesce(k.needed, k.cells)
          -- Cells that stand against those who did not say so. Where everybody chose something, what is left over of their
          -- sum is how many chose more: the smallest goes as well, so that there is no sum.
          when 'several' then k.betrayed or k.shut = 0 and k.required and k.total - k.answering < least_firms
                              and (k.by_size = 1 or k.cells <= 2)
          when 'products' then k.betrayed
          -- A question that everybody had to answer has as many answers as there are firms.
          else k.firms < least_firms or not k.required and k.answering - k.firms < least_firms end as hidden
      from (
        select r.*, min(r.rank) filter (where r.rank >= greatest(r.small, 2) and r.running >= least_firms
                                          and r.running <> 2 * r.rank) over (partition by r.question_id) as needed,
               count(*) filter (where r.betrayed) over (partition by r.question_id) as shut
        from (
          select o.*, row_number() over round_the_list as rank, sum(o.firms) over round_the_list as running
          from (
            select c.*, c.firms < least_firms or c.answering - c.firms < least_firms as betrayed,
                   count(*) filter (where c.firms < least_firms) over q as small, count(*) over q as cells,
                   sum(c.firms) over q as total, min(c.cell) over q as lowest,
                   min(c.cell) filter (where c.firms < least_firms) over q as first_small,
                   row_number() over (partition by c.question_id order by c.firms, c.cell) as by_size
            from public.survey_raw_cells(v_masked) c
            window q as (partition by c.question_id)) o
          window round_the_list as (
            partition by o.question_id
            order by o.firms >= least_firms, (o.cell - coalesce(o.first_small, o.lowest) + o.cells) % o.cells)) r) k
      where k.answering >= least_firms) m
    -- The name of a product that few have is theirs.
    where m.kind <> 'products' or not m.hidden;
  end $function$;

CREATE OR REPLACE FUNCTION public.judgement_answer(p_id uuid, p_answer text, p_words text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ begin
    if not public.viewer_at_centre() then return false; end if;
    update public.judgements j
    set answer = p_answer, answer_words = p_words, answered_by = public.viewer_account(), answered_at = public.viewer_now()
    where j.judgement_id = p_id and j.proposal <> '' and j.answered_at is null and j.taken_back_at is null
      -- Nobody answers what they have written themselves, at another desk of theirs.
      and j.written_by <> public.viewer_account();
    return found;
  end $function$;

-- As before, but for who sees everything.
CREATE OR REPLACE FUNCTION public.delivery_board(p_advisory uuid)
 RETURNS TABLE(ceptoar_id text, stage text, organisations bigint, acknowledged bigint, unreached bigint, queued bigint, sending bigint, sent bigint, refused bigint, cancelled bigint, first_at timestamp with time zone, last_at timestamp with time zone, superseded bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  #variable_conflict use_column
  declare
    -- Whoever may not know of an item at the centre sees it at their desk alone.
    everything boolean := public.viewer_at_centre() and p_advisory <> all (public.viewer_kept_from());
    scope text[];
    hops text[];
  begin
    if not p_advisory = any (public.viewer_envelopes()) then return; end if;
    select coalesce(array_agg(distinct h.ceptoar_id), '{}') into scope
      from public.viewer_hats(array[p_advisory]) h where h.stage in ('secretariat', 'ministry');
    select case when a.level = 'RED' then array['member'] else array['ministry', 'secretariat', 'member', 'partner'] end into hops
      from public.advisories a where a.advisory_id = p_advisory;
    return query
    with due as materialized (
      select d.ceptoar_id, d.stage, d.organisation_id, d.state, d.settled_at
      from public.deliveries d where d.item_id = p_advisory),
    received as materialized (
      select distinct k.organisation_id, k.ceptoar_id, k.stage
      from public.advisory_receipts k where k.advisory_id = p_advisory),
    windows as (
      select d.ceptoar_id, d.stage,
             count(*) filter (where d.state = 'queued') as queued,
             count(*) filter (where d.state = 'sending') as sending,
             count(*) filter (where d.state = 'sent') as sent,
             count(*) filter (where d.state in ('refused', 'expired')) as refused,
             count(*) filter (where d.state = 'cancelled') as cancelled,
             min(d.settled_at) filter (where d.state = 'sent') as first_at,
             max(d.settled_at) filter (where d.state = 'sent') as last_at
      from due d group by 1, 2),
    organisations as (
      select au.ceptoar_id, au.stage, count(*) as organisations,
             count(*) filter (where au.organisation_id in (
                 select k.organisation_id from received k where k.stage is null)
               or (au.organisation_id, au.ceptoar_id, au.stage) in (
                 select k.organisation_id, k.ceptoar_id, k.stage from received k
                 where k.stage is not null)) as acknowledged,
             count(*) filter (where au.organisation_id not in (select d.organisation_id from due d)) as unreached,
             -- No answer, and none is wanted: a newer version is there.
             count(*) filter (where au.superseded_at is not null and not (au.organisation_id in (
                 select k.organisation_id from received k where k.stage is null)
               or (au.organisation_id, au.ceptoar_id, au.stage) in (
                 select k.organisation_id, k.ceptoar_id, k.stage from received k
                 where k.stage is not null))) as superseded
      from public.advisory_audience au
      where au.advisory_id = p_advisory and au.stage = any (hops)
        and (everything or au.ceptoar_id = any (scope))
      group by 1, 2)
    select o.ceptoar_id, o.stage, o.organisations, o.acknowledged, o.unreached,
           coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.sent, 0), coalesce(w.refused, 0),
           coalesce(w.cancelled, 0), w.first_at, w.last_at, o.superseded
    from organisations o left join windows w on w.ceptoar_id = o.ceptoar_id and w.stage = o.stage;
  end $function$;
