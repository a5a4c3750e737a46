-- A link to the portal is a key that opens it for one referrer, for a while.
alter table api_key add column referrer bigint;
create index api_key_link on api_key (expires_at) where referrer is not null;

-- How a tenant's portal looks, and whose pages may show it in a frame.
create table portal_settings (
  tenant int primary key references tenant,
  title text,
  accent text collate "C",
  background text collate "C",
  foreground text collate "C",
  font text collate "C",
  logo text collate "C",
  frame_origins text[] collate "C" not null default '{}'
);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update on portal_settings to grains');
  end if;
end $$;
