-- What was asked back of the transfers of payout items, folds of their streams.
create table payout_reversal (
  -- The item's.
  stream bigint not null,
  id text collate "C" not null,
  tenant int not null,
  transfer text collate "C" not null,
  minor bigint not null,
  -- 7 was made, 8 was rejected.
  status smallint not null,
  generation int not null,
  reversal text collate "C",
  why text not null,
  asked_by text collate "C" not null,
  asked_at timestamptz not null,
  code text,
  step smallint not null,
  next_at timestamptz,
  primary key (stream, id)
) with (fillfactor = 80);
create index payout_reversal_next on payout_reversal (next_at, stream) where next_at is not null;
create unique index payout_reversal_made on payout_reversal (tenant, reversal) where reversal is not null;

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on payout_reversal to grains');
  end if;
end $$;
