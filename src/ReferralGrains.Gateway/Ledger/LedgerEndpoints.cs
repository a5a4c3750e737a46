using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Ledger;

/// <summary>The books as a whole.</summary>
internal sealed class LedgerEndpoints(IReports reports, ILedgerCheck check) : IEndpoints
{
    private static readonly ImmutableDictionary<AccountKind, string> Accounts =
        Enum.GetValues<AccountKind>().ToImmutableDictionary(kind => kind, kind => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()));

    private static readonly Listing<PostingAnswer> Listed = new(
        GatewayJson.Default.PageAnswerPostingAnswer, PageCursor.IsEntry, [],
        Filters.Program, Filters.Referrer, Filters.Program | Filters.Referee, Filters.Referrer | Filters.Period, Filters.Program | Filters.Referee | Filters.Period);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/ledger/trial_balance", TrialBalance).Needs(KeyRole.Read).OrFinance()
            .WithSummary("The sum of every kind of account in every asset").Answers<TrialBalanceAnswer>();
        routes.Get("/v1/ledger/postings", Postings).Needs(KeyRole.Read)
            .WithSummary("Every movement, stream by stream in the order of the journal").Lists(Listed);
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
        var (filter, _) = Listed.Read(context);
        var page = await reports.Postings(filter, context.RequestAborted);
        return Listed.Answer(context, page.Items.Select(Answer), page.HasMore, posting => posting.Id);
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
        return new("pst_" + PageCursor.Of(view), view.At, Side(from), Side(to), amount.Asset.Name, amount.Minor, view.Referrer, view.Action,
            view.Reward is { } reward ? new RewardName(view.Stream, reward).ToString() : null);
    }

    private static PostingSide Side(Account account) => new(Accounts[account.Kind], account.Owner.Value);
}

internal sealed record TrialBalanceAnswer(ImmutableArray<TrialBalanceAccount> Data);

/// <summary>All accounts of one kind in one asset; over an asset, debits and credits come to the same.</summary>
/// <param name="DebitMinor">What went out of them.</param>
/// <param name="CreditMinor">What came in.</param>
internal sealed record TrialBalanceAccount(string Account, string Asset, long DebitMinor, long CreditMinor);

/// <summary>One movement: an amount above zero from one account to another.</summary>
/// <param name="ReferrerId">Whose account it moves.</param>
/// <param name="ActionId">Whose doing it was; null for what no action moved.</param>
/// <param name="RewardId">What it moves; null for what moves several at once, or none.</param>
internal sealed record PostingAnswer(
    string Id, DateTimeOffset At, PostingSide From, PostingSide To, string Asset, long AmountMinor, CallerId? ReferrerId, CallerId? ActionId, string? RewardId);

/// <param name="Owner">The number of the program or referrer whose account it is.</param>
internal sealed record PostingSide(string Account, long Owner);

/// <param name="Ok">Every balance is what the journal says, and no sealed row was changed.</param>
/// <param name="Differences">The first hundred.</param>
/// <param name="Head">The end of the verified chain. Kept outside, it tells whether history before it was ever rewritten.</param>
internal sealed record LedgerCheckAnswer(bool Ok, LedgerChecked Checked, ImmutableArray<LedgerDifferenceAnswer> Differences, LedgerHead? Head);

/// <param name="Streams">Referrals, referrers and programs whose fold was compared with what is kept beside them.</param>
/// <param name="Seals">Seals that were verified, of all tenants: the chain is one.</param>
internal sealed record LedgerChecked(long Rows, long Postings, long Balances, long Streams, long Seals);

internal sealed record LedgerHead(long Position, string Hash);

/// <param name="What">A stable word.</param>
internal sealed record LedgerDifferenceAnswer(string What, string Detail);
