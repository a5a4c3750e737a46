-- The ring of keys that seal sessions of people's browsers: every gateway opens what another one sealed, also after a restart. Whoever reads
-- it can open a session only with the browser's own cookie, and makes none: what is inside is an API key.
create table session_key (
  name text collate "C" primary key,
  content text not null
);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert on session_key to grains');
  end if;
end $$;
