-- What the page of a long referral begins from: its fold without what is pending, once in so many rows. One that another fold has made is not read.
create table referral_page (
  stream bigint primary key,
  tenant int not null,
  seq int not null,
  fold smallint not null,
  state json not null
) with (fillfactor = 60);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on referral_page to grains');
  end if;
end $$;
