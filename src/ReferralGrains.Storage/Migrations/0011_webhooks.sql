-- What others have told us and is still to be looked at, once for each event. It holds no content: what is so is asked afterwards.
create table webhook_inbox (
  id bigint generated always as identity primary key,
  tenant int not null,
  -- stripe, or a source of actions.
  source text collate "C" not null,
  -- Whom the event is about at the source; empty where it is the tenant itself.
  account text collate "C" not null,
  event text collate "C" not null,
  type text collate "C" not null,
  about text collate "C",
  received_at timestamptz not null default now(),
  attempts int not null default 0,
  -- Null when there is nothing more to do.
  next_at timestamptz,
  -- 0 waits, 1 followed, 2 nothing of ours, 3 shown to people, 4 given up.
  outcome smallint not null default 0,
  detail text
) with (fillfactor = 80);
create unique index webhook_inbox_event on webhook_inbox (tenant, source, account, event);
create index webhook_inbox_next on webhook_inbox (next_at, id) where next_at is not null;
create index webhook_inbox_shown on webhook_inbox (tenant, id) where outcome in (3, 4);

-- Up to when a source was asked for events that never came.
create table webhook_sweep (
  tenant int not null,
  source text collate "C" not null,
  swept_to timestamptz not null,
  primary key (tenant, source)
);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on webhook_inbox, webhook_sweep to grains');
    execute format('grant usage on sequence webhook_inbox_id_seq to grains');
  end if;
end $$;
