-- Published editions of the feature map (特性把握マップ): a frozen document each, public.
create table editions (
  edition_id text primary key,                 -- e.g. 2011-03-31
  as_of date not null unique,
  document jsonb not null,                     -- the whole edition as published, with evidence and confidence per cell
  published_at timestamptz not null
);
grant select on editions to portal_app;

create function editions_are_frozen() returns trigger language plpgsql
  set search_path = pg_catalog as $$
begin
  raise exception 'a published edition is never changed' using errcode = 'restrict_violation';
end $$;
create trigger editions_frozen before update or delete on editions
  for each row execute function editions_are_frozen();
