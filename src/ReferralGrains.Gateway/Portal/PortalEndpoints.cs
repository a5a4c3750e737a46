using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Payouts;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Gateway.Referrers;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Portal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Gateway.Portal;

/// <summary>
/// What the portal shows, and lets do, the referrer for whom the link is that is shown as a key. No route names a referrer, so none can name
/// another; what is known of referees is their masked id.
/// </summary>
internal sealed class PortalEndpoints(
    IGrainRouter router, IReports reports, IPortalReports portal, IFlags flags, IPayoutReports payouts, PayoutAccountEndpoints accounts,
    GroupEndpoints groups, ITenantClock clock) : IEndpoints
{
    private const int MostPrograms = 100;
    private const int MostLines = 1_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/portal", Show).Needs(KeyRole.Portal).ShowsPersonalData()
            .WithSummary("Codes, balances, progress and payouts of the referrer whose link is the key").Answers<PortalAnswer>();
        routes.Patch("/v1/portal", Change).Needs(KeyRole.Portal)
            .WithSummary("Ask for cash to be paid out, or not").Takes<PortalChange>().Answers<PortalAnswer>();
        routes.Get("/v1/portal/referrals", Referrals).Needs(KeyRole.Portal).ShowsPersonalData()
            .WithSummary("Its referrals and what came of each, the newest first; referees are masked").Pages<PageAnswer<PortalReferralAnswer>>();
        routes.Get("/v1/portal/payouts", Payouts).Needs(KeyRole.Portal).ShowsPersonalData()
            .WithSummary("What it was paid and is being paid, the newest first").Pages<PageAnswer<PortalPayoutAnswer>>();
        routes.Get("/v1/portal/statement", Statement).Needs(KeyRole.Portal).ShowsPersonalData()
            .WithSummary("What it had, each movement and what is left, in a period").Answers<PortalStatementAnswer>().Query(Times.From, Times.To);
        routes.Post("/v1/portal/onboarding_link", (HttpContext context) => accounts.Onboard(context, Own(context).Value)).Needs(KeyRole.Portal)
            .WithSummary("A link by which it tells Stripe who it is and where it banks").Takes<NewOnboardingLink>().Answers<OnboardingLinkAnswer>();
    }

    private async Task<IResult> Show(HttpContext context)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var profile = await Profile(context);
        var programs = (await reports.Programs(new(tenant, MostPrograms), enabled: true, stop)).Items;
        var balances = await reports.Balances(tenant, profile.Id, stop) ?? [];
        var tallies = await portal.Tallies(profile.Stream, [.. programs.Where(static program => program.NeedsReferrer).Select(static program => program.Stream)], stop);
        var now = await clock.Now(tenant);
        return Answers.Ok(
            new(
                new(profile.Code, profile.Name, profile.CashOptIn), now, PortalSettingsBody.Of(await portal.Settings(tenant, stop)),
                [.. programs.Select(program => Program(profile, program, tallies.GetValueOrDefault(program.Stream, Tally.Empty), now))],
                [.. balances.Select(ReferrerFields.Line)], await groups.Of(tenant, profile, stop),
                await Paying(tenant, profile, programs, balances, now, stop)),
            GatewayJson.Default.PortalAnswer);
    }

    private async Task<IResult> Change(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.PortalChange);
        var change = new ChangeReferrer(null, null, null, body.CashOptIn, null, null);
        var reply = await router.Ask(GrainAddress.Referrer(context.Caller().Tenant, Own(context)), change, context.RequestAborted);
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : await Show(context);
    }

    private async Task<IResult> Referrals(HttpContext context)
    {
        var paging = Paging.Of(context, static text => ReferralName.Parse(text) is not null);
        var page = Paging.Found(await portal.Referrals((await Profile(context)).Stream, paging.After is { } last ? ReferralName.Parse(last)!.Value.Stream : null, paging.Limit, context.RequestAborted));
        return Answers.Ok(
            new(
                [
                    .. page.Items.Select(static one => new PortalReferralAnswer(
                        new ReferralName(one.Stream).ToString(), one.Program, Masked.Of(one.Referee), one.Status.ToWire(), one.AttributedAt, one.FirstSaleAt,
                        [.. one.Earned.Select(static net => new PortalAmount(net.Asset.Name, net.Minor))])),
                ],
                page.HasMore),
            GatewayJson.Default.PageAnswerPortalReferralAnswer);
    }

    private async Task<IResult> Payouts(HttpContext context)
    {
        var paging = Paging.Of(context, static text => PayoutName.Parse(text) is not null);
        var page = Paging.Found(await portal.Payouts((await Profile(context)).Stream, paging.After is { } last ? PayoutName.Parse(last)!.Value.Stream : null, paging.Limit, context.RequestAborted));
        return Answers.Ok(
            new(
                [.. page.Items.Select(static one => new PortalPayoutAnswer(new PayoutName(one.Stream).ToString(), one.Amount.Asset.Name, one.Amount.Minor, Word(one.Status), one.ChangedAt))],
                page.HasMore),
            GatewayJson.Default.PageAnswerPortalPayoutAnswer);
    }

    private async Task<IResult> Statement(HttpContext context)
    {
        var (tenant, stop, profile) = (context.Caller().Tenant, context.RequestAborted, await Profile(context));
        var period = StatementPeriod.Read(context);
        var assets = await reports.Statement(tenant, profile.Id, period, stop) ?? [];
        var lines = await portal.Movements(profile.Stream, period, MostLines, stop);
        return Answers.Ok(
            new(
                StatementPeriod.From(period), StatementPeriod.To(period), [.. assets.Select(StatementAssetAnswer.Of)],
                [
                    .. lines.Items.Select(static line => new PortalLine(
                        line.At, Word(line.From, line.To), line.Amount.Asset.Name, line.Amount.Minor, line.Program, line.Referee is { } referee ? Masked.Of(referee) : null)),
                ],
                lines.HasMore),
            GatewayJson.Default.PortalStatementAnswer);
    }

    private static PortalProgram Program(ReferrerProfile profile, ProgramTerms program, Tally tally, DateTimeOffset now)
    {
        var share = ShareEndpoints.Shared(profile, program);
        return new(
            program.Id, program.Name, program.Currency, PaysCash(program), share.Link, share.Texts, DiscountBody.Of(program.NewCustomer),
            [
                .. program.Rules.Where(rule => rule.Latest.Terms.IsTiered && rule.State.Enabled && rule.State.IsActiveAt(now))
                    .Where(rule => !rule.Latest.Terms.GrantedOnly || profile.Granted.Contains(new(program.Stream, rule.Number)))
                    .Select(rule => Tier(rule, tally)),
            ]);
    }

    private static string? Day(DateTimeOffset? at, string timeZone) =>
        at is { } moment ? TimeZoneInfo.ConvertTime(moment, TimeZoneInfo.FindSystemTimeZoneById(timeZone)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null;

    // A tier is measured the way its rule is; the next one is the nearest that begins above what was reached.
    private static PortalTier Tier(Rule rule, Tally tally)
    {
        var terms = rule.Latest.Terms;
        var by = terms.Tiers[0].By;
        var reached = tally.Measure(by, terms.Trigger);
        var next = terms.Tiers.Where(tier => tier.Min > reached).MinBy(static tier => tier.Min);
        return new(
            rule.Id, terms.Name, by.ToWire(), reached, terms.Tiers.Any(tier => tier.Holds(reached)), next?.Min, terms.Reward.Asset.Name, next is { BasisPoints: > 0 } share ? share.BasisPoints : null,
            next is { AmountMinor: > 0 } amount ? amount.AmountMinor : null);
    }

    private async Task<PortalPayouts> Paying(
        int tenant, ReferrerProfile profile, ImmutableArray<ProgramTerms> programs, IReadOnlyList<AssetBalance> balances, DateTimeOffset now, CancellationToken stop)
    {
        var (view, account) = (await payouts.Terms(tenant, stop), await payouts.Account(tenant, profile.Id, stop));
        var isFlagged = (await flags.Stopped([profile.Stream], stop)).Count > 0;
        var currencies = programs.Where(PaysCash).Select(static program => program.Currency)
            .Concat(balances.Where(static one => Currency.IsKnown(one.Asset.Name)).Select(static one => one.Asset.Name)).Distinct().Order(StringComparer.Ordinal).ToList();
        var next = view.Terms.Schedule is { Every: not PayoutEvery.Amount } ? view.NextAt : null;
        return new(
            currencies.Count > 0, PayoutWords.Deliveries.Of(view.Terms.Outside), view.Terms.Schedule is { } schedule ? PayoutWords.Schedules.Of(schedule.Every) : null,
            next, Day(next, view.Terms.TimeZone), account is not null, account?.IsReady ?? false,
            [.. currencies.Select(Cash)]);

        PortalCash Cash(string currency)
        {
            var payable = balances.FirstOrDefault(one => one.Asset.Name == currency)?.Balance.Payable ?? 0;
            var candidate = new PayoutCandidate(
                profile.Stream, profile.Id, new(payable, Asset.Cash(currency)), profile.Closed, profile.CashOptIn, account?.Account, account?.ChangedAt, account?.IsReady ?? false, isFlagged);
            return new(currency, payable, view.Terms.MinimumOf(currency), payable > 0 ? candidate.Why(view.Terms, now, PayoutWaits.Live)?.ToWire() : null);
        }
    }

    // In whichever version: an enrollment stays on the terms of its time.
    private static bool PaysCash(ProgramTerms program) =>
        program.Rules.Any(static rule => rule.State.Enabled && rule.Versions.Any(static version => Currency.IsKnown(version.Terms.Reward.Asset.Name)));

    // The words of a balance: where the money is, not what its transfer goes through.
    private static string Word(PayoutItemStatus status) => status switch
    {
        PayoutItemStatus.Succeeded or PayoutItemStatus.Confirmed => "paid",
        PayoutItemStatus.PartlyReversed => "partly_reversed",
        PayoutItemStatus.Reversed => "reversed",
        PayoutItemStatus.Released => "released",
        _ => "in_transit",
    };

    private static string Word(AccountKind from, AccountKind to) => (from, to) switch
    {
        (AccountKind.Rewards, _) => "earned",
        (_, AccountKind.Clawbacks) => "clawed_back",
        (AccountKind.Clawbacks, _) => "given_back",
        (AccountKind.Pending, AccountKind.Payable) => "released",
        (_, AccountKind.InTransit) => "in_transit",
        (_, AccountKind.Paid) => "paid",
        (AccountKind.InTransit or AccountKind.Paid, AccountKind.Payable) => "returned",
        _ => throw new UnreachableException(),
    };

    private static CallerId Own(HttpContext context) => context.Caller().Referrer ?? throw Problem.NoKey.AsException();

    private async Task<ReferrerProfile> Profile(HttpContext context) =>
        await reports.Referrer(context.Caller().Tenant, Own(context), context.RequestAborted) ?? throw Problem.NoKey.AsException();
}

/// <summary>What a referrer may see of a referee's id, which may be an e-mail address: enough to tell two apart, and not whose it is.</summary>
internal static class Masked
{
    public static string Of(CallerId id) => id.Value switch
    {
        { Length: >= 8 } text => $"{text[..2]}…{text[^2..]}",
        { Length: >= 4 } text => $"{text[..1]}…",
        _ => "…",
    };
}

/// <param name="Now">By the tenant's clock.</param>
/// <param name="Programs">Those that take somebody in.</param>
/// <param name="Groups">What waits for a sum before it is payable.</param>
internal sealed record PortalAnswer(
    PortalReferrer Referrer, DateTimeOffset Now, PortalSettingsBody Settings, ImmutableArray<PortalProgram> Programs, ImmutableArray<BalanceLine> Balances,
    ImmutableArray<GroupAnswer> Groups, PortalPayouts Payouts);

internal sealed record PortalReferrer(string Code, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name, bool CashOptIn);

/// <param name="PaysCash">Whether any of its rules gives money.</param>
/// <param name="Link">The program's share_url with the code in it; absent where it has none.</param>
/// <param name="NewCustomerDiscount">For who is referred from now on.</param>
internal sealed record PortalProgram(
    CallerId Id, string Name, string Currency, bool PaysCash, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Link, ShareTexts Texts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DiscountBody? NewCustomerDiscount, ImmutableArray<PortalTier> Tiers);

/// <summary>How far the referrer is in the tiers of a rule.</summary>
/// <param name="By">value, in the program's currency, or count of referrals.</param>
/// <param name="InTier">Whether a tier holds what was reached: before the first, between two and beyond the last none may.</param>
/// <param name="Next">Where the next tier begins; absent in the last one and beyond it.</param>
/// <param name="Asset">What the rule gives.</param>
/// <param name="NextBasisPoints">What the next tier gives, where that is a share.</param>
/// <param name="NextAmountMinor">What the next tier gives, where that is an amount.</param>
internal sealed record PortalTier(
    CallerId RuleId, string Name, [property: OneOf("value", "count")] string By, long Reached, bool InTier,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Next, string Asset,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? NextBasisPoints,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? NextAmountMinor);

/// <param name="PaysCash">Whether any program gives money, or there is some.</param>
/// <param name="Every">By which a batch is drawn up: week, month, or amount as soon as a minimum is reached. Absent: on demand.</param>
/// <param name="NextAt">When the next batch is drawn up, where that has a date.</param>
/// <param name="NextOn">The day that it is then where the tenant pays out, as 2026-01-31: that of UTC may be the one before.</param>
/// <param name="AccountLinked">Whether there is an account to which money can be sent.</param>
/// <param name="AccountReady">Whether what is sent there arrives.</param>
internal sealed record PortalPayouts(
    bool PaysCash, [property: OneOf("stripe", "outside")] string Delivery,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Every,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? NextAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NextOn, bool AccountLinked, bool AccountReady, ImmutableArray<PortalCash> Currencies);

/// <param name="MinimumMinor">Below it nothing is paid out.</param>
/// <param name="WaitsFor">
/// Why the next batch would not pay what is payable: flagged, not_opted_in, currency_not_payable, below_minimum, no_account, cooling_off,
/// account_not_ready, indivisible. Absent where it would.
/// </param>
internal sealed record PortalCash(
    string Currency, long PayableMinor, long MinimumMinor, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? WaitsFor);

/// <summary>What is left out stays.</summary>
/// <param name="CashOptIn">Wants cash rewards to be paid out (S10).</param>
[Example("""{"cash_opt_in":true}""")]
internal sealed record PortalChange(bool? CashOptIn = null);

/// <param name="Referee">Masked.</param>
/// <param name="FirstSaleAt">When its first sale above zero came in.</param>
/// <param name="Earned">By this referrer, less what was taken back.</param>
internal sealed record PortalReferralAnswer(
    string Id, CallerId ProgramId, string Referee, [property: OneOf("pending", "approved", "cancelled")] string State, DateTimeOffset AttributedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? FirstSaleAt, ImmutableArray<PortalAmount> Earned);

internal sealed record PortalAmount(string Asset, long NetMinor);

/// <param name="State">in_transit until the money was sent, paid, partly_reversed and reversed when it came back, released when it could not be sent and is payable again.</param>
/// <param name="At">When it came to that.</param>
internal sealed record PortalPayoutAnswer(
    string Id, string Asset, long AmountMinor, [property: OneOf("in_transit", "paid", "partly_reversed", "reversed", "released")] string State, DateTimeOffset At);

/// <param name="From">Absent: from the beginning.</param>
/// <param name="To">Just before it. Absent: up to now.</param>
/// <param name="Lines">The newest first, a thousand at most.</param>
/// <param name="HasMore">Whether the period has more lines than that; the sums hold all of them.</param>
internal sealed record PortalStatementAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? To,
    ImmutableArray<StatementAssetAnswer> Assets, ImmutableArray<PortalLine> Lines, bool HasMore);

/// <param name="What">
/// earned; clawed_back by a refund, a chargeback or a correction; given_back of that; released from its hold, and payable; in_transit; paid, or spent; returned, and payable again.
/// </param>
/// <param name="Referee">Masked. Absent for what no referral moved.</param>
internal sealed record PortalLine(
    DateTimeOffset At, [property: OneOf("earned", "clawed_back", "given_back", "released", "in_transit", "paid", "returned")] string What, string Asset, long AmountMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ProgramId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Referee);
