-- A customer may pay for several at once: the end of one is not the end of all.
create table source_subscription (
  source text collate "C" not null,
  id text collate "C" not null,
  referee text collate "C" not null,
  paid_until timestamptz,
  ended_at timestamptz,
  primary key (source, id)
);
create index source_subscription_referee on source_subscription (source, referee);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on source_subscription to grains');
  end if;
end $$;
