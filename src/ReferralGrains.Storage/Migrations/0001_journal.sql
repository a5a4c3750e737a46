-- The journal is the truth; balances, facts, due rows, referral rows and snapshots are folds of it that commit with it.
-- Every row and every index on the path of an action must earn its place.

create table tenant (
  id int generated always as identity primary key,
  name text collate "C" not null unique,
  sandbox boolean not null default false,
  -- The test clock of a sandbox tenant, and where it was set at first: the content that a repeated creation is compared with.
  clock_at timestamptz,
  clock_from timestamptz,
  created_at timestamptz not null default now(),
  check (sandbox or clock_at is null)
);

create table api_key (
  id bigint generated always as identity primary key,
  tenant int references tenant,
  role text not null,
  -- Of 256 random bits: nothing to brute-force, so no slow hash is needed.
  sha256 bytea not null unique check (length(sha256) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

-- The directory: what a stream is about. Everything else names it by number. Caller ids are indexed as given.
create table stream (
  id bigint generated always as identity primary key,
  tenant int not null references tenant,
  kind smallint not null,
  a text collate "C" not null,
  b text collate "C" not null default ''
);
create unique index stream_parts on stream (tenant, kind, a, b);
-- Pages over a tenant follow stream numbers. A row a stream, not a row an action.
create index stream_tenant on stream (tenant, id);

create table asset (
  id int generated always as identity primary key,
  name text collate "C" not null unique
);

-- Each process that writes takes a number, the upper part of its commits' ids.
create sequence writer;

-- One row a group commit, inserted first. A tombstone takes the id of a commit whose outcome was unknown, so that it never happens.
create table commit (
  id bigint primary key,
  silo bigint not null,
  xid xid8 not null default pg_current_xact_id(),
  tombstone boolean not null default false,
  committed_at timestamptz not null default now()
);
create index commit_order on commit (xid, id);

-- A posting is columns of its event row: it cannot be unbalanced, and exists only as (stream, seq). Type 0 continues the event above.
create table event (
  stream bigint not null,
  commit_id bigint not null,
  recorded_at timestamptz not null,
  from_account bigint,
  to_account bigint,
  amount bigint,
  seq int not null,
  tenant int not null,
  asset int,
  -- The row of the action that this one concerns.
  about int,
  type smallint not null,
  version smallint not null,
  action_hash uuid,
  action_id text collate "C",
  data json,
  primary key (stream, seq),
  check (seq > 0),
  check (amount > 0),
  check ((amount is null) = (from_account is null) and (amount is null) = (to_account is null) and (amount is null) = (asset is null)),
  check ((action_id is null) = (action_hash is null))
);
create unique index event_action on event (tenant, action_id) where action_id is not null;
create index event_about on event (stream, about) where about is not null;
-- The rows of a commit share one entry: seven bytes a row.
create index event_commit on event (commit_id);

-- What other grains rely on in their decisions: a program's terms, a referrer's tags, eligibility and closing.
create table fact (
  stream bigint primary key,
  version int not null,
  body json not null
);

create table balance (
  referrer bigint not null,
  asset int not null,
  tenant int not null,
  earned bigint not null default 0,
  clawed_back bigint not null default 0,
  pending bigint not null default 0,
  payable bigint not null default 0,
  in_transit bigint not null default 0,
  paid bigint not null default 0,
  primary key (referrer, asset),
  check (earned - clawed_back = pending + payable + in_transit + paid)
) with (fillfactor = 60);

-- One row a grain, moved only when its earliest date changes.
create table due (
  stream bigint primary key,
  tenant int not null,
  at timestamptz not null
) with (fillfactor = 80);
create index due_at on due (tenant, at, stream);

create table referral (
  stream bigint primary key,
  tenant int not null,
  program bigint not null,
  referrer bigint not null,
  status smallint not null,
  attributed_at timestamptz not null,
  approved_at timestamptz
);
create index referral_referrer on referral (referrer, stream);
create index referral_program on referral (program, stream);

-- How many actions of a tenant wait, for its quota. Touched only by commits in which one starts or ceases to wait.
create table parked (
  tenant int primary key,
  count bigint not null
) with (fillfactor = 60);

-- A rule's id is unique in its tenant, whichever program publishes it first.
create table rule (
  tenant int not null,
  id text collate "C" not null,
  program bigint not null,
  primary key (tenant, id)
);

-- Personal data lives here and nowhere in the journal, so that it can be erased.
create table referrer (
  stream bigint primary key,
  tenant int not null,
  code text collate "C" not null,
  email text,
  name text,
  cash_opt_in boolean not null default false,
  stripe_customer_id text,
  created_at timestamptz not null
);
create unique index referrer_code on referrer (tenant, code);

-- The same action id with other content: refused, and on record.
create table action_conflict (
  id bigint generated always as identity primary key,
  tenant int not null,
  action_id text collate "C" not null,
  hash uuid not null,
  at timestamptz not null,
  action json not null
);
create unique index action_conflict_once on action_conflict (tenant, action_id, hash);

create table snapshot (
  stream bigint primary key,
  seq int not null,
  fold smallint not null,
  data json not null
);

-- Commits become visible out of order; a background step numbers them densely and chains their hashes.
create table seal (
  position bigint primary key,
  commit_id bigint not null unique,
  xid xid8 not null,
  row_count int not null,
  -- Sums over the commit's rows: they name a row that was deleted.
  stream_sum bigint not null,
  seq_sum bigint not null,
  -- The first eight bytes of each row's hash, in (stream, seq) order, so that a check can name the first bad row.
  row_hashes bytea not null,
  -- Of the hash before, the position, the commit and the whole hashes of its rows.
  hash bytea not null
);

-- Every process that serves, gateways too. It renews its row each second; whoever sees it dead ends the row.
create table silo (
  id bigint generated always as identity primary key,
  name text collate "C" not null,
  role text not null,
  -- The application_name of its connections, and of nobody else's.
  connections text collate "C" not null unique check (connections like 'referralgrains-%'),
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz
);
create index silo_name on silo (name);

-- Every write of every kind asks this first: a process that was ended, or that slept, writes nothing.
create function is_alive(p_silo bigint) returns boolean language plpgsql as $$
begin
  if exists (select from silo where id = p_silo and ended_at is null and seen_at > clock_timestamp() - interval '3 s') then return true; end if;
  raise exception 'silo % has ended, or was not renewed in time', p_silo using errcode = 'RG003';
end $$;

-- The commit's first statement: commits share a lock that a change of facts takes alone. The row is looked at when the lock is there,
-- for it may have ended while this waited.
create function enter(p_silo bigint, p_alone boolean) returns void language plpgsql as $$
begin
  if p_alone then perform pg_advisory_xact_lock(7237010, 1);
  else perform pg_advisory_xact_lock_shared(7237010, 1);
  end if;
  perform is_alive(p_silo);
end $$;

-- A process that was stopped in mid-commit keeps locks that freeze all others, until its connections are ended. With the rights of
-- whoever owns the schema, so that an application which owns nothing can do it, to a silo whose row has ended and to nothing else.
create function end_connections(p_silo bigint) returns bigint language sql security definer set search_path from current as $$
  select count(pg_terminate_backend(a.pid)) from silo s join pg_stat_activity a on a.application_name = s.connections
  where s.id = p_silo and s.ended_at is not null and a.datname = current_database() and a.pid <> pg_backend_pid()
$$;

create function check_previous(p_streams bigint[], p_seqs int[]) returns void language plpgsql as $$
begin
  if exists (
    select from unnest(p_streams, p_seqs) as h(stream, seq)
    where not exists (select from event e where e.stream = h.stream and e.seq = h.seq)
  ) then
    raise exception 'a row before an append is missing' using errcode = 'RG001';
  end if;
end $$;

create function check_facts(p_streams bigint[], p_versions int[]) returns void language plpgsql as $$
begin
  if exists (
    select from unnest(p_streams, p_versions) as r(stream, version)
    where not exists (select from fact f where f.stream = r.stream and f.version = r.version)
  ) then
    raise exception 'a fact has moved' using errcode = 'RG002';
  end if;
end $$;

create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'RG004';
end $$;
create trigger event_append_only before update or delete or truncate on event for each statement execute function append_only();
create trigger commit_append_only before update or delete or truncate on commit for each statement execute function append_only();
create trigger seal_append_only before update or delete or truncate on seal for each statement execute function append_only();
create trigger conflict_append_only before update or delete or truncate on action_conflict for each statement execute function append_only();

-- A row as its hash sees it; one definition for sealing and for checking. Every field has a fixed length, or says whether it is there
-- and how long it is, and nothing depends on a session's settings. Immutable parts only, so that it is inlined: a third of the time.
create function row_hash(e event) returns bytea language sql immutable as $$
  select sha256(
    int8send(e.stream) || int4send(e.seq) || int8send(e.commit_id) || timestamptz_send(e.recorded_at) || int4send(e.tenant)
    || int2send(e.type) || int2send(e.version)
    || coalesce('\x01'::bytea || int8send(e.from_account), '\x00') || coalesce('\x01'::bytea || int8send(e.to_account), '\x00')
    || coalesce('\x01'::bytea || int8send(e.amount), '\x00') || coalesce('\x01'::bytea || int4send(e.asset), '\x00')
    || coalesce('\x01'::bytea || int4send(e.about), '\x00') || coalesce('\x01'::bytea || uuid_send(e.action_hash), '\x00')
    || coalesce(int4send(octet_length(e.action_id)) || convert_to(e.action_id, 'UTF8'), '\xffffffff')
    || coalesce('\x01'::bytea || convert_to(e.data::text, 'UTF8'), '\x00'))
$$;

-- Commits as their seals see them. The hashes are materialized, for each is used twice.
create function commit_rows(p_commits bigint[])
returns table (commit_id bigint, row_count int, stream_sum bigint, seq_sum bigint, row_hashes bytea, whole_hashes bytea)
language sql stable as $$
  with h as materialized (select e.commit_id, e.stream, e.seq, row_hash(e) as hash from event e where e.commit_id = any (p_commits))
  select h.commit_id, count(*)::int, sum(h.stream)::int8, sum(h.seq)::int8,
    string_agg(substr(h.hash, 1, 8), ''::bytea order by h.stream, h.seq), string_agg(h.hash, ''::bytea order by h.stream, h.seq)
  from h
  group by h.commit_id
$$;

create function seal_hash(p_previous bytea, p_position bigint, p_commit bigint, p_whole_hashes bytea) returns bytea language sql immutable as $$
  select sha256(coalesce(p_previous, ''::bytea) || int8send(p_position) || int8send(p_commit) || coalesce(p_whole_hashes, ''::bytea))
$$;

-- Seals the next commits in the order of their transactions. Below the snapshot's xmin every transaction has ended, so none that
-- comes first can appear later. Null when another process is sealing. Each statement sees what was committed before it began, hence
-- the lock comes first.
create function seal_next(p_limit int, p_wait boolean) returns int language plpgsql as $$
declare
  last seal;
  c record;
  sealed int := 0;
begin
  if p_wait then perform pg_advisory_xact_lock(7237010, 3);
  elsif not pg_try_advisory_xact_lock(7237010, 3) then return null;
  end if;
  select * into last from seal order by position desc limit 1;
  if last.xid >= pg_snapshot_xmax(pg_current_snapshot()) then
    raise exception 'transaction numbers have gone backwards: this database was restored from a dump, not from a physical backup' using errcode = 'RG005';
  end if;
  for c in
    with next as materialized (
      select n.id, n.xid from commit n
      where (last.position is null or (n.xid, n.id) > (last.xid, last.commit_id))
        and n.xid < pg_snapshot_xmin(pg_current_snapshot()) and not n.tombstone
      order by n.xid, n.id limit p_limit)
    select n.id, n.xid, r.* from next n left join commit_rows(array(select id from next)) r on r.commit_id = n.id order by n.xid, n.id
  loop
    last := row(
      coalesce(last.position, 0) + 1, c.id, c.xid, coalesce(c.row_count, 0), coalesce(c.stream_sum, 0), coalesce(c.seq_sum, 0),
      coalesce(c.row_hashes, ''), seal_hash(last.hash, coalesce(last.position, 0) + 1, c.id, c.whole_hashes));
    insert into seal select last.*;
    sealed := sealed + 1;
  end loop;
  return sealed;
end $$;

-- The application's role owns nothing and can change no history. Where that role is not there, the triggers stand alone.
do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant usage on schema %I to grains', current_schema());
    execute format('grant select, insert, update, delete on all tables in schema %I to grains', current_schema());
    execute format('grant usage on all sequences in schema %I to grains', current_schema());
    revoke update, delete, truncate on event, commit, seal, action_conflict from grains;
  end if;
end $$;
