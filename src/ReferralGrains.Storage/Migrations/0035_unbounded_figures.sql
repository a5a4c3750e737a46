-- A week of a program, and a day that holds end, are sums of any number of balances of which each fits. Where one tenant's did not fit, nobody's
-- were summed any more.
alter table figure alter earned type numeric, alter clawed_back type numeric, alter pending type numeric, alter paid type numeric;
alter table held alter minor type numeric;

drop function held_up_to(bigint, int);
create function held_up_to(p_position bigint, p_tenant int) returns table (tenant int, day date, asset int, minor numeric) language sql stable as $$
  select r.tenant, r.day, a.id, sum(r.minor)
  from (
    select c.tenant, c.asset, held_day(max(c.at)) as day, sum(c.minor) as minor
    from held_change c join seal s on s.commit_id = c.commit_id and s.position <= p_position
    where p_tenant is null or c.tenant = p_tenant group by c.tenant, c.asset, c.stream, c.reward) r
  join asset a on a.name = r.asset where r.minor <> 0 group by 1, 2, 3
$$;
