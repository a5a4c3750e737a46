-- Other systems whose events become actions. The secret that signs them is in no table: secret_ref names it in the server's own file.
create table source (
  id text collate "C" primary key,
  tenant int not null,
  kind text collate "C" not null,
  program text collate "C" not null,
  secret_ref text collate "C" not null,
  mapping json not null,
  created_at timestamptz not null default now()
);
create index source_tenant on source (tenant, created_at, id);

-- What an object of a source belongs to here: a payment or an order to the sale that was recorded for it, and to whose it was.
create table source_link (
  source text collate "C" not null,
  object text collate "C" not null,
  action_id text collate "C" not null,
  referee text collate "C" not null,
  primary key (source, object)
);

-- Events that name a payment of which nothing is known yet. They are taken up when it is.
create table source_waiting (
  source text collate "C" not null,
  event text collate "C" not null,
  object text collate "C" not null,
  body json not null,
  received_at timestamptz not null default now(),
  primary key (source, event, object)
);
create index source_waiting_object on source_waiting (source, object);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on source, source_link, source_waiting to grains');
  end if;
end $$;
