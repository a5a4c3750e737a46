-- First sales of several referees that earn one reward together: what is undone of their sum, and where the reward is. Each of the sales may
-- say what is undone of it; the referral that has the reward settles what has changed, and the sweep wakes it as long as it has not.
create table gathering (
  referrer bigint not null,
  program bigint not null,
  rule int not null,
  round int not null,
  tenant int not null,
  undone bigint not null default 0,
  settled bigint,
  at timestamptz not null,
  target bigint,
  action_id text collate "C",
  shard int generated always as ((target % 8)::int) stored,
  primary key (referrer, program, rule, round)
);
create index gathering_open on gathering (shard, tenant, at, target) where target is not null and undone <> coalesce(settled, 0);
create index gathering_target on gathering (target) where target is not null and undone <> coalesce(settled, 0);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on gathering to grains');
  end if;
end $$;
