using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Programs;

/// <summary>How a program does (S11).</summary>
internal sealed class FigureEndpoints(IFacts facts, IFigures figures, ITenantClock clock) : IEndpoints
{
    private static readonly TimeSpan Recent = TimeSpan.FromDays(30);

    private const int Weeks = 52;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/programs/{id}/figures", Show).Needs(KeyRole.Read)
            .WithSummary("Active referrers, new clients of the last 30 days, what rewards came to and what of it was paid, referrals that wait").Answers<FiguresAnswer>();
        routes.Get("/v1/overview", Overview).Needs(KeyRole.Read)
            .WithSummary("What was earned and paid in all and in each of the last 52 weeks, the best referrers, what is held until when, and how many actions wait").Answers<OverviewAnswer>();
    }

    private async Task<IResult> Overview(HttpContext context)
    {
        var tenant = context.Caller().Tenant;
        var today = new DateTimeOffset((await clock.Now(tenant)).UtcDateTime.Date, TimeSpan.Zero);
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        var now = await figures.Overview(tenant, monday.AddDays(-7 * (Weeks - 1)), context.RequestAborted);
        return Answers.Ok(
            new(
                [.. now.Assets.Select(Figures)],
                [.. now.Weeks.Select(week => new WeekAnswer(week.From, week.Asset.Name, week.EarnedMinor, week.ClawedBackMinor, week.PaidMinor))],
                [.. now.Best.Select(best => new BestReferrerAnswer(best.Referrer, best.Asset.Name, best.NetMinor, best.PaidMinor))],
                [.. now.Held.Select(held => new HeldAnswer(held.Day is { } day ? new(day, TimeOnly.MinValue, TimeSpan.Zero) : null, held.Asset.Name, held.Minor))],
                now.Parked),
            GatewayJson.Default.OverviewAnswer);
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var program = CallerId.IsValid(id) ? await facts.Program(tenant, new(id), stop) : null;
        if (program is null) return new ProblemAnswer(Problem.NotFound("program", "program_id"));
        var now = await figures.Program(program.Stream, await clock.Now(tenant) - Recent, stop);
        return Answers.Ok(
            new(
                program.Id, now.ActiveReferrers, now.NewClients, now.PendingReferrals,
                [.. now.Rewards.Select(Figures)]),
            GatewayJson.Default.FiguresAnswer);
    }

    private static AssetFiguresAnswer Figures(AssetFigures asset) =>
        new(asset.Asset.Name, asset.EarnedMinor, asset.ClawedBackMinor, asset.NetMinor, asset.PendingMinor, asset.ReleasedMinor, asset.PaidMinor);
}

/// <param name="Assets">What all of it came to, from the beginning, manual entries included.</param>
/// <param name="Weeks">One without movements is absent.</param>
/// <param name="BestReferrers">Of each asset the ten that it came to most for.</param>
/// <param name="Held">All that is pending in a hold window or a group, by the day of its release.</param>
/// <param name="ParkedActions">That wait for a referral or a sale.</param>
internal sealed record OverviewAnswer(
    ImmutableArray<AssetFiguresAnswer> Assets, ImmutableArray<WeekAnswer> Weeks, ImmutableArray<BestReferrerAnswer> BestReferrers, ImmutableArray<HeldAnswer> Held, long ParkedActions);

/// <summary>What was booked within a week, manual entries included.</summary>
/// <param name="From">Its Monday, in UTC.</param>
/// <param name="PaidMinor">Less what came back.</param>
internal sealed record WeekAnswer(DateTimeOffset From, string Asset, long EarnedMinor, long ClawedBackMinor, long PaidMinor);

/// <param name="NetMinor">Earned less taken back, from the beginning.</param>
internal sealed record BestReferrerAnswer(CallerId ReferrerId, string Asset, long NetMinor, long PaidMinor);

/// <param name="Day">
/// When the day in UTC begins on which it was to be released when it was given: one that has passed waits for a person, or for word of the
/// referee's customer. Absent where only a person or a full group releases it.
/// </param>
internal sealed record HeldAnswer([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Day, string Asset, long AmountMinor);

/// <param name="ActiveReferrers">Open, with a referral that was not cancelled.</param>
/// <param name="NewClients">Referees whose first sale above zero occurred within the last 30 days.</param>
/// <param name="PendingReferrals">That wait for approval.</param>
internal sealed record FiguresAnswer(
    CallerId ProgramId, long ActiveReferrers, long NewClients, long PendingReferrals, ImmutableArray<AssetFiguresAnswer> Rewards);

/// <summary>What rewards of one asset came to.</summary>
/// <param name="PendingMinor">In a hold window, or in a group.</param>
/// <param name="ReleasedMinor">Payable, on its way or paid: net = pending + released.</param>
/// <param name="PaidMinor">
/// Of what is released, what was paid, less what came back. A payout takes all that a referrer is due, whichever program it comes from: of a
/// program it is absent where another one, or an entry by hand, gives in the same asset.
/// </param>
internal sealed record AssetFiguresAnswer(
    string Asset, long EarnedMinor, long ClawedBackMinor, long NetMinor, long PendingMinor, long ReleasedMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? PaidMinor);
