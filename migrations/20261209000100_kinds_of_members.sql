-- As what a body belongs to a CEPTOAR (decision 0043): a member of full right, or an observer, whom the printed numbers
-- count inside ("29社、うちオブザーバー3社"). Dated like everything else that a membership says: another kind from a day on
-- is a row more, and `directory_versions` keeps what was said before. Every membership so far is one of full right.
alter table memberships
  add column kind text not null default 'full',
  add constraint memberships_kind check (kind in ('full', 'observer'));
grant insert (kind), update (kind) on memberships to portal_app;
