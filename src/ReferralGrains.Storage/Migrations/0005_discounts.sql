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
  primary key (tenant, side, payment)
) with (fillfactor = 80);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on discount to grains');
  end if;
end $$;
