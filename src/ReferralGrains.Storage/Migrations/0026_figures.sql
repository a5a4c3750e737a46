-- What was posted, summed by program and week up to a position of the chain of seals: whoever asks adds the commits after it. No commit
-- waits for these rows, and a process of an older version that runs beside a newer one leaves nothing out.
create table figure (
  tenant int not null,
  -- 0 for what is no program's: entries by hand, and payouts.
  program bigint not null,
  -- A Monday, in UTC.
  week timestamptz not null,
  asset int not null,
  earned bigint not null,
  clawed_back bigint not null,
  pending bigint not null,
  paid bigint not null,
  primary key (tenant, program, week, asset)
) with (fillfactor = 60);

-- The first sale above zero of each referee that bought, up to the same position.
create table first_sale (
  stream bigint primary key,
  tenant int not null,
  program bigint not null,
  -- As the event says it: microseconds since 1970.
  occurred bigint not null
);
create index first_sale_program on first_sale (program, occurred);

-- Up to where they are summed. One row.
create table figure_position (
  position bigint primary key,
  xid xid8 not null,
  commit_id bigint not null
);
insert into figure_position values (0, '0', 0);

-- What each row of the journal adds. A group is released in its referrer's stream, and names its program.
create view figure_movement as
  select e.commit_id, e.tenant, coalesce(r.program, case e.type when 40 then (e.data ->> 'program')::int8 end, 0) as program,
    date_trunc('week', e.recorded_at, 'UTC') as week, e.asset,
    case when e.from_account & 7 = 1 then e.amount else 0 end as earned,
    case when e.to_account & 7 = 2 then e.amount when e.from_account & 7 = 2 then -e.amount else 0 end as clawed_back,
    case when e.to_account & 7 = 3 then e.amount when e.from_account & 7 = 3 then -e.amount else 0 end as pending,
    case when e.to_account & 7 = 6 then e.amount when e.from_account & 7 = 6 then -e.amount else 0 end as paid
  from event e left join referral r on r.stream = e.stream
  where e.amount is not null;

-- Sales that may be a referee's first one above zero; which it is, their order in the stream says.
create function is_counted_sale(e event) returns boolean language sql immutable as $$
  select (e.data ->> 'n')::bool and (e.data -> 'a' ->> 'm')::int8 > 0
$$;
create function sale_occurred(e event) returns bigint language sql immutable as $$
  select (e.data -> 'a' ->> 't')::int8
$$;

-- Sums the next commits of the chain. Says how many; 0 also where another process is at it.
create function sum_figures(p_limit int) returns int language plpgsql as $$
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
begin
  -- What there is, so that nobody's first look waits for it.
  while sum_figures(10000) > 0 loop null; end loop;
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update on figure, figure_position to grains');
    execute format('grant select, insert on first_sale to grains');
    execute format('grant select on figure_movement to grains');
  end if;
end $$;
