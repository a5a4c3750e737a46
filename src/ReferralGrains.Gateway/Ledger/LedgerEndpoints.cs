using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Ledger;

/// <summary>The books as a whole.</summary>
internal sealed class LedgerEndpoints(IReports reports, ILedgerCheck check)
{
    private static readonly ImmutableDictionary<AccountKind, string> Accounts =
        Enum.GetValues<AccountKind>().ToImmutableDictionary(kind => kind, kind => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()));

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/ledger/trial_balance", TrialBalance).Needs(KeyRole.Read)
            .WithSummary("The sum of every kind of account in every asset").Answers<TrialBalanceAnswer>();
        routes.Get("/v1/ledger/postings", Postings).Needs(KeyRole.Read)
            .WithSummary("Every movement, in the order of the journal").Pages<PageAnswer<PostingAnswer>>();
        routes.Post("/v1/ledger/check", Check).Needs(KeyRole.Finance)
            .WithSummary("Recompute every balance from the journal and compare").Answers<LedgerCheckAnswer>();
    }

    private async Task<IResult> TrialBalance(HttpContext context)
    {
        var lines = await reports.TrialBalance(context.Caller().Tenant, context.RequestAborted);
        return Answers.Ok(
            new([.. lines.Select(line => new TrialBalanceAccount(Accounts[line.Account], line.Asset.Name, line.DebitMinor, line.CreditMinor))]),
            GatewayJson.Default.TrialBalanceAnswer);
    }

    private async Task<IResult> Postings(HttpContext context)
    {
        var paging = Paging.OfEntries(context);
        var page = await reports.Postings(context.Caller().Tenant, paging.After, paging.Limit, context.RequestAborted);
        return Answers.Ok(new([.. page.Items.Select(Answer)], page.HasMore), GatewayJson.Default.PageAnswerPostingAnswer);
    }

    private async Task<IResult> Check(HttpContext context)
    {
        var report = await check.Check(context.Caller().Tenant, context.RequestAborted);
        return Answers.Ok(
            new(
                report.Ok,
                new(report.Rows, report.Postings, report.Balances, report.Streams, report.Seals),
                [.. report.Differences.Select(difference => new LedgerDifferenceAnswer(difference.What, difference.Detail))],
                report.Head is { } head ? new(head.Position, head.Hash) : null),
            GatewayJson.Default.LedgerCheckAnswer);
    }

    private static PostingAnswer Answer(PostingView view)
    {
        var (from, to, amount) = view.Posting;
        return new("pst_" + PageCursor.Of(view), view.At, Side(from), Side(to), amount.Asset.Name, amount.Minor);
    }

    private static PostingSide Side(Account account) => new(Accounts[account.Kind], account.Owner.Value);
}
