-- Payout batches as lists, senders and runners see them: folds of their streams.
create table payout_batch (
  stream bigint primary key,
  tenant int not null,
  status smallint not null,
  orders int not null,
  drawn_by text collate "C" not null,
  approved_by text collate "C"
) with (fillfactor = 60);
-- Those that something is to be done for: few at any time.
create index payout_batch_open on payout_batch (stream) where status in (2, 4, 5, 9);

-- Why a person has to look at an item; some reasons stop its batch.
alter table payout_item add column review smallint not null default 0;

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on payout_batch to grains');
  end if;
end $$;
