-- Referrals that were given to another referrer: what was counted for the old one stays counted.
create table reassignment (
  stream bigint not null,
  seq int not null,
  tenant int not null,
  from_referrer bigint not null,
  approved boolean not null,
  primary key (stream, seq)
);
create index reassignment_from on reassignment (from_referrer, stream);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on reassignment to grains');
  end if;
end $$;
