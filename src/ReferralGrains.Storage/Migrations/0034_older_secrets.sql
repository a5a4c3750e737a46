-- Whoever rotates twice, because the first answer was lost, still has receivers that know only the secret before both.
alter table webhook_target add older_secret text, add older_until timestamptz;
