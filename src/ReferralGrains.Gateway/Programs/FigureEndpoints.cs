using System.Collections.Immutable;
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
internal sealed class FigureEndpoints(IFacts facts, IFigures figures, ITenantClock clock)
{
    private static readonly TimeSpan Recent = TimeSpan.FromDays(30);

    public void Map(IEndpointRouteBuilder routes) => routes.Get("/v1/programs/{id}/figures", Show).Needs(KeyRole.Read)
        .WithSummary("Active referrers, new clients of the last 30 days, what rewards came to, referrals that wait").Answers<FiguresAnswer>();

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var program = CallerId.IsValid(id) ? await facts.Program(tenant, new(id), stop) : null;
        if (program is null) return new ProblemAnswer(Problem.NotFound("program", "program_id"));
        var now = await figures.Program(program.Stream, await clock.Now(tenant) - Recent, stop);
        return Answers.Ok(
            new(
                program.Id, now.ActiveReferrers, now.NewClients, now.PendingReferrals,
                [.. now.Rewards.Select(asset => new AssetFiguresAnswer(asset.Asset.Name, asset.EarnedMinor, asset.ClawedBackMinor, asset.NetMinor, asset.PendingMinor, asset.ReleasedMinor))]),
            GatewayJson.Default.FiguresAnswer);
    }
}

/// <param name="ActiveReferrers">Open, with a referral that was not cancelled.</param>
/// <param name="NewClients">Referees whose first sale above zero occurred within the last 30 days.</param>
/// <param name="PendingReferrals">That wait for approval.</param>
internal sealed record FiguresAnswer(
    CallerId ProgramId, long ActiveReferrers, long NewClients, long PendingReferrals, ImmutableArray<AssetFiguresAnswer> Rewards);

/// <summary>What the program's rewards of one asset came to.</summary>
/// <param name="PendingMinor">In a hold window, or in a group.</param>
/// <param name="ReleasedMinor">Payable, on its way or paid: net = pending + released.</param>
internal sealed record AssetFiguresAnswer(string Asset, long EarnedMinor, long ClawedBackMinor, long NetMinor, long PendingMinor, long ReleasedMinor);
