-- Where account credit of referrers goes: a customer at Stripe, of the same stream as the connected account, and either may be there alone.
alter table payout_account alter column account drop not null;
alter table payout_account add column customer text collate "C";
alter table payout_account add column customer_changed_at timestamptz;

-- Customers that were credited: Stripe lists what it knows of one at a time.
create index payout_item_customer on payout_item (tenant, destination) where asset like 'credit:%';
