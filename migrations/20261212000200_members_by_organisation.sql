-- The search brings up to a thousand of those found into the government's order. With all that it asks about a
-- membership in one index, the table is not touched, and the planner does not take the slower index of periods.
create index memberships_of_organisation on memberships (organisation_id) include (ceptoar_id, valid);
drop index memberships_organisation;
