//! Opening one wall, to see that the other holds alone.

use ceptoar_portal::app::router::router;
use ceptoar_portal::platform::web::state::FirstWall;

use super::world::World;

/// The code permits everything from here on; the database decides alone.
pub fn open_first(world: &mut World) {
    world.app.state.first_wall = FirstWall::OpenForTests;
    let router = router(world.app.state.clone());
    world.app.router = router.clone();
    world.behind(&router);
}

/// The database permits everything from here on, its own functions included; the code decides alone.
pub async fn open_second(world: &World) {
    sqlx::raw_sql(OPEN).execute(&mut world.app.database.owner().await).await.expect("an open wall");
}

const OPEN: &str = "
do $$ declare t regclass; begin
  for t in select c.oid::regclass from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  loop execute format('alter table %s disable row level security', t); end loop;
end $$;
alter table advisories disable trigger user;
create or replace function viewer_has_role(variadic roles text[]) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp as 'select true';
create or replace function viewer_organisations() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select array_agg(organisation_id) from public.organisations';
create or replace function viewer_answering_organisations() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select array_agg(organisation_id) from public.organisations';
create or replace function viewer_ceptoars() returns text[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select array_agg(ceptoar_id) from public.ceptoars';
create or replace function viewer_hats(p_advisories uuid[])
  returns table (advisory_id uuid, ceptoar_id text, stage text, organisation_id uuid, role text, contact_id uuid,
                 sealed boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select au.advisory_id, au.ceptoar_id, au.stage, au.organisation_id, ''member_poc''::text, null::uuid, false
      from public.advisory_audience au where p_advisories is null or au.advisory_id = any (p_advisories)';
create or replace function viewer_items() returns table (advisory_id uuid, content boolean)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select advisory_id, true from public.advisories';
create or replace function viewer_drafts() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select array_agg(advisory_id) from public.advisories where state <> ''published''';
create or replace function viewer_own_drafts() returns uuid[]
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select array_agg(advisory_id) from public.advisories where state = ''draft''';
";
