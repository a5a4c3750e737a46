-- What is used of budgets, by whoever decides it: a referrer, or a program for all of its referrers. Folds of their streams.
create table budget_use (
  owner bigint not null,
  program bigint not null,
  rule int not null,
  month int not null,
  tenant int not null,
  minor bigint not null,
  primary key (owner, program, rule, month)
) with (fillfactor = 60);

-- What waits in groups until its sum reaches an amount; the numbers before this one were released. Folds of the referrers' streams.
create table reward_group (
  referrer bigint not null,
  program bigint not null,
  rule int not null,
  asset text collate "C" not null,
  tenant int not null,
  number int not null,
  sum bigint not null check (sum >= 0),
  goal bigint not null,
  primary key (referrer, program, rule, asset)
) with (fillfactor = 60);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on budget_use, reward_group to grains');
  end if;
end $$;
