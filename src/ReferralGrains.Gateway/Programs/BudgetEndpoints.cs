using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Programs;

/// <summary>What rules have used of their budgets (X5).</summary>
internal sealed class BudgetEndpoints(IFacts facts, IReports reports, IFigures figures, RulePrograms programs) : IEndpoints
{
    private static readonly QueryParameter Referrer = new("referrer_id", "string", "Whose, where each referrer has the budget for itself.");

    public void Map(IEndpointRouteBuilder routes) => routes.Get("/v1/rules/{id}/budget", Show).Needs(KeyRole.Read)
        .WithSummary("What is used of a rule's budget, month by month, the newest first").Answers<BudgetAnswer>().Query(Referrer, RouteDescription.ProgramId);

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var (program, ruleId) = await programs.Resolve(context, id);
        var terms = await facts.ProgramCovering(tenant, program, terms => terms.Rule(ruleId) is not null, stop);
        var rule = terms.Rule(ruleId)!;
        if (rule.State.Budget is not { } budget) return Answers.Ok(new(program, ruleId, null, null, null, null, []), GatewayJson.Default.BudgetAnswer);
        CallerId? referrer = null;
        var owner = terms.Stream;
        if (budget.Per == BudgetPer.Referrer)
        {
            var named = context.Single(Referrer.Name) ?? throw Problem.MissingField(Referrer.Name).AsException();
            var profile = CallerId.IsValid(named) ? await reports.Referrer(tenant, new(named), stop) : null;
            if (profile is null) return new ProblemAnswer(Problem.NotFound("referrer", Referrer.Name));
            (referrer, owner) = (profile.Id, profile.Stream);
        }

        var uses = await figures.Budget(owner, terms.Stream, rule.Number, stop);
        return Answers.Ok(
            new(program, ruleId, referrer, RuleWords.Owners.Of(budget.Per), "month", budget.AmountMinor, [.. uses.Select(use => Month(use, budget))]),
            GatewayJson.Default.BudgetAnswer);
    }

    private static BudgetMonth Month(BudgetUse use, RuleBudget budget) =>
        new($"{use.Month / 12:D4}-{(use.Month % 12) + 1:D2}", use.Minor, Math.Max(0, budget.AmountMinor - use.Minor));
}

/// <summary>A rule without a budget has neither owner nor amount, and no months.</summary>
/// <param name="AmountMinor">As it is now, for every month; of the asset that the rule gives.</param>
internal sealed record BudgetAnswer(
    CallerId ProgramId,
    CallerId RuleId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ReferrerId,
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Owners))] string? Per,
    [property: OneOf("month")] string? Every,
    long? AmountMinor,
    ImmutableArray<BudgetMonth> Months);

/// <param name="Month">Like 2026-01, in the program's time zone.</param>
/// <param name="UsedMinor">Given less taken back.</param>
internal sealed record BudgetMonth(string Month, long UsedMinor, long LeftMinor);
