-- Differs after a standby has taken over and after a restore to a time: the newest commits may be lost then. A service that keeps its log
-- otherwise, as Aurora does, does not tell where in it one is; there nothing is lost when another instance takes over.
do $do$
begin
  perform pg_walfile_name(pg_current_wal_lsn());
  create function timeline() returns text language sql stable as $$ select left(pg_walfile_name(pg_current_wal_lsn()), 8) $$;
exception when object_not_in_prerequisite_state or feature_not_supported or insufficient_privilege then
  create function timeline() returns text language sql immutable as $$ select '' $$;
end $do$;

-- On which it began; null where a version before this wrote the row.
alter table silo add timeline text collate "C";

-- What a process keeps in memory may be of commits that are lost, and others stand under their numbers.
create or replace function is_alive(p_silo bigint) returns boolean language plpgsql as $$
begin
  if exists (
    select from silo where id = p_silo and ended_at is null and seen_at > clock_timestamp() - interval '3 s' and coalesce(silo.timeline = timeline(), true)
  ) then return true; end if;
  raise exception 'silo % has ended, was not renewed in time, or began before this database took another''s place', p_silo using errcode = 'RG003';
end $$;
