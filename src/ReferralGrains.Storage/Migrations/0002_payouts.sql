-- Payout items as lists and their senders see them: folds of their streams, which hold the intents and all that came of them.
create table payout_item (
  stream bigint primary key,
  tenant int not null,
  batch bigint not null,
  referrer bigint not null,
  asset text collate "C" not null,
  minor bigint not null check (minor > 0),
  destination text collate "C" not null,
  status smallint not null,
  in_transit boolean not null,
  generation int not null,
  -- What Stripe named the transfer. No two items may share one.
  transfer text collate "C",
  step smallint not null,
  next_at timestamptz
) with (fillfactor = 60);
create index payout_item_next on payout_item (next_at, stream) where next_at is not null;
create index payout_item_batch on payout_item (batch, stream);
create index payout_item_referrer on payout_item (referrer, stream);
create unique index payout_item_transfer on payout_item (tenant, transfer) where transfer is not null;

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on payout_item to grains');
  end if;
end $$;
