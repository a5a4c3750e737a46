-- Of most referrals there is nothing to do; those that wait, or have ended, are found without going through all.
create index referral_status on referral (tenant, status, stream) where status <> 2;
