using System.Collections.Immutable;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>How a tenant pays out: minimums, schedule, who approves.</summary>
internal sealed class PayoutTermsEndpoints(IGrainRouter router, IPayoutReports reports) : IEndpoints
{
    private const int DaysOfWeek = 7;
    private const int DaysOfMonth = 31;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/payout_terms", Show).Needs(KeyRole.Read).OrFinance().WithSummary("How this tenant pays out").Answers<PayoutTermsAnswer>();
        routes.Put("/v1/payout_terms", Set).Needs(KeyRole.Finance)
            .WithSummary("Set how this tenant pays out, for every batch that is drawn up from now on").Takes<PayoutTermsBody>().Answers<PayoutTermsAnswer>();
    }

    private async Task<IResult> Show(HttpContext context)
    {
        var view = await reports.Terms(context.Caller().Tenant, context.RequestAborted);
        return Answers.Ok(Answer(view.Terms, view.NextAt), GatewayJson.Default.PayoutTermsAnswer);
    }

    private async Task<IResult> Set(HttpContext context)
    {
        var caller = context.Caller();
        var terms = Parse(await Body.Read(context, GatewayJson.Default.PayoutTermsBody));
        var reply = await router.Ask(GrainAddress.PayoutPlan(caller.Tenant), new SetPayoutTerms(terms, caller.By), context.RequestAborted);
        return Answers.Ok(Answer(reply.Plan.Terms!, reply.Plan.NextAt), GatewayJson.Default.PayoutTermsAnswer);
    }

    private static PayoutTerms Parse(PayoutTermsBody body)
    {
        var zone = body.TimeZone ?? PayoutTerms.Default.TimeZone;
        if (!ProgramDates.IsKnown(zone)) throw Problem.InvalidField("time_zone", $"An IANA time zone is expected, like Europe/London, not {Text.Shown(zone)}.").AsException();
        var terms = new PayoutTerms(
            Minimums(body.Minimums), Schedule(body.Schedule), zone, body.SecondPerson ?? false, body.AutoApprove ?? false,
            PayoutWords.Deliveries.Parse(body.Delivery, false, "delivery"), PayoutWords.CreditDeliveries.Parse(body.CreditDelivery, false, "credit_delivery"));
        if (terms is { AutoApprove: true, SecondPerson: true }) throw Problem.Unprocessable("auto_approve_needs_nobody", "auto_approve", "What two people are to approve does not approve itself.").AsException();
        return terms is { Schedule.Every: PayoutEvery.Amount, Minimums: [] }
            ? throw Problem.Unprocessable("amount_needs_minimum", "minimums", "A schedule by amount goes by the minimums: name at least one.").AsException()
            : terms;
    }

    private static ImmutableArray<PayoutMinimum> Minimums(ImmutableArray<PayoutMinimumBody>? body)
    {
        if (body is not { } given) return [];
        if (given.Length > PayoutTermsBody.MaxMinimums) throw Problem.InvalidField("minimums", $"At most {PayoutTermsBody.MaxMinimums} currencies are possible.").AsException();
        var minimums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i < given.Length; i++)
        {
            var currency = Currencies.Known(given[i].Currency) ?? throw Problem.InvalidField($"minimums[{i}].currency", Currencies.Expected(given[i].Currency)).AsException();
            AmountLimits.Range(given[i].AmountMinor, 1, AmountLimits.MaxMinor, $"minimums[{i}].amount_minor");
            if (!minimums.TryAdd(currency, given[i].AmountMinor)) throw Problem.DuplicateField($"minimums[{i}].currency").AsException();
        }

        return [.. minimums.Select(static pair => new PayoutMinimum(pair.Key, pair.Value))];
    }

    private static PayoutSchedule? Schedule(PayoutScheduleBody? body)
    {
        if (body is null) return null;
        var every = PayoutWords.Schedules.Parse(body.Every, default, "schedule.every");
        if (every == PayoutEvery.Amount)
            return body.Day is null ? new(every, 0) : throw Problem.InvalidField("schedule.day", "An amount is reached on any day.").AsException();
        if (body.Day is not { } day) throw Problem.MissingField("schedule.day").AsException();
        return new(every, (int)AmountLimits.Range(day, 1, every == PayoutEvery.Week ? DaysOfWeek : DaysOfMonth, "schedule.day")!.Value);
    }

    private static PayoutTermsAnswer Answer(PayoutTerms terms, DateTimeOffset? nextAt) => new(
        [.. terms.Minimums.Select(static one => new PayoutMinimumBody(one.Currency, one.Minor))],
        terms.Schedule is { } schedule ? new(PayoutWords.Schedules.Of(schedule.Every), schedule.Every == PayoutEvery.Amount ? null : schedule.Day) : null,
        terms.TimeZone, terms.SecondPerson, terms.AutoApprove, PayoutWords.Deliveries.Of(terms.Outside), PayoutWords.CreditDeliveries.Of(terms.CreditByStripe), nextAt);
}
