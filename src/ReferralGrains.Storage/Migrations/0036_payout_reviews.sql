-- Batches with an item that a person has to look at are found however old they are.
create index payout_item_review on payout_item (tenant, batch) where status = 13;
