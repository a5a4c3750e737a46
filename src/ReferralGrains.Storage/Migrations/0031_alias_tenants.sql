-- Tenants that have aliases: the ids of their lines are looked up before the lines are put in order. It is written before the first alias is made.
create table alias_tenant (
  tenant int primary key,
  since timestamptz not null default now()
);
insert into alias_tenant (tenant) select distinct tenant from referral_alias;

-- An older process beside this one does not write it before.
create function alias_tenant_made() returns trigger language plpgsql as $$
begin
  insert into alias_tenant (tenant) values (new.tenant) on conflict do nothing;
  return null;
end $$;
create trigger referral_alias_made after insert on referral_alias for each row execute function alias_tenant_made();

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert on alias_tenant to grains');
  end if;
end $$;
