-- The connected accounts of referrers, folds of their streams: where they are paid, and whether what is sent there arrives.
create table payout_account (
  referrer bigint primary key,
  stream bigint not null,
  tenant int not null,
  account text collate "C" not null,
  changed_at timestamptz,
  links int not null,
  -- 1 is active.
  transfers smallint not null,
  pays_out boolean not null
) with (fillfactor = 80);
create index payout_account_account on payout_account (tenant, account);

-- How tenants pay out, folds of their streams.
create table payout_plan (
  tenant int primary key,
  stream bigint not null,
  terms json not null,
  next_at timestamptz
);

alter table payout_batch add column drawn_at timestamptz;
alter table payout_batch add column hash text collate "C";
alter table payout_batch add column why text;
alter table payout_batch add column second_person boolean not null default false;
alter table payout_batch add column outside boolean not null default false;
alter table payout_batch add column scheduled boolean not null default false;
-- By the real clock, unlike what the tenant's says.
alter table payout_batch add column created_at timestamptz not null default now();
create index payout_batch_tenant on payout_batch (tenant, stream);
-- Those that somebody has to look at: few at any time.
drop index payout_batch_open;
create index payout_batch_open on payout_batch (stream) where status in (1, 2, 4, 5, 9, 11);

-- What an item was paid outside under, and why it was released or is in review.
alter table payout_item add column reference text;
alter table payout_item add column why text;
create index payout_item_open on payout_item (tenant, stream) where in_transit;

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on payout_account, payout_plan to grains');
  end if;
end $$;
