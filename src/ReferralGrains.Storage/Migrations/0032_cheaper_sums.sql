-- What follows the journal took three times as long for a row as the commit that wrote it.

-- A function is inlined only where its parts are as immutable as itself, and convert_to is stable. What it comes to is the same.
alter function row_hash(event) stable;

-- Of the JSON alone, so that whoever has sorted out most rows before carries no whole row along.
create function is_counted_sale(p_data json) returns boolean language sql immutable as $$
  select (p_data ->> 'n')::bool and (p_data -> 'a' ->> 'm')::int8 > 0
$$;
create function sale_occurred(p_data json) returns bigint language sql immutable as $$
  select (p_data -> 'a' ->> 't')::int8
$$;
create or replace function is_counted_sale(e event) returns boolean language sql immutable as $$
  select is_counted_sale(e.data)
$$;
create or replace function sale_occurred(e event) returns bigint language sql immutable as $$
  select sale_occurred(e.data)
$$;

-- As it was (0029), with each reward's JSON read once and not field by field.
create or replace view held_change as
  select e.commit_id, e.tenant, e.stream, (e.seq::int8 << 16) + d.n - 1 as reward, d.asset, d.minor, d.at
  from event e
  cross join lateral rows from (json_to_recordset(e.data -> 'd') as (s text, m bigint, l bigint, h bool)) with ordinality d(asset, minor, at, is_held, n)
  where e.type in (1, 7) and e.amount is not null and d.is_held
  union all
  select e.commit_id, e.tenant, e.stream, c.w, c.s, c.m, c.u
  from event e cross join lateral json_to_recordset(case when e.type = 23 then e.data -> 'y' else e.data -> 'x' end) c(w bigint, s text, m bigint, u bigint, h bool)
  where e.type in (4, 9, 23) and e.amount is not null and c.h
  union all
  select e.commit_id, e.tenant, e.stream, c.w, c.s, -c.m, null
  from event e cross join lateral json_to_recordset(case when e.type = 6 then json_build_array(e.data -> 'taken') else e.data -> 'x' end) c(w bigint, s text, m bigint, h bool)
  where e.type in (3, 5, 6, 23) and e.amount is not null and c.h
  union all
  select e.commit_id, e.tenant, e.stream, null, e.data ->> 'asset', -e.amount, null
  from event e where e.type = 40 and e.amount is not null;

create or replace function sum_figures(p_limit int) returns int language plpgsql as $$
declare
  last figure_position;
  next record;
  -- As an array, so that their rows are found by the index, however many other rows there are.
  commits bigint[];
begin
  select * into last from figure_position for update skip locked;
  if last.position is null then return 0; end if;
  select s.position, s.xid, s.commit_id into next from seal s where s.position > last.position and s.position <= last.position + p_limit order by s.position desc limit 1;
  if next.position is null then return 0; end if;
  commits := array(select s.commit_id from seal s where s.position > last.position and s.position <= next.position);

  insert into figure as f (tenant, program, week, asset, earned, clawed_back, pending, paid)
  select m.tenant, m.program, m.week, m.asset, sum(m.earned), sum(m.clawed_back), sum(m.pending), sum(m.paid)
  from figure_movement m where m.commit_id = any (commits)
  group by 1, 2, 3, 4
  on conflict (tenant, program, week, asset) do update set earned = f.earned + excluded.earned, clawed_back = f.clawed_back + excluded.clawed_back,
    pending = f.pending + excluded.pending, paid = f.paid + excluded.paid;

  insert into held as h (tenant, day, asset, minor)
  select m.tenant, m.day, m.asset, sum(m.minor) from held_movement m where m.commit_id = any (commits)
  group by 1, 2, 3
  on conflict (tenant, day, asset) do update set minor = h.minor + excluded.minor;

  insert into referrer_net as n (referrer, asset, tenant, net)
  select m.referrer, m.asset, m.tenant, sum(m.minor) from net_movement m where m.commit_id = any (commits)
  group by 1, 2, 3
  on conflict (referrer, asset) do update set net = n.net + excluded.net;

  -- Most sales are of referees that have bought before: their JSON is not read.
  insert into first_sale (stream, tenant, program, occurred)
  select distinct on (x.stream) x.stream, x.tenant, x.program, x.occurred
  from (
    select e.stream, e.seq, e.tenant, r.program, e.data
    from event e join referral r on r.stream = e.stream
    where e.commit_id = any (commits) and e.type = 1 and not exists (select from first_sale f where f.stream = e.stream)
    offset 0) e
  cross join lateral (select e.stream, e.seq, e.tenant, e.program, sale_occurred(e.data) as occurred where is_counted_sale(e.data)) x
  order by x.stream, x.seq;

  update figure_position set position = next.position, xid = next.xid, commit_id = next.commit_id where position = last.position;
  return next.position - last.position;
end $$;
