-- What was refused for an id that has other content, the newest first.
create index action_conflict_tenant on action_conflict (tenant, at, id);

-- Whose referrals a program has, and whether they were cancelled; and the few referrers that are closed.
create index referral_program_referrer on referral (program, referrer, status);
create index fact_closed on fact (stream) where (body ->> 'closed')::bool;
