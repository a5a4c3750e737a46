-- Where tenants want to be told of what happens. Each is told one event after the other, by one process at a time.
create table webhook_target (
  id bigint generated always as identity primary key,
  tenant int not null,
  url text not null,
  description text,
  -- Of which types; of all where it names none.
  events smallint[] not null,
  -- Signs what is sent, so it is kept as it is; so is the one before it, for as long as a rotation takes.
  secret text not null,
  old_secret text,
  old_until timestamptz,
  -- 1 enabled, 2 switched off by a person, 3 switched off because it took nothing for days, 4 because it said that it is gone.
  state smallint not null default 1,
  why text,
  -- The last event that it has taken, or that is not for it.
  position bigint not null,
  attempts int not null default 0,
  failing_since timestamptz,
  next_at timestamptz not null,
  -- Who tells it now. Whoever else finds the term over goes on from the position: told twice, never left out.
  holder uuid,
  held_until timestamptz,
  created_at timestamptz not null default now(),
  -- The request that made it, where its sender named it: sent again, it makes no other.
  request bytea unique
) with (fillfactor = 60);
create index webhook_target_tenant on webhook_target (tenant, id);
create index webhook_target_next on webhook_target (next_at) where state = 1;

-- What tenants are told, in the order of the journal: which row of it, and which of that row's events. It holds no content, but of what
-- was made up in a sandbox; what is said is read from the journal when it is said. Only for tenants that want to be told.
create table webhook_event (
  id bigint primary key,
  tenant int not null,
  stream bigint not null,
  seq bigint not null,
  n int not null,
  type smallint not null,
  at timestamptz not null,
  told_at timestamptz not null default now(),
  -- What it is about, where no row of the journal says it.
  about bigint,
  data json
);
create unique index webhook_event_tenant on webhook_event (tenant, id);
create unique index webhook_event_name on webhook_event (tenant, stream, seq, n);

-- What no row of the journal says, written by the transaction in which it happens.
create table webhook_told (
  id bigint generated always as identity primary key,
  tenant int not null,
  xid xid8 not null default pg_current_xact_id(),
  type smallint not null,
  at timestamptz not null,
  about bigint,
  data json
);

-- Who reads events without an endpoint; they are gathered for as long.
create table webhook_reader (
  tenant int primary key,
  until timestamptz not null
);

-- How far the journal was looked through, and the number of the last event.
create table webhook_progress (
  is_one boolean primary key default true check (is_one),
  xid xid8 not null,
  commit_id bigint not null,
  last_event bigint not null
);
insert into webhook_progress (xid, commit_id, last_event)
  select coalesce((select xid from commit order by xid desc, id desc limit 1), '0'), coalesce((select id from commit order by xid desc, id desc limit 1), 0), 0;

-- Each attempt, for people who ask what became of an event.
create table webhook_delivery (
  id bigint generated always as identity primary key,
  tenant int not null,
  target bigint not null,
  event text not null,
  type smallint not null,
  -- 1 in its turn, 2 sent again by a person, 3 a test.
  cause smallint not null,
  attempt int not null,
  at timestamptz not null,
  milliseconds int not null,
  status int,
  failure text
);
create index webhook_delivery_target on webhook_delivery (target, id);
create index webhook_delivery_at on webhook_delivery (at);

-- Flags are raised by what is kept nowhere else, so the journal does not say it: this does, in the same commit.
create function tell_flag() returns trigger language plpgsql as $$
begin
  if new.state between 1 and 3 and (tg_op = 'INSERT' or new.state is distinct from old.state)
    and (exists (select from webhook_target t where t.tenant = new.tenant) or exists (select from webhook_reader r where r.tenant = new.tenant and r.until > now()))
  then
    -- 30 raised, 31 cleared, 32 confirmed.
    insert into webhook_told (tenant, type, at, about, data)
    values (new.tenant, 29 + new.state, coalesce(new.resolved_at, new.opened_at), new.stream, json_build_object('kind', new.kind, 'reason', new.reason));
  end if;
  return null;
end $$;
create trigger flag_told after insert or update on flag for each row execute function tell_flag();

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on webhook_target, webhook_event, webhook_told, webhook_reader, webhook_delivery to grains');
    execute format('grant select, update on webhook_progress to grains');
    execute format('grant usage on all sequences in schema %I to grains', current_schema());
  end if;
end $$;
