-- What a person gave up, or its batch is without, is paid by no retry of the batch and is in none of its totals.
alter table payout_item add column given_up boolean not null default false;

-- 81 is a release.
update payout_item i set given_up = true
where i.status = 12
  and (select e.data ->> 'by' from event e where e.stream = i.stream and e.type = 81 order by e.seq desc limit 1) is not null;

-- Closed referrers whose positive balances are forfeited: what becomes payable to them is looked for again and again.
create index fact_forfeits on fact (stream) where body ->> 'forfeits' = 'true';
