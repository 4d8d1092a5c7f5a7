-- Templates and house phrases for writing advisories (docs/decisions/0054-templates-and-phrases.md). A save is a row of its
-- own, so what a template said before stays; nothing is deleted, what is not used any more is archived.
create table advisory_templates (
  template_id uuid not null,
  version integer not null constraint advisory_templates_version check (version between 1 and 9999),
  name text not null constraint advisory_templates_name check (char_length(name) between 1 and 60),
  kind text not null constraint advisory_templates_kind check (kind in ('early_warning', 'alert', 'reference', 'newsletter')),
  title text not null default '' constraint advisory_templates_title check (char_length(title) <= 60),
  summary text not null default '' constraint advisory_templates_summary check (char_length(summary) <= 4000),
  impact text not null default '' constraint advisory_templates_impact check (char_length(impact) <= 4000),
  countermeasure text not null default '' constraint advisory_templates_countermeasure check (char_length(countermeasure) <= 4000),
  purpose text not null constraint advisory_templates_purpose check (purpose in ('prevention', 'containment', 'recurrence')),
  level text not null constraint advisory_templates_level check (level in ('RED', 'AMBER_STRICT', 'AMBER', 'GREEN', 'CLEAR')),
  handler_scope text not null constraint advisory_templates_scope check (handler_scope in ('named', 'handlers', 'organisation')),
  due_hours smallint constraint advisory_templates_due check (due_hours between 1 and 2160),
  archived boolean not null default false,
  saved_by uuid references accounts,              -- null: came with the portal
  saved_by_name text not null default '',
  saved_at timestamptz not null,
  constraint advisory_templates_one_next primary key (template_id, version),
  constraint advisory_templates_red_is_named check ((level = 'RED') = (handler_scope = 'named'))
);
comment on table advisory_templates is 'what a draft may begin with; each save is a version, the highest counts';

create table advisory_phrases (
  phrase_id uuid not null,
  version integer not null constraint advisory_phrases_version check (version between 1 and 9999),
  field text not null constraint advisory_phrases_field check (field in ('summary', 'impact', 'countermeasure')),
  name text not null constraint advisory_phrases_name check (char_length(name) between 1 and 60),
  body text not null constraint advisory_phrases_body check (char_length(body) between 1 and 4000),
  archived boolean not null default false,
  saved_by uuid references accounts,              -- null: came with the portal
  saved_by_name text not null default '',
  saved_at timestamptz not null,
  constraint advisory_phrases_one_next primary key (phrase_id, version)
);
comment on table advisory_phrases is 'named texts that the form offers at a field; each save is a version, the highest counts';

-- Who and when is the database's to say; versions have no gaps, so that whoever saves names the one that they saw.
create function advisory_phrases_saved() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
  declare last integer;
  begin
    if public.said_by_owner() then return new; end if;
    new.saved_by := public.viewer_account();
    new.saved_by_name := coalesce((select a.display_name from public.accounts a where a.account_id = new.saved_by), '');
    new.saved_at := public.viewer_now();
    -- Whoever may not write here learns nothing: row security refuses them after this.
    if not public.viewer_at_centre() then return new; end if;
    if tg_table_name = 'advisory_templates' then
      select max(t.version) into last from public.advisory_templates t where t.template_id = new.template_id;
    else
      select max(p.version) into last from public.advisory_phrases p where p.phrase_id = new.phrase_id;
    end if;
    if new.version is distinct from coalesce(last, 0) + 1 then
      raise exception 'not the next version' using errcode = 'unique_violation',
        constraint = tg_table_name || '_one_next';
    end if;
    return new;
  end $$;
revoke execute on function advisory_phrases_saved() from public;
create trigger advisory_templates_saved before insert on advisory_templates
  for each row execute function advisory_phrases_saved();
create trigger advisory_phrases_saved before insert on advisory_phrases for each row execute function advisory_phrases_saved();

call protect('advisory_templates');
call protect('advisory_phrases');
create policy centre on advisory_templates for select to portal_app using ((select viewer_at_centre()));
create policy keep on advisory_templates for insert to portal_app with check ((select viewer_at_centre()));
create policy centre on advisory_phrases for select to portal_app using ((select viewer_at_centre()));
create policy keep on advisory_phrases for insert to portal_app with check ((select viewer_at_centre()));
-- Which account it was is the trail's to say; the name stands with the version.
grant select (template_id, version, name, kind, title, summary, impact, countermeasure, purpose, level, handler_scope, due_hours,
              archived, saved_by_name, saved_at),
      insert (template_id, version, name, kind, title, summary, impact, countermeasure, purpose, level, handler_scope, due_hours,
              archived) on advisory_templates to portal_app;
grant select (phrase_id, version, field, name, body, archived, saved_by_name, saved_at),
      insert (phrase_id, version, field, name, body, archived) on advisory_phrases to portal_app;

-- What the portal begins with: suggestions in words of its own.
insert into advisory_templates (template_id, version, name, kind, title, summary, impact, countermeasure, purpose, level,
                                handler_scope, due_hours, saved_at) values
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d1001', 1, 'VPN機器等の脆弱性', 'early_warning', '〔製品名〕の脆弱性の悪用について',
   E'〔製品名〕の脆弱性〔CVE番号〕を悪用した攻撃が確認されています。\n\n- 影響を受けるバージョン: 〔バージョン〕\n- 悪用の状況: 〔確認されている状況〕\n- 修正版: 〔公開状況〕',
   E'悪用された場合、外部から機器に侵入され、組織内のネットワークへの不正な接続に使われるおそれがあります。\n\n〔そのほかの影響〕',
   E'1. 〔製品名〕を使用しているか、委託先が管理する機器も含めて確認してください。\n2. 使用している場合は、修正版〔バージョン〕を適用してください。\n3. すぐに適用できない場合は、〔回避策〕を実施してください。\n4. 適用前に侵入されていないか、〔確認期間〕のログを確認してください。\n5. 不審な点があれば、所属するセプターの事務局へ連絡してください。',
   'containment', 'AMBER', 'handlers', 24, '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d1002', 1, '長期休暇前後の対策', 'alert', '〔休暇の名称〕前後の対策の確認について',
   E'〔休暇の名称〕の期間(〔期間〕)は、担当の方が不在になり、攻撃や障害に気付くのが遅れることがあります。休暇の前後に、次の対策をご確認ください。',
   '',
   E'休暇の前\n\n- 緊急時の連絡体制と、ポータルに登録した夜間・休日の連絡先を確認してください。\n- 使用しない機器の電源を切り、機器とソフトウェアを最新の状態にしてください。\n- バックアップを取り、ネットワークから切り離した場所に保管してください。\n\n休暇の後\n\n- 休暇中に公開された修正版を確認し、適用してください。\n- 休暇中のログに不審な記録がないか確認してください。\n- たまった電子メールの添付ファイルやリンクを、不用意に開かないよう周知してください。',
   'prevention', 'GREEN', 'organisation', null, '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d1003', 1, '参考情報', 'reference', '〔件名〕について(参考)',
   E'〔どこが、いつ、何を公表したか〕についてお知らせします。\n\n〔要点〕',
   '',
   '参考としてお知らせするもので、特別な対応は求めません。〔必要に応じて確認していただきたいこと〕',
   'prevention', 'GREEN', 'organisation', null, '-infinity');
insert into advisory_phrases (phrase_id, version, field, name, body, saved_at) values
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2001', 1, 'countermeasure', 'パスワードの変更',
   '- 管理者を含むすべての利用者のパスワードを、ほかで使っていないものに変更してください。', '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2002', 1, 'countermeasure', '多要素認証',
   '- 外部から接続するすべてのアカウントで、多要素認証を有効にしてください。', '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2003', 1, 'countermeasure', '更新プログラムの適用',
   '- 開発元の公開する更新プログラムを、動作への影響を確かめたうえで、早めに適用してください。', '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2004', 1, 'countermeasure', 'ログの確認',
   '- 〔確認期間〕の通信と認証のログを確認し、見覚えのない接続元や時間帯の記録がないか調べてください。', '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2005', 1, 'countermeasure', '委託先への確認',
   '- 保守や運用を委託している場合は、委託先が管理する機器も対象に含めて確認してください。', '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2006', 1, 'countermeasure', '異常があったときの連絡',
   '- 不審な点があれば、機器の電源を切らずにネットワークから切り離し、所属するセプターの事務局へ連絡してください。', '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2007', 1, 'impact', 'サービスへの影響は未確認',
   '現時点で、重要インフラサービスへの影響は確認されていません。', '-infinity'),
  ('5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2008', 1, 'summary', '続報の予定',
   '新しいことが分かりしだい、続報でお知らせします。', '-infinity');
