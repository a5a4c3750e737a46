-- Who changed something, and who looked at what is personal: one row a request, there before anything is done or shown. It holds ids, and
-- nothing of a body. Nobody takes anything out of it: what is told of it must be what was.
create table audit_entry (
  -- A uuid of version 7: it begins with the time, so that entries are in their order and one index has both.
  id uuid primary key,
  -- 0 for the installation's own keys, which speak for no tenant.
  tenant int not null,
  at timestamptz not null,
  -- As the journal names who did something.
  by text collate "C" not null,
  role smallint not null,
  operation text collate "C" not null,
  -- The method and the path, as they were sent; ids are in it, queries are not.
  request text collate "C" not null,
  -- The id in the path that it is about, where there is one.
  subject text collate "C",
  request_id text collate "C" not null
);
create index audit_entry_tenant on audit_entry (tenant, id);
create index audit_entry_by on audit_entry (tenant, by, id);
create index audit_entry_operation on audit_entry (tenant, operation, id);
create index audit_entry_subject on audit_entry (tenant, subject, id) where subject is not null;

-- What came of it. An entry without one was not answered: its process or its caller was gone, and what was done the journal says.
create table audit_outcome (
  entry uuid primary key,
  tenant int not null,
  status smallint not null,
  -- What it was about, where only its body or its answer says so.
  subject text collate "C",
  -- Why, in the words of whoever asked.
  reason text
);
create index audit_outcome_subject on audit_outcome (tenant, subject, entry) where subject is not null;

-- As conflicts are counted: a row that is gone, or is another than was written, does not add up. Kind 1 is entries, 2 outcomes.
create table audit_count (
  tenant int not null,
  kind smallint not null,
  count bigint not null,
  hash_sum numeric not null,
  primary key (tenant, kind)
) with (fillfactor = 60);

create function audit_number(hashed bytea) returns bigint language sql immutable as $$
  select ('x' || encode(substr(sha256(hashed), 1, 7), 'hex'))::bit(56)::bigint
$$;
create function audit_text(value text) returns bytea language sql immutable as $$
  select coalesce(int4send(octet_length(value)) || convert_to(value, 'UTF8'), '\xffffffff')
$$;
create function audit_hash(e audit_entry) returns bigint language sql immutable as $$
  select audit_number(
    uuid_send(e.id) || int4send(e.tenant) || timestamptz_send(e.at) || int2send(e.role) || audit_text(e.by) || audit_text(e.operation)
    || audit_text(e.request) || audit_text(e.subject) || audit_text(e.request_id))
$$;
create function audit_hash(o audit_outcome) returns bigint language sql immutable as $$
  select audit_number(uuid_send(o.entry) || int4send(o.tenant) || int2send(o.status) || audit_text(o.subject) || audit_text(o.reason))
$$;

create function count_audit_entries() returns trigger language plpgsql as $$
begin
  insert into audit_count as k (tenant, kind, count, hash_sum)
  select a.tenant, 1, count(*), sum(audit_hash(e)) from added a join audit_entry e on e.id = a.id group by a.tenant order by a.tenant
  on conflict (tenant, kind) do update set count = k.count + excluded.count, hash_sum = k.hash_sum + excluded.hash_sum;
  return null;
end $$;
create function count_audit_outcomes() returns trigger language plpgsql as $$
begin
  insert into audit_count as k (tenant, kind, count, hash_sum)
  select a.tenant, 2, count(*), sum(audit_hash(o)) from added a join audit_outcome o on o.entry = a.entry group by a.tenant order by a.tenant
  on conflict (tenant, kind) do update set count = k.count + excluded.count, hash_sum = k.hash_sum + excluded.hash_sum;
  return null;
end $$;
create trigger audit_entry_counted after insert on audit_entry referencing new table as added for each statement execute function count_audit_entries();
create trigger audit_outcome_counted after insert on audit_outcome referencing new table as added for each statement execute function count_audit_outcomes();
create trigger audit_entry_append_only before update or delete or truncate on audit_entry for each statement execute function append_only();
create trigger audit_outcome_append_only before update or delete or truncate on audit_outcome for each statement execute function append_only();

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert on audit_entry, audit_outcome to grains');
    execute format('grant select, insert, update on audit_count to grains');
  end if;
end $$;
