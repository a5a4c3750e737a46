-- Two more of the sums that follow the chain of seals (0026): what is held, by the day on which it was to be released, and what each referrer
-- came to, so that the ten best are found without reading all.
create table held (
  tenant int not null,
  -- In UTC, as it was when the reward was given; infinity where only a person or a full group releases it.
  day date not null,
  asset int not null,
  minor bigint not null,
  primary key (tenant, day, asset)
) with (fillfactor = 60);

create table referrer_net (
  referrer bigint not null,
  asset int not null,
  tenant int not null,
  -- Earned less taken back.
  net bigint not null,
  primary key (referrer, asset)
) with (fillfactor = 60);
create index referrer_net_best on referrer_net (tenant, asset, net desc, referrer) where net > 0;

-- What each row adds to what is held and takes from it, reward by reward. What takes names no date: that of the reward is where it was given.
create view held_change as
  select e.commit_id, e.tenant, e.stream, (e.seq::int8 << 16) + d.n - 1 as reward, d.v ->> 's' as asset, (d.v ->> 'm')::int8 as minor, (d.v ->> 'l')::int8 as at
  from event e cross join lateral json_array_elements(e.data -> 'd') with ordinality d(v, n)
  where e.type in (1, 7) and e.amount is not null and (d.v ->> 'h')::bool
  union all
  select e.commit_id, e.tenant, e.stream, (c.v ->> 'w')::int8, c.v ->> 's', (c.v ->> 'm')::int8, (c.v ->> 'u')::int8
  from event e cross join lateral json_array_elements(case when e.type = 23 then e.data -> 'y' else e.data -> 'x' end) c(v)
  where e.type in (4, 9, 23) and e.amount is not null and (c.v ->> 'h')::bool
  union all
  select e.commit_id, e.tenant, e.stream, (c.v ->> 'w')::int8, c.v ->> 's', -(c.v ->> 'm')::int8, null
  from event e cross join lateral json_array_elements(case when e.type = 6 then json_build_array(e.data -> 'taken') else e.data -> 'x' end) c(v)
  where e.type in (3, 5, 6, 23) and e.amount is not null and (c.v ->> 'h')::bool
  union all
  -- A group is released as one, in its referrer's stream.
  select e.commit_id, e.tenant, e.stream, null, e.data ->> 'asset', -e.amount, null
  from event e where e.type = 40 and e.amount is not null;

-- Microseconds since 1970; null is no date.
create function held_day(p_at bigint) returns date language sql immutable as $$
  select coalesce(date '1970-01-01' + (p_at / 86400000000)::int, 'infinity')
$$;

-- When a reward was to be released, from the row that gave it, or from the one that unlocked it out of its schedule.
create function held_until(p_stream bigint, p_reward bigint) returns bigint language sql stable as $$
  select case when g.type <> 8 then (g.data -> 'd' -> (p_reward & 65535)::int ->> 'l')::int8
    else (
      select (c.v ->> 'u')::int8 from event u cross join lateral json_array_elements(u.data -> 'x') c(v)
      where u.stream = p_stream and u.about = coalesce(g.about, g.seq) and u.type = 9 and (c.v ->> 'w')::int8 = p_reward) end
  from event g where g.stream = p_stream and g.seq = (p_reward >> 16)::int
$$;

create view held_movement as
  select c.commit_id, c.tenant, a.id as asset, held_day(case when c.minor > 0 or c.reward is null then c.at else held_until(c.stream, c.reward) end) as day, c.minor
  from held_change c join asset a on a.name = c.asset;

-- All of it up to a position, summed reward by reward, so that no date is looked up.
create function held_up_to(p_position bigint, p_tenant int) returns table (tenant int, day date, asset int, minor bigint) language sql stable as $$
  select r.tenant, r.day, a.id, sum(r.minor)::int8
  from (
    select c.tenant, c.asset, held_day(max(c.at)) as day, sum(c.minor) as minor
    from held_change c join seal s on s.commit_id = c.commit_id and s.position <= p_position
    where p_tenant is null or c.tenant = p_tenant group by c.tenant, c.asset, c.stream, c.reward) r
  join asset a on a.name = r.asset where r.minor <> 0 group by 1, 2, 3
$$;

-- What is earned goes to an account of the referrer's, and so does what is given back; what is taken back comes from one.
create view net_movement as
  select e.commit_id, e.tenant, case when e.from_account & 7 in (1, 2) then e.to_account >> 3 else e.from_account >> 3 end as referrer, e.asset,
    case when e.from_account & 7 in (1, 2) then e.amount else -e.amount end as minor
  from event e where e.amount is not null and (e.from_account & 7 in (1, 2) and e.to_account & 7 >= 3 or e.from_account & 7 >= 3 and e.to_account & 7 = 2);

-- What became of an endpoint's latest attempts.
create index webhook_delivery_target_at on webhook_delivery (target, at);

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
    select e.stream, e.seq, e.tenant, r.program, e as row
    from event e join referral r on r.stream = e.stream
    where e.commit_id = any (commits) and e.type = 1 and not exists (select from first_sale f where f.stream = e.stream)
    offset 0) e
  cross join lateral (select e.stream, e.seq, e.tenant, e.program, sale_occurred(e.row) as occurred where is_counted_sale(e.row)) x
  order by x.stream, x.seq;

  update figure_position set position = next.position, xid = next.xid, commit_id = next.commit_id where position = last.position;
  return next.position - last.position;
end $$;

do $$
declare
  up_to bigint;
begin
  -- What is summed by now: nobody sums more until this is over.
  select position into up_to from figure_position for update;
  insert into held (tenant, day, asset, minor) select tenant, day, asset, minor from held_up_to(up_to, null);
  insert into referrer_net (referrer, asset, tenant, net)
  select m.referrer, m.asset, m.tenant, sum(m.minor) from net_movement m join seal s on s.commit_id = m.commit_id and s.position <= up_to group by 1, 2, 3;
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update on held, referrer_net to grains');
    execute format('grant select on held_change, held_movement, net_movement to grains');
  end if;
end $$;
