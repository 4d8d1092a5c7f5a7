-- 情勢判断: what a CEPTOAR's coordinator or desk makes of the situation in its field, on record as it was judged, and
-- where it asks the centre for something, the centre's answer. The centre sees what is proposed to it and nothing else:
-- a coordinator thinks aloud for its own desk. Nothing is corrected: a newer judgement stands in the place of an older one.

create table judgements (
  judgement_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  grade text not null constraint judgements_grade check (grade in ('calm', 'watch', 'alert')),
  title text not null constraint judgements_title check (char_length(title) between 1 and 100),
  body text not null constraint judgements_body check (char_length(body) between 1 and 4000),
  proposal text not null default '' constraint judgements_proposal check (char_length(proposal) <= 2000),
  written_by uuid not null references accounts,
  written_by_name text not null,               -- as it was then
  written_at timestamptz not null,
  answer text constraint judgements_answer check (answer in ('taken_up', 'noted', 'declined')),
  answer_words text not null default '' constraint judgements_answer_words check (char_length(answer_words) <= 1000),
  answered_by uuid references accounts,
  answered_at timestamptz,
  taken_back_at timestamptz,
  taken_back_why text not null default '' constraint judgements_taken_back_why check (char_length(taken_back_why) <= 500),
  constraint judgements_answered check (
    (answer is null) = (answered_at is null) and (answer is null) = (answered_by is null)
    and (answer is null or proposal <> '')),
  constraint judgements_taken_back check ((taken_back_at is null) = (taken_back_why = '')),
  -- What the centre has answered stays.
  constraint judgements_one_end check (answered_at is null or taken_back_at is null)
);
create index judgements_ceptoar on judgements (ceptoar_id, written_at desc);
create index judgements_proposed on judgements (written_at desc) where proposal <> '';
comment on table judgements is 'what coordinators and desks judge of the situation in their field, and what they propose to the centre';

call protect('judgements');
create policy own_ceptoar on judgements for select to portal_app using (ceptoar_id = any ((select viewer_ceptoars())::text[]));
create policy proposed_to_centre on judgements for select to portal_app using (
  proposal <> '' and taken_back_at is null and (select viewer_at_centre()));
create policy own_ceptoar_writes on judgements for insert to portal_app with check (
  ceptoar_id = any ((select viewer_ceptoars())::text[]) and written_by = (select viewer_account())
  and written_at = (select viewer_now())
  and written_by_name = (select a.display_name from accounts a where a.account_id = (select viewer_account())));
grant select, insert (judgement_id, ceptoar_id, grade, title, body, proposal, written_by, written_by_name, written_at)
  on judgements to portal_app;

-- Taken back by its CEPTOAR before it is answered; whether it was.
create function judgement_take_back(p_id uuid, p_why text) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    update public.judgements j set taken_back_at = public.viewer_now(), taken_back_why = p_why
    where j.judgement_id = p_id and j.ceptoar_id = any (public.viewer_ceptoars())
      and j.answered_at is null and j.taken_back_at is null;
    return found;
  end $$;

-- Answered by the centre, once; whether it was.
create function judgement_answer(p_id uuid, p_answer text, p_words text) returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if not public.viewer_at_centre() then return false; end if;
    update public.judgements j
    set answer = p_answer, answer_words = p_words, answered_by = public.viewer_account(), answered_at = public.viewer_now()
    where j.judgement_id = p_id and j.proposal <> '' and j.answered_at is null and j.taken_back_at is null;
    return found;
  end $$;

revoke execute on function judgement_take_back(uuid, text), judgement_answer(uuid, text, text) from public;
grant execute on function judgement_take_back(uuid, text), judgement_answer(uuid, text, text) to portal_app;
