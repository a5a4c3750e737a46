-- What was refused under known action ids is in no stream, so nothing but a count tells that a row of it is gone. The sum is over the
-- rows' hashes: one that was put in another's place does not add up.
create table conflict_count (
  tenant int primary key,
  count bigint not null,
  hash_sum numeric not null
) with (fillfactor = 60);

create function conflict_hash(c action_conflict) returns bigint language sql immutable as $$
  select ('x' || encode(substr(sha256(
    int8send(c.id) || int4send(c.tenant) || uuid_send(c.hash) || timestamptz_send(c.at)
    || int4send(octet_length(c.action_id)) || convert_to(c.action_id, 'UTF8') || convert_to(c.action::text, 'UTF8')), 1, 7), 'hex'))::bit(56)::bigint
$$;

create function count_conflicts() returns trigger language plpgsql as $$
begin
  insert into conflict_count as k (tenant, count, hash_sum)
  select a.tenant, count(*), sum(conflict_hash(c)) from added a join action_conflict c on c.id = a.id group by a.tenant order by a.tenant
  on conflict (tenant) do update set count = k.count + excluded.count, hash_sum = k.hash_sum + excluded.hash_sum;
  return null;
end $$;
create trigger conflict_counted after insert on action_conflict referencing new table as added for each statement execute function count_conflicts();

insert into conflict_count (tenant, count, hash_sum) select tenant, count(*), sum(conflict_hash(c)) from action_conflict c group by tenant;

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update on conflict_count to grains');
  end if;
end $$;
