-- 変更申請: a firm proposes that its master data be changed, and its secretariat decides
-- (docs/decisions/0028-proposals.md). What is accepted goes into the directory as any other change of the desk.

create table directory_proposals (
  proposal_id uuid primary key,
  ceptoar_id text not null references ceptoars,
  organisation_id uuid not null references organisations,
  effective_on date not null,
  reason text not null constraint directory_proposals_reason check (char_length(reason) between 1 and 200),
  wanted jsonb not null,                       -- the fields that are to be different, and nothing else
  before jsonb not null,                       -- what was said of them then, as people read it
  after jsonb not null,                        -- what is to be said
  state text not null default 'open' check (state in ('open', 'accepted', 'returned', 'taken_back')),
  made_by uuid not null references accounts,
  made_at timestamptz not null,
  decided_by uuid references accounts,
  decided_at timestamptz,
  answer text not null default '' constraint directory_proposals_answer check (char_length(answer) <= 500),
  looked_at timestamptz,                       -- when the firm saw that it was returned
  constraint directory_proposals_decided check (
    (state = 'open') = (decided_by is null) and (decided_by is null) = (decided_at is null)),
  constraint directory_proposals_says_why check (state <> 'returned' or answer <> ''),
  constraint directory_proposals_of_member unique (proposal_id, organisation_id, ceptoar_id)
);
-- One at a time: the desk decides about a member as it is, not about a queue of wishes.
create unique index directory_proposals_one_open on directory_proposals (ceptoar_id, organisation_id) where state = 'open';
create index directory_proposals_ceptoar on directory_proposals (ceptoar_id, made_at desc);
create index directory_proposals_organisation on directory_proposals (organisation_id, made_at desc);
comment on table directory_proposals is 'a firm asks that its master data be changed; its secretariat accepts or returns it';

-- The history names the proposal that a change came of.
alter table directory_changes add column proposal_id uuid,
  add constraint directory_changes_proposal foreign key (proposal_id, organisation_id, ceptoar_id)
    references directory_proposals (proposal_id, organisation_id, ceptoar_id);
create index directory_changes_proposal on directory_changes (proposal_id) where proposal_id is not null;

-- Whoever keeps a firm's accounts speaks for it, where it is a member or will be.
create function directory_proposes_for(p_organisation uuid, p_ceptoar text) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return exists (select from public.affiliations f
                   where f.account_id = public.viewer_account() and f.valid @> public.viewer_today()
                     and f.role = 'member_admin' and f.organisation_id = p_organisation
                     and (f.ceptoar_id is null or f.ceptoar_id = p_ceptoar))
      and exists (select from public.memberships m
                  where m.organisation_id = p_organisation and m.ceptoar_id = p_ceptoar
                    -- Who has left has nothing to propose any more.
                    and (upper_inf(m.valid) or upper(m.valid) > public.viewer_today()));
  end $$;

call protect('directory_proposals');
create policy those_concerned on directory_proposals for select to portal_app using (
  (select viewer_at_centre())
  or ceptoar_id = any ((select viewer_secretariat_ceptoars())::text[])
  or (organisation_id = any ((select viewer_kept_firms())::uuid[]) and directory_proposes_for(organisation_id, ceptoar_id)));
create policy firm_proposes on directory_proposals for insert to portal_app with check (
  state = 'open' and made_by = (select viewer_account()) and made_at = (select viewer_now()) and looked_at is null
  and directory_proposes_for(organisation_id, ceptoar_id));
create policy firm_answers on directory_proposals for update to portal_app
  using (state in ('open', 'returned') and directory_proposes_for(organisation_id, ceptoar_id))
  with check (state in ('taken_back', 'returned') and directory_proposes_for(organisation_id, ceptoar_id));
create policy desk_decides on directory_proposals for update to portal_app
  using (state = 'open' and directory_keeps_ceptoar(ceptoar_id))
  with check (state in ('accepted', 'returned') and directory_keeps_ceptoar(ceptoar_id));
grant select, insert (proposal_id, ceptoar_id, organisation_id, effective_on, reason, wanted, before, after, made_by, made_at),
      update (state, decided_by, decided_at, answer, looked_at) on directory_proposals to portal_app;

-- The steps of a proposal (src/features/directory/proposals/proposal.rs says the same in code), and whose they are.
create function directory_proposals_take_steps() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.state = 'open' and new.state in ('accepted', 'returned', 'taken_back') then
    if new.decided_by is distinct from public.viewer_account() or new.decided_at is distinct from public.viewer_now()
       or new.looked_at is not null then
      raise exception 'a step is taken in one''s own name' using errcode = 'check_violation';
    end if;
    if not (case when new.state = 'taken_back' then public.directory_proposes_for(new.organisation_id, new.ceptoar_id)
                 else public.directory_keeps_ceptoar(new.ceptoar_id) end) then
      raise exception 'a proposal is decided by the desk and taken back by the firm' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end if;
  -- That the firm has seen it is all that is still written later.
  if old.state = 'returned' and new.state = 'returned'
     and (new.decided_by, new.decided_at, new.answer) is not distinct from (old.decided_by, old.decided_at, old.answer) then
    return new;
  end if;
  raise exception 'a proposal does not go from % to %', old.state, new.state using errcode = 'check_violation';
end $$;
create trigger directory_proposals_steps before update on directory_proposals
  for each row execute function directory_proposals_take_steps();

-- Who made a proposal, so that the desk knows whom to ask: for those who may see the proposal, but not the centre.
create function directory_proposal_maker(p_proposal uuid) returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    return (select a.display_name
            from public.directory_proposals p join public.accounts a on a.account_id = p.made_by
            where p.proposal_id = p_proposal
              and (p.ceptoar_id = any (public.viewer_secretariat_ceptoars())
                   or public.directory_proposes_for(p.organisation_id, p.ceptoar_id)));
  end $$;

-- Tells the people of the desk of a proposal that the viewer just made; answers how many letters.
create function directory_proposal_tell_desk(p_proposal uuid, p_subjects text[], p_bodies text[], p_hashes bytea[])
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    proposal public.directory_proposals;
  begin
    select * into proposal from public.directory_proposals p where p.proposal_id = p_proposal;
    if not found or proposal.state <> 'open' or proposal.made_by is distinct from public.viewer_account()
       or proposal.made_at is distinct from public.viewer_now() then
      raise exception 'a desk is told by whoever proposes, once' using errcode = 'insufficient_privilege';
    end if;
    return public.follow_up_write(proposal.ceptoar_id, p_subjects, p_bodies, p_hashes, public.viewer_today(),
                                  public.viewer_now());
  end $$;

-- Tells whoever proposed it of the decision that the viewer just took; when they are no longer there, those who keep
-- the firm's accounts now.
create function directory_proposal_tell_firm(p_proposal uuid, p_subjects text[], p_bodies text[], p_hashes bytea[])
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  declare
    proposal public.directory_proposals;
    person record;
    sent integer := 0;
    which integer;
  begin
    select * into proposal from public.directory_proposals p where p.proposal_id = p_proposal;
    if not found or proposal.state not in ('accepted', 'returned') or proposal.decided_by is distinct from public.viewer_account()
       or proposal.decided_at is distinct from public.viewer_now() then
      raise exception 'a firm is told by whoever decides, once' using errcode = 'insufficient_privilege';
    end if;
    for person in
      with keepers as (
        select distinct a.account_id, a.mail_address, a.display_name, a.language
        from public.affiliations f join public.accounts a using (account_id)
        where f.organisation_id = proposal.organisation_id and f.role = 'member_admin'
          and (f.ceptoar_id is null or f.ceptoar_id = proposal.ceptoar_id) and f.valid @> public.viewer_today()
          and a.mail_address is not null and a.suspended_at is null)
      select k.* from keepers k
      where k.account_id = proposal.made_by
         or not exists (select from keepers x where x.account_id = proposal.made_by)
    loop
      which := case person.language when 'en' then 2 else 1 end;
      perform public.enqueue_account_letter(person.account_id, person.mail_address, person.display_name, person.language,
                                            p_subjects[which], p_bodies[which], p_hashes[which], public.viewer_now());
      sent := sent + 1;
    end loop;
    return sent;
  end $$;

grant execute on function directory_proposes_for(uuid, text), directory_proposal_maker(uuid),
  directory_proposal_tell_desk(uuid, text[], text[], bytea[]),
  directory_proposal_tell_firm(uuid, text[], text[], bytea[]) to portal_app;
