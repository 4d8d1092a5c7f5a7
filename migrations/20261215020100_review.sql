-- Review of what waits for approval (docs/decisions/0053-review-at-the-line.md): comments at a field and a line, what a
-- submission said, and which save an approver has looked at. Rows are only added; who, when and at which save is the
-- database's to say. All of it stays at the centre.

-- What an item said when it was submitted: written by the submission itself, so that nobody can write another.
create table advisory_submissions (
  submission_id bigint generated always as identity primary key,
  advisory_id uuid not null references advisories on delete cascade,
  edits integer not null,
  content jsonb not null,
  submitted_at timestamptz not null
);
comment on table advisory_submissions is 'what an item said each time it was submitted: for the difference at the next look';
create index advisory_submissions_item on advisory_submissions (advisory_id, submission_id desc);

create function advisory_content(p_advisory uuid) returns jsonb
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select jsonb_build_object(
      'kind', t.kind, 'title', t.title, 'summary', t.summary, 'impact', t.impact, 'countermeasure', t.countermeasure,
      'purpose', t.purpose, 'links', t.links, 'cves', t.cves, 'products', t.products,
      'level', a.level, 'handler_scope', a.handler_scope, 'drill', a.drill,
      'answer_due', a.answer_due, 'measures_due', a.measures_due, 'valid_until', a.valid_until,
      -- Files and limited sections: what they are called, how far they go, and what tells one from another.
      'parts', coalesce((
        select jsonb_agg(jsonb_build_object(
                 'name', case when p.body is null then f.name else p.heading end,
                 'level', public.strictest(p.level, a.level), 'scope', public.strictest(p.handler_scope, a.handler_scope),
                 'mark', left(encode(coalesce(f.sha256, sha256(convert_to(p.body, 'UTF8'))), 'hex'), 8))
               order by p.file_id is null, p.added_at, p.part_id)
        from public.advisory_parts p left join public.stored_files f on f.file_id = p.file_id
        where p.advisory_id = a.advisory_id), '[]'),
      'sectors', array(select d.sector_id from public.advisory_addressees d
                       where d.advisory_id = a.advisory_id and d.sector_id is not null order by 1),
      'ceptoars', array(select d.ceptoar_id from public.advisory_addressees d
                        where d.advisory_id = a.advisory_id and d.ceptoar_id is not null order by 1),
      'subgroups', array(select d.subgroup_id from public.advisory_addressees d
                         where d.advisory_id = a.advisory_id and d.subgroup_id is not null order by 1),
      'contacts', array(select d.contact_id from public.advisory_addressees d
                        where d.advisory_id = a.advisory_id and d.contact_id is not null order by 1))
    from public.advisories a join public.advisory_texts t using (advisory_id) where a.advisory_id = p_advisory $$;
revoke execute on function advisory_content(uuid) from public;

create function advisory_submissions_keep() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    insert into public.advisory_submissions (advisory_id, edits, content, submitted_at)
    select new.advisory_id, new.edits, public.advisory_content(new.advisory_id), coalesce(new.submitted_at, public.viewer_now())
    from public.advisory_texts t where t.advisory_id = new.advisory_id;
    return null;
  end $$;
create trigger advisory_submissions_keep after update of state on advisories
  for each row when (new.state = 'review' and old.state = 'draft') execute function advisory_submissions_keep();
-- What waits already.
insert into advisory_submissions (advisory_id, edits, content, submitted_at)
select a.advisory_id, a.edits, advisory_content(a.advisory_id), coalesce(a.submitted_at, a.created_at)
from advisories a join advisory_texts t using (advisory_id) where a.state = 'review';

-- Which save an approver has looked at.
create table advisory_looks (
  advisory_id uuid not null references advisories on delete cascade,
  account_id uuid not null references accounts,
  edits integer not null,
  looked_at timestamptz not null,
  primary key (advisory_id, account_id, edits)
);
comment on table advisory_looks is 'the saves of a waiting item that an approver has looked at';

create table advisory_comments (
  comment_id uuid primary key,
  entry bigint generated always as identity,      -- the order of writing
  advisory_id uuid not null references advisories on delete cascade,
  field text not null constraint advisory_comments_field check (field in ('kind', 'title', 'summary', 'impact',
    'countermeasure', 'products', 'cves', 'links', 'purpose', 'level', 'handler_scope', 'drill', 'addressees', 'answer_due',
    'measures_due', 'valid_until', 'parts')),
  line smallint constraint advisory_comments_line check (line between 1 and 4000),   -- null: the field as a whole
  quoted text not null default '' constraint advisory_comments_quoted check (char_length(quoted) <= 4000),
  body text not null constraint advisory_comments_body check (char_length(body) between 1 and 1000),
  edits integer not null,
  made_by uuid not null references accounts,
  made_by_name text not null,
  made_at timestamptz not null
);
comment on table advisory_comments is 'what reviewers say at a place of an item before it is published';
comment on column advisory_comments.quoted is 'the words of the line when the comment was made';
create index advisory_comments_item on advisory_comments (advisory_id, entry);

create table advisory_comment_steps (
  step_id bigint generated always as identity primary key,
  comment_id uuid not null references advisory_comments on delete cascade,
  step text not null constraint advisory_comment_steps_step check (step in ('answer', 'done', 'reopened')),
  body text not null default '' constraint advisory_comment_steps_body check (char_length(body) <= 1000),
  made_by uuid not null references accounts,
  made_by_name text not null,
  made_at timestamptz not null,
  constraint advisory_comment_steps_says check (step <> 'answer' or body <> '')
);
comment on table advisory_comment_steps is 'answers to a comment, and that it is dealt with; the newest of done and reopened counts';
create index advisory_comment_steps_comment on advisory_comment_steps (comment_id, step_id);

create table advisory_returns (
  return_id bigint generated always as identity primary key,
  advisory_id uuid not null references advisories on delete cascade,
  submission_id bigint references advisory_submissions on delete cascade,
  remark text not null default '' constraint advisory_returns_remark check (char_length(remark) <= 1000),
  open_comments integer not null,
  made_by uuid not null references accounts,
  made_by_name text not null,
  made_at timestamptz not null
);
comment on table advisory_returns is 'that an approver sent an item back, and what was said to it as a whole';
create index advisory_returns_item on advisory_returns (advisory_id, return_id desc);

-- Who and when is the database's to say.
create function advisory_review_names() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if public.said_by_owner() then return new; end if;
    new.made_by := public.viewer_account();
    new.made_by_name := coalesce((select a.display_name from public.accounts a where a.account_id = new.made_by), '');
    new.made_at := public.viewer_now();
    if tg_table_name = 'advisory_comments' then
      new.edits := coalesce((select a.edits from public.advisories a where a.advisory_id = new.advisory_id), 0);
    elsif tg_table_name = 'advisory_returns' then
      new.submission_id := (select max(s.submission_id) from public.advisory_submissions s where s.advisory_id = new.advisory_id);
      new.open_comments := public.advisory_open_comments(new.advisory_id);
    end if;
    return new;
  end $$;

-- How many comments at an item nobody has dealt with.
create function advisory_open_comments(p_advisory uuid) returns integer
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select count(*)::integer from public.advisory_comments c
    where c.advisory_id = p_advisory
      and coalesce((select s.step from public.advisory_comment_steps s
                    where s.comment_id = c.comment_id and s.step in ('done', 'reopened')
                    order by s.step_id desc limit 1), 'reopened') <> 'done' $$;
revoke execute on function advisory_open_comments(uuid) from public;
revoke execute on function advisory_review_names() from public;
revoke execute on function advisory_submissions_keep() from public;
create trigger advisory_comments_names before insert on advisory_comments for each row execute function advisory_review_names();
create trigger advisory_comment_steps_names before insert on advisory_comment_steps
  for each row execute function advisory_review_names();
create trigger advisory_returns_names before insert on advisory_returns for each row execute function advisory_review_names();

call protect('advisory_submissions');
call protect('advisory_looks');
call protect('advisory_comments');
call protect('advisory_comment_steps');
call protect('advisory_returns');
-- Texts of a draft are for those who may read it, and for nobody once it is published.
create policy draft on advisory_submissions for select to portal_app
  using (advisory_id = any ((select viewer_drafts())::uuid[]));
create policy own on advisory_looks for select to portal_app using (account_id = (select viewer_account()));
create policy look on advisory_looks for insert to portal_app with check (
  account_id = (select viewer_account()) and looked_at = (select viewer_now()) and (select viewer_has_role('nisc_approver'))
  and advisory_id = any ((select viewer_drafts())::uuid[])
  and exists (select from advisories a where a.advisory_id = advisory_looks.advisory_id and a.state = 'review'
              and a.edits = advisory_looks.edits));
-- Comments: whoever may read the draft; of a published item the people of the centre who may read that.
create policy centre on advisory_comments for select to portal_app using (
  advisory_id = any ((select viewer_drafts())::uuid[])
  or (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]));
create policy say on advisory_comments for insert to portal_app with check (
  advisory_id = any ((select viewer_drafts())::uuid[])
  and exists (select from advisory_submissions s where s.advisory_id = advisory_comments.advisory_id));
create policy centre on advisory_comment_steps for select to portal_app using (
  exists (select from advisory_comments c where c.comment_id = advisory_comment_steps.comment_id));
create policy say on advisory_comment_steps for insert to portal_app with check (
  exists (select from advisory_comments c where c.comment_id = advisory_comment_steps.comment_id
          and c.advisory_id = any ((select viewer_drafts())::uuid[])));
create policy centre on advisory_returns for select to portal_app using (
  advisory_id = any ((select viewer_drafts())::uuid[])
  or (select viewer_at_centre()) and advisory_id <> all ((select viewer_kept_from())::uuid[]));
create policy send_back on advisory_returns for insert to portal_app with check (
  (select viewer_has_role('nisc_approver')) and advisory_id = any ((select viewer_drafts())::uuid[])
  and exists (select from advisories a where a.advisory_id = advisory_returns.advisory_id and a.state = 'draft'
              and a.created_by <> (select viewer_account())));
grant select on advisory_submissions to portal_app;
grant select, insert on advisory_looks to portal_app;
grant select, insert (comment_id, advisory_id, field, line, quoted, body) on advisory_comments to portal_app;
grant select, insert (comment_id, step, body) on advisory_comment_steps to portal_app;
grant select, insert (advisory_id, remark) on advisory_returns to portal_app;
