-- Which actions wait now, so that they are listed without going through those that do not. A row comes and goes with the rows of the journal
-- that say so, by triggers of the journal itself: a process of an older version that runs beside a newer one keeps it as well.
create table parked_action (
  stream bigint not null,
  seq int not null,
  tenant int not null,
  program bigint not null,
  primary key (stream, seq)
);
create index parked_action_tenant on parked_action (tenant, program, stream, seq);

create function action_parked() returns trigger language plpgsql as $$
begin
  insert into parked_action (stream, seq, tenant, program)
  select new.stream, new.seq, new.tenant, p.id from stream s join stream p on p.tenant = s.tenant and p.kind = 4 and p.a = s.a and p.b = ''
  where s.id = new.stream;
  return null;
end $$;

-- What takes effect later than it came names the row at which it waited, and not its id, which that row has.
create function action_decided() returns trigger language plpgsql as $$
begin
  delete from parked_action where stream = new.stream and seq = (new.data ->> 'q')::int;
  return null;
end $$;

-- What waited under another id of the referee waits where its referral is, in a row of that.
create function action_moved_away() returns trigger language plpgsql as $$
begin
  delete from parked_action where stream = new.stream;
  return null;
end $$;

-- What waits, where anything does, is found while others go on writing; what they wrote meanwhile is gone through when nobody writes.
create temp table before_it on commit drop as select pg_snapshot_xmin(pg_current_snapshot()) as xid;
insert into parked_action (stream, seq, tenant, program)
select e.stream, e.seq, e.tenant, p.id
from event e join stream s on s.id = e.stream join stream p on p.tenant = s.tenant and p.kind = 4 and p.a = s.a and p.b = ''
where e.type = 2 and e.tenant in (select tenant from parked where count > 0)
  and not exists (
    select from event x where x.stream = e.stream and x.seq > e.seq and x.type in (1, 3, 4) and x.action_id is null and (x.data ->> 'q')::int = e.seq)
  and not exists (select from referral_alias a where a.stream = e.stream);

-- Their locks let nobody else write to the journal until this is over. The conditions are all that any other row costs afterwards.
create trigger event_parked after insert on event for each row when (new.type = 2) execute function action_parked();
create trigger event_decided after insert on event for each row when (new.type in (1, 3, 4) and new.action_id is null) execute function action_decided();
create trigger event_moved_away after insert on event for each row when (new.type = 28) execute function action_moved_away();

insert into parked_action (stream, seq, tenant, program)
select e.stream, e.seq, e.tenant, p.id
from commit c join event e on e.commit_id = c.id and e.type = 2
join stream s on s.id = e.stream join stream p on p.tenant = s.tenant and p.kind = 4 and p.a = s.a and p.b = ''
where c.xid >= (select xid from before_it)
on conflict do nothing;
delete from parked_action w using commit c join event e on e.commit_id = c.id and e.type in (1, 3, 4) and e.action_id is null
where c.xid >= (select xid from before_it) and w.stream = e.stream and w.seq = (e.data ->> 'q')::int;
delete from parked_action w using referral_alias a where w.stream = a.stream;

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, delete on parked_action to grains');
  end if;
end $$;
