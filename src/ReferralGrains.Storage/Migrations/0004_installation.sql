-- Tells two installations on one account of a payment provider apart: it is in every key under which money is sent. A restored copy has
-- the same one, and so sends under the same keys.
create table installation (
  is_one boolean primary key default true check (is_one),
  name text collate "C" not null
);
insert into installation (name) values (replace(gen_random_uuid()::text, '-', ''));

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select on installation to grains');
  end if;
end $$;
