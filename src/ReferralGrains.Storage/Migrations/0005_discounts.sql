-- Discounted payments, folds of the streams that own them: a referee's first invoice (side 1), a referrer's own payment (side 2).
-- The key is what makes a payment's id good for one discount.
create table discount (
  tenant int not null,
  side smallint not null,
  payment text collate "C" not null,
  stream bigint not null,
  program bigint not null,
  amount bigint not null check (amount > 0),
  discount bigint not null check (discount between 0 and amount),
  state smallint not null,
  applied json not null,
  uses boolean not null,
  why smallint not null,
  primary key (tenant, side, payment)
) with (fillfactor = 80);

-- What became of a referral among the discounts on its referrer's payments: used by one, or what a person said of it.
create table referral_use (
  referral bigint primary key,
  tenant int not null,
  choice smallint not null,
  payment text collate "C"
) with (fillfactor = 80);

-- Only referrals whose referees are active take anything off (G6).
alter table referral add column active boolean not null default true;
update referral r set active = false from (
  select distinct on (e.stream) e.stream, e.data ->> 'active' as active from event e
  where e.type = 13 and e.data ->> 'active' is not null order by e.stream, e.seq desc) last
where last.stream = r.stream and last.active = 'false';

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on discount, referral_use to grains');
  end if;
end $$;
