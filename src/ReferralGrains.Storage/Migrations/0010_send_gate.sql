-- Whether anything is sent for a tenant. A person opens what was shut; what was never compared, or was compared by another sender or in
-- another life of this database, is not sent for either. There is no row before the first comparison.
create table send_gate (
  tenant int primary key,
  is_shut boolean not null default false,
  shut_why text, shut_by text collate "C", shut_at timestamptz,
  opened_why text, opened_by text collate "C", opened_at timestamptz,
  -- By whose turn as sender Stripe and our books were last compared and agreed, and in which life of the database.
  term text collate "C" check (term <> ''),
  life text collate "C",
  reconciled_at timestamptz
);

-- Differs after every start of PostgreSQL, so after every restore and after a standby has taken over, and in every copy of the database.
create function life() returns text language sql stable as $$
  select extract(epoch from pg_postmaster_start_time())::text || ' ' || d.oid from pg_database d where d.datname = current_database()
$$;

-- In the commit that records that bytes may leave. The rows are held: who shuts a gate waits for such commits, and after that there are none.
create function check_send(p_tenants int[], p_terms text[]) returns void language plpgsql as $$
begin
  perform from send_gate where tenant = any (p_tenants) order by tenant for share;
  if exists (
    select from unnest(p_tenants, p_terms) as p(tenant, term)
    where not exists (select from send_gate g where g.tenant = p.tenant and not g.is_shut and g.term = p.term and g.life = life())
  ) then
    raise exception 'sending has stopped' using errcode = 'unique_violation', constraint = 'send_gate_open';
  end if;
end $$;

-- What was compared with Stripe, when, and what came of it.
create table reconciliation_run (
  id bigint generated always as identity primary key,
  tenant int not null,
  -- 1 before the first sending, 2 hourly, 3 nightly, 4 asked for.
  cause smallint not null,
  is_full boolean not null,
  asked_by text collate "C",
  asked_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  covers_from timestamptz,
  -- Transfers come newest first: how far back it is.
  reached_at timestamptz,
  -- 1 waits, 2 runs, 3 agreed, 4 breaks, 5 failed.
  state smallint not null,
  transfers bigint not null default 0,
  items bigint not null default 0,
  breaks bigint not null default 0,
  accepted bigint not null default 0,
  failure text
);
create index reconciliation_run_tenant on reconciliation_run (tenant, id);
create index reconciliation_run_waiting on reconciliation_run (id) where state in (1, 2);

-- Where Stripe and our books do not agree. The same break found again is the same row; once a person has accepted it, it shuts nothing.
create table reconciliation_break (
  tenant int not null,
  kind smallint not null,
  item text collate "C" not null,
  transfer text collate "C" not null,
  detail text collate "C" not null,
  first_run bigint not null,
  last_run bigint not null,
  accepted_by text collate "C", accepted_why text, accepted_at timestamptz,
  primary key (tenant, kind, item, transfer, detail)
);
create index reconciliation_break_run on reconciliation_break (tenant, last_run);

-- Of the run that is under way: lost in a crash, it only has to be run again.
create unlogged table reconciliation_seen (
  tenant int not null,
  transfer text collate "C" not null,
  primary key (tenant, transfer)
);

-- When an item last changed, so that what is compared has a beginning.
alter table payout_item add column changed_at timestamptz not null default now();
create index payout_item_changed on payout_item (tenant, changed_at) where transfer is not null;

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update on send_gate, reconciliation_run, reconciliation_break to grains');
    execute format('grant select, insert, delete on reconciliation_seen to grains');
    execute format('grant usage on sequence reconciliation_run_id_seq to grains');
    execute format('grant select on migration to grains');
  end if;
end $$;
