-- As it was (0026), but what a sandbox paid counts in the week in which its batch was drawn up, as in its statements: payouts go at the world's
-- pace, so that by its own clock no more is known. Only postings to and from what is paid look for their batch.
create or replace view figure_movement as
  select e.commit_id, e.tenant, coalesce(r.program, case e.type when 40 then (e.data ->> 'program')::int8 end, 0) as program,
    date_trunc(
      'week',
      coalesce(
        case when 6 in (e.from_account & 7, e.to_account & 7) then (
          select b.drawn_at
          from payout_item i join payout_batch b on b.stream = i.batch join tenant t on t.id = b.tenant
          where i.stream = e.stream and t.sandbox) end,
        e.recorded_at),
      'UTC') as week, e.asset,
    case when e.from_account & 7 = 1 then e.amount else 0 end as earned,
    case when e.to_account & 7 = 2 then e.amount when e.from_account & 7 = 2 then -e.amount else 0 end as clawed_back,
    case when e.to_account & 7 = 3 then e.amount when e.from_account & 7 = 3 then -e.amount else 0 end as pending,
    case when e.to_account & 7 = 6 then e.amount when e.from_account & 7 = 6 then -e.amount else 0 end as paid
  from event e left join referral r on r.stream = e.stream
  where e.amount is not null;

do $$
declare
  up_to bigint;
begin
  -- What is summed by now: nobody sums more until this is over.
  select position into up_to from figure_position for update;
  delete from figure f using tenant t where t.id = f.tenant and t.sandbox;
  insert into figure (tenant, program, week, asset, earned, clawed_back, pending, paid)
  select m.tenant, m.program, m.week, m.asset, sum(m.earned), sum(m.clawed_back), sum(m.pending), sum(m.paid)
  from figure_movement m join tenant t on t.id = m.tenant and t.sandbox join seal s on s.commit_id = m.commit_id and s.position <= up_to
  group by 1, 2, 3, 4;
end $$;
