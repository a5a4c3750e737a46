-- Each silo numbers streams from a thousand of its own, so their numbers do not tell which is newer.
drop index payout_batch_tenant;
create index payout_batch_tenant on payout_batch (tenant, created_at, stream);
create index referral_attributed on referral (referrer, attributed_at, stream);
