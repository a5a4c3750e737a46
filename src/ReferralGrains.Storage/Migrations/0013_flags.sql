-- The review list. A referral's flag is a fold of its stream; a referrer's is raised here, by what is kept nowhere else.
create table flag (
  stream bigint not null,
  kind smallint not null,
  tenant int not null,
  state smallint not null,
  reason text collate "C" not null,
  opened_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text collate "C",
  primary key (stream, kind)
);
create index flag_tenant on flag (tenant, stream, kind);

-- Who was first with an e-mail address (kind 2) or a payout account (kind 3); the kinds are those of the flags that they raise. Personal
-- data, erased with the referrer's own.
create table referrer_identity (
  tenant int not null,
  kind smallint not null,
  value text collate "C" not null,
  referrer bigint not null,
  primary key (tenant, kind, value)
);
create index referrer_identity_referrer on referrer_identity (referrer, kind);
insert into referrer_identity (tenant, kind, value, referrer)
  select distinct on (r.tenant, m.mailbox) r.tenant, 2, m.mailbox, r.stream from referrer r
  cross join lateral (select lower(btrim(regexp_replace(r.email, '\+[^@]*(?=@[^@]*$)', ''))) as mailbox) m
  where r.email is not null order by r.tenant, m.mailbox, r.created_at, r.stream;

-- How many referees were attributed to a referrer in the hour of the last one.
create table attribution_rate (
  referrer bigint primary key,
  tenant int not null,
  hour timestamptz not null,
  count int not null
) with (fillfactor = 60);

do $$
begin
  if exists (select from pg_roles where rolname = 'grains') then
    execute format('grant select, insert, update, delete on flag, referrer_identity, attribution_rate to grains');
  end if;
end $$;
