-- A referral that was given to another referrer may be used by both at the same moment, each by what was read before. Whoever comes second
-- is refused as an index would refuse it, for the row that was waited for is only known where the row is written.
create function refuse_claim() returns smallint language plpgsql as $$
begin
  raise exception 'a referral is used by now' using errcode = 'unique_violation', constraint = 'referral_use_pkey';
end $$;
