-- What sandboxes asked of the stand-in for a payment provider, in order: every process runs it again and so has the same stand-in. No money
-- moves there.
create table standin_call (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  method text not null,
  target text not null,
  headers json not null,
  body bytea not null
);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert on standin_call to grains');
  end if;
end $$;
