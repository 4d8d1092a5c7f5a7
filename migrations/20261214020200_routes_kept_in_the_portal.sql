-- Over which offices advisories reach a CEPTOAR is for the centre's approvers to say, from a day on
-- (docs/decisions/0050-routes.md). From the first change in the portal on, the files no longer speak of that CEPTOAR's road.

-- Never read: whether somebody decides at a hop is the agreement's to say (relay_rules).
alter table route_stages drop column automatic;

alter table directory_changes drop constraint directory_changes_subject_check, drop constraint directory_changes_whose,
  add constraint directory_changes_subject_check check (
    subject in ('membership', 'name', 'window', 'partnership', 'group', 'group_member', 'relay_rule', 'route')),
  add constraint directory_changes_whose check (
    (organisation_id is null) = (subject in ('group', 'relay_rule', 'route'))
    and (subgroup_id is not null) = (subject in ('group', 'group_member')));
create policy centre_changes_routes on directory_changes for insert to portal_app with check (
  subject = 'route' and made_by = (select viewer_account()) and made_at = (select viewer_now())
  and exists (select from affiliations f
              where f.account_id = made_by and f.organisation_id = made_by_organisation and f.role = 'nisc_approver'
                and f.valid @> viewer_today()));
-- What the desk writes down is its own, and no route.
alter policy own_change on directory_changes with check (
  made_by = (select viewer_account()) and made_at = (select viewer_now()) and subject <> 'route'
  and (directory_keeps_ceptoar(ceptoar_id) or (subject = 'window' and directory_keeps_window(contact_id))));
-- Over which offices the road goes is no secret of a desk: whoever looks over it reads when it changed, and why.
create policy routes_are_seen on directory_changes for select to portal_app using (
  subject = 'route' and ((select viewer_at_centre()) or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])));

-- Another road from a day on, and nothing that was planned for later days. It ends at the members, is written down in the same
-- transaction, changes nothing of the past, and takes no desk off it that decides by agreement.
create function route_lead_over(p_ceptoar text, p_on date, p_ministry boolean, p_secretariat boolean) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$ begin
    if p_on is null or p_on < public.viewer_today() or p_ministry is null or p_secretariat is null
       or not exists (select from public.directory_changes c
                      where c.subject = 'route' and c.ceptoar_id = p_ceptoar and c.made_by = public.viewer_account()
                        and c.made_at = public.viewer_now() and c.effective_on = p_on)
       or not public.viewer_has_role('nisc_approver')
       or not p_secretariat and exists (
            select from public.relay_rules r
            where r.ceptoar_id = p_ceptoar and 'decided' in (r.office_hours, r.off_hours) and r.valid && daterange(p_on, null)) then
      raise exception 'a road is changed by an approver, from today on, with a reason' using errcode = 'insufficient_privilege';
    end if;
    update public.route_stages r
      set valid = case when lower(r.valid) >= p_on then 'empty' else daterange(lower(r.valid), p_on) end
      where r.ceptoar_id = p_ceptoar and not isempty(r.valid) and (upper_inf(r.valid) or upper(r.valid) > p_on);
    insert into public.route_stages (ceptoar_id, position, stage, valid)
      select p_ceptoar, row_number() over (order by s.place), s.stage, daterange(p_on, null)
      from (values (1, 'ministry', p_ministry), (2, 'secretariat', p_secretariat), (3, 'member', true)) s (place, stage, is_on)
      where s.is_on;
  end $$;
comment on function route_lead_over(text, date, boolean, boolean) is 'over which offices items reach the members of a CEPTOAR, from a day on';
revoke execute on function route_lead_over(text, date, boolean, boolean) from public;
grant execute on function route_lead_over(text, date, boolean, boolean) to portal_app;
