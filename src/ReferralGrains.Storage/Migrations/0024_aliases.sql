-- Ids of referees that name a referral which is kept under another.
create table referral_alias (
  -- Of the id.
  stream bigint primary key,
  tenant int not null,
  referral bigint not null
);
create index referral_alias_of on referral_alias (referral, stream);

-- Actions that had waited in the stream of such an id: that one carries their ids for ever, and what came of them is about these rows.
create table action_moved (
  tenant int not null,
  action_id text collate "C" not null,
  stream bigint not null,
  seq int not null,
  hash uuid not null,
  primary key (tenant, action_id)
);
create index action_moved_to on action_moved (stream, seq);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on referral_alias, action_moved to grains');
  end if;
end $$;
