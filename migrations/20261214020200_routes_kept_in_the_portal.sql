-- Over which offices advisories reach a CEPTOAR is for the centre's approvers to say, from a day on
-- (docs/decisions/0050-routes.md). From the first change in the portal on, the files no longer speak of that CEPTOAR's road.

-- Never read: whether somebody decides at a hop is the agreement's to say (relay_rules).
alter table route_stages drop column automatic;

create policy centre_adds on route_stages for insert to portal_app with check ((select viewer_has_role('nisc_approver')));
create policy centre_changes on route_stages for update to portal_app
  using ((select viewer_has_role('nisc_approver'))) with check ((select viewer_has_role('nisc_approver')));
grant insert (ceptoar_id, position, stage, valid), update (valid) on route_stages to portal_app;

alter table directory_changes drop constraint directory_changes_subject_check, drop constraint directory_changes_whose,
  add constraint directory_changes_subject_check check (
    subject in ('membership', 'name', 'window', 'partnership', 'group', 'group_member', 'relay_rule', 'route')),
  add constraint directory_changes_whose check (
    (organisation_id is null) = (subject in ('group', 'relay_rule', 'route'))
    and (subgroup_id is not null) = (subject in ('group', 'group_member')));
create policy centre_changes_routes on directory_changes for insert to portal_app with check (
  subject = 'route' and (select viewer_has_role('nisc_approver'))
  and made_by = (select viewer_account()) and made_at = (select viewer_now()));
-- Over which offices the road goes is no secret of a desk: whoever looks over it reads when it changed, and why.
create policy routes_are_seen on directory_changes for select to portal_app using (
  subject = 'route' and ((select viewer_at_centre()) or ceptoar_id = any ((select viewer_ministry_ceptoars())::text[])));
