-- What Orleans keeps: who is in the cluster, reminders, and the state of grains. Its providers read their statements from OrleansQuery;
-- the contract is the names and types of the parameters and of the columns that come back. Nothing here is money.

create table OrleansQuery (QueryKey text primary key, QueryText text not null);

-- Membership. Every change raises the version, which each writer must have seen: that is what keeps the table one history.
create table membership_version (
  deployment text primary key,
  version int not null default 0
);
create table membership (
  deployment text not null references membership_version,
  address text not null,
  port int not null,
  generation int not null,
  silo_name text not null,
  host_name text not null,
  status int not null,
  proxy_port int not null,
  suspect_times text,
  start_time timestamptz not null,
  alive_time timestamptz not null,
  primary key (deployment, address, port, generation)
);

insert into OrleansQuery values
('InsertMembershipVersionKey', '
  with made as (insert into membership_version (deployment) values (@DeploymentId::text) on conflict do nothing returning 1)
  select count(*)::int from made'),
('InsertMembershipKey', '
  with seen as (
    update membership_version set version = version + 1
    where deployment = @DeploymentId::text and version = @Version::int
      and not exists (
        select from membership m where m.deployment = @DeploymentId::text and m.address = @Address::text
          and m.port = @Port::int and m.generation = @Generation::int)
    returning deployment),
  made as (
    insert into membership (deployment, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
    select deployment, @Address::text, @Port::int, @Generation::int, @SiloName::text, @HostName::text, @Status::int, @ProxyPort::int,
      @StartTime::timestamptz, @IAmAliveTime::timestamptz
    from seen returning 1)
  select count(*)::int from made'),
('UpdateMembershipKey', '
  with seen as (
    update membership_version set version = version + 1
    where deployment = @DeploymentId::text and version = @Version::int
      and exists (
        select from membership m where m.deployment = @DeploymentId::text and m.address = @Address::text
          and m.port = @Port::int and m.generation = @Generation::int)
    returning deployment),
  changed as (
    update membership m set status = @Status::int, suspect_times = @SuspectTimes::text, alive_time = @IAmAliveTime::timestamptz
    from seen s where m.deployment = s.deployment and m.address = @Address::text and m.port = @Port::int and m.generation = @Generation::int
    returning 1)
  select count(*)::int from changed'),
('UpdateIAmAlivetimeKey', '
  update membership set alive_time = @IAmAliveTime::timestamptz
  where deployment = @DeploymentId::text and address = @Address::text and port = @Port::int and generation = @Generation::int'),
('MembershipReadRowKey', '
  select m.address as "Address", m.port as "Port", m.generation as "Generation", m.silo_name as "SiloName", m.host_name as "HostName",
    m.status as "Status", m.proxy_port as "ProxyPort", m.suspect_times as "SuspectTimes", m.start_time as "StartTime",
    m.alive_time as "IAmAliveTime", v.version as "Version"
  from membership_version v
  left join membership m on m.deployment = v.deployment and m.address = @Address::text and m.port = @Port::int and m.generation = @Generation::int
  where v.deployment = @DeploymentId::text'),
('MembershipReadAllKey', '
  select m.address as "Address", m.port as "Port", m.generation as "Generation", m.silo_name as "SiloName", m.host_name as "HostName",
    m.status as "Status", m.proxy_port as "ProxyPort", m.suspect_times as "SuspectTimes", m.start_time as "StartTime",
    m.alive_time as "IAmAliveTime", v.version as "Version"
  from membership_version v left join membership m on m.deployment = v.deployment
  where v.deployment = @DeploymentId::text'),
('GatewaysQueryKey', '
  select address as "Address", proxy_port as "ProxyPort", generation as "Generation"
  from membership where deployment = @DeploymentId::text and status = @Status::int and proxy_port > 0'),
('DeleteMembershipTableEntriesKey', '
  with gone as (delete from membership where deployment = @DeploymentId::text)
  delete from membership_version where deployment = @DeploymentId::text'),
('CleanupDefunctSiloEntriesKey', '
  delete from membership where deployment = @DeploymentId::text and alive_time < @IAmAliveTime::timestamptz and status <> 3');

-- Reminders. Each silo reads those of its part of the ring, hence the index on the hash.
create table reminder (
  service text not null,
  grain text not null,
  name text not null,
  start_time timestamptz not null,
  period bigint not null,
  hash int not null,
  version int not null default 0,
  primary key (service, grain, name)
);
create index reminder_hash on reminder (service, hash);

insert into OrleansQuery
select key, replace(text, '#columns', 'grain as "GrainId", name as "ReminderName", start_time as "StartTime", period as "Period", version as "Version"')
from (values
('UpsertReminderRowKey', '
  insert into reminder as r (service, grain, name, start_time, period, hash)
  values (@ServiceId::text, @GrainId::text, @ReminderName::text, @StartTime::timestamptz, @Period::bigint, @GrainHash::int)
  on conflict (service, grain, name) do update
    set start_time = excluded.start_time, period = excluded.period, hash = excluded.hash, version = r.version + 1
  returning version as "Version"'),
('ReadReminderRowKey', '
  select #columns from reminder where service = @ServiceId::text and grain = @GrainId::text and name = @ReminderName::text'),
('ReadReminderRowsKey', '
  select #columns from reminder where service = @ServiceId::text and grain = @GrainId::text'),
('ReadRangeRows1Key', '
  select #columns from reminder where service = @ServiceId::text and hash > @BeginHash::int and hash <= @EndHash::int'),
('ReadRangeRows2Key', '
  select #columns from reminder where service = @ServiceId::text and (hash > @BeginHash::int or hash <= @EndHash::int)'),
('DeleteReminderRowKey', '
  with gone as (
    delete from reminder where service = @ServiceId::text and grain = @GrainId::text and name = @ReminderName::text and version = @Version::int
    returning 1)
  select count(*)::int from gone'),
('DeleteReminderRowsKey', '
  delete from reminder where service = @ServiceId::text')) as q(key, text);

-- The state of grains. The payload of a snapshot names its stream and row; a check compares it with the journal.
create table grain_state (
  id_hash int not null,
  type_hash int not null,
  n0 bigint not null,
  n1 bigint not null,
  type text not null,
  id text not null default '',
  service text not null,
  payload bytea,
  version int not null,
  modified_at timestamptz not null default now(),
  primary key (service, type, id, n0, n1)
);

insert into OrleansQuery
select key, replace(text, '#this', 'service = @ServiceId::text and type = @GrainTypeString::text and id = coalesce(@GrainIdExtensionString::text, '''')
  and n0 = @GrainIdN0::bigint and n1 = @GrainIdN1::bigint')
from (values
('ReadFromStorageKey', '
  select payload as "PayloadBinary", version as "Version" from grain_state where #this'),
-- Without a version the state was never read: only the first such writer makes the row. The version that comes back is the one given
-- when nothing was written, which the provider takes for a conflict.
('WriteToStorageKey', '
  with changed as (
    update grain_state set payload = @PayloadBinary::bytea, version = version + 1, modified_at = now()
    where #this and version = @GrainStateVersion::int
    returning version),
  made as (
    insert into grain_state (id_hash, type_hash, n0, n1, type, id, service, payload, version)
    select @GrainIdHash::int, @GrainTypeHash::int, @GrainIdN0::bigint, @GrainIdN1::bigint, @GrainTypeString::text,
      coalesce(@GrainIdExtensionString::text, ''''), @ServiceId::text, @PayloadBinary::bytea, 1
    where @GrainStateVersion::int is null
    on conflict do nothing returning version)
  select coalesce((select version from changed), (select version from made), @GrainStateVersion::int) as "NewGrainStateVersion"'),
('ClearStorageKey', '
  update grain_state set payload = null, version = version + 1, modified_at = now()
  where #this and version = @GrainStateVersion::int
  returning version as "NewGrainStateVersion"'),
('DeleteStorageKey', '
  delete from grain_state where #this and version = @GrainStateVersion::int
  returning version + 1 as "NewGrainStateVersion"')) as q(key, text);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant usage on schema %I to grains', current_schema());
    execute format('grant select on OrleansQuery to grains');
    grant select, insert, update, delete on membership, membership_version, reminder, grain_state to grains;
  end if;
end $$;
