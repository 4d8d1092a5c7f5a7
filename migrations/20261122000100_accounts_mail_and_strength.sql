-- Where a person is told about their own account (invitations, resets, changed authenticators).
alter table accounts add column mail_address text;

-- Two more things that somebody can be. Neither reads an item by it: no viewer_… function names them.
alter table affiliations drop constraint affiliations_role_check;
alter table affiliations add constraint affiliations_role_check check (role in (
  'nisc_analyst', 'nisc_approver', 'ministry_liaison', 'secretariat', 'coordinator',
  'member_poc', 'member_reader', 'hub_member',
  'council_delegate', 'wg_chair', 'council_observer', 'auditor', 'member_admin', 'system_admin'));
