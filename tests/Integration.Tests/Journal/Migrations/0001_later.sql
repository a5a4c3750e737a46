-- What a later version could add: a column to every table, and a table of its own.
do $$
declare name text;
begin
    for name in select tablename from pg_tables where schemaname = 'grains' and tablename <> 'migration' loop
        execute format('alter table grains.%I add column later_version text default ''later''', name);
    end loop;
end $$;
create table later_thing (id bigint primary key);
