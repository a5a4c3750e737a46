-- One more of the sums that follow the chain of seals (0026): what moved from each kind of account to each other. A trial balance read every row of
-- every tenant, twice, and now reads a few.
create table posted (
  tenant int not null,
  asset int not null,
  from_kind smallint not null,
  to_kind smallint not null,
  minor numeric not null,
  primary key (tenant, asset, from_kind, to_kind)
) with (fillfactor = 60);

-- What each row adds.
create view posted_movement as
  select e.commit_id, e.tenant, e.asset, (e.from_account & 7)::smallint as from_kind, (e.to_account & 7)::smallint as to_kind, e.amount as minor
  from event e where e.amount is not null;

-- As it was (0032), with what was posted.
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

  insert into posted as p (tenant, asset, from_kind, to_kind, minor)
  select m.tenant, m.asset, m.from_kind, m.to_kind, sum(m.minor) from posted_movement m where m.commit_id = any (commits)
  group by 1, 2, 3, 4
  on conflict (tenant, asset, from_kind, to_kind) do update set minor = p.minor + excluded.minor;

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

do $$
declare
  up_to bigint;
begin
  -- What is summed by now: nobody sums more until this is over.
  select position into up_to from figure_position for update;
  insert into posted (tenant, asset, from_kind, to_kind, minor)
  select m.tenant, m.asset, m.from_kind, m.to_kind, sum(m.minor) from posted_movement m join seal s on s.commit_id = m.commit_id and s.position <= up_to group by 1, 2, 3, 4;
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update on posted to grains');
    execute format('grant select on posted_movement to grains');
  end if;
end $$;
