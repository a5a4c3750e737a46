using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Gateway.Referrals;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Gateway.Referrers;

/// <summary>Referrers: those who are paid.</summary>
internal sealed class ReferrerEndpoints(IGrainRouter router, IReports reports, RulePrograms rules) : IEndpoints
{
    private static readonly Listing<ReferrerAnswer> Referrers = new(
        GatewayJson.Default.PageAnswerReferrerAnswer, static id => CallerId.IsValid(id), ["active", "closed"],
        Filters.Prefix, Filters.State, Filters.Prefix | Filters.State, Filters.Program, Filters.Program | Filters.State);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/referrers", Create).Needs(KeyRole.Admin)
            .WithSummary("Make a referrer; the answer has its code").Takes<NewReferrer>().Answers<ReferrerAnswer>(creates: true);
        routes.Get("/v1/referrers", List).Needs(KeyRole.Read)
            .WithSummary("All referrers by their ids, those of a program in an order of our own; personal data only for admin keys").Lists(Referrers).ShowsPersonalData(KeyRole.Admin);
        routes.Patch("/v1/referrers/{id}", Change).Needs(KeyRole.Admin)
            .WithSummary("Change a referrer").Takes<ReferrerChange>().Answers<ReferrerAnswer>();
        routes.Get("/v1/referrers/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("A referrer; personal data only for admin keys").Answers<ReferrerAnswer>().ShowsPersonalData(KeyRole.Admin);
        routes.Get("/v1/referrers/{id}/balance", Balance).Needs(KeyRole.Read)
            .WithSummary("What a referrer has of each asset").Answers<BalanceAnswer>();
        routes.Get("/v1/referrers/{id}/statement", Statement).Needs(KeyRole.Read)
            .WithSummary("What a referrer had, what was moved and what is left, in a period, also as it was known at a time").Answers<StatementAnswer>()
            .Query(Times.From, Times.To, Times.KnownAt).ShowsPersonalData();
        routes.Get("/v1/referrers/{id}/activity", ListActivity).Needs(KeyRole.Read)
            .WithSummary("What happened on all referrals of a referrer, newest first").Pages<PageAnswer<ActivityAnswer>>();
        routes.Post("/v1/referrers/{id}/close", Close).Needs(KeyRole.Admin)
            .WithSummary("No new accrual for this referrer; personal data is erased, the ledger stays").Takes<Closing>(mayBeAbsent: true).Answers<ReferrerAnswer>();
        routes.Put("/v1/referrers/{id}/eligible_rules/{rule}", Grant).Needs(KeyRole.Admin)
            .WithSummary("Make a referrer eligible for a rule").Answers<EligibilityAnswer>().Query(RouteDescription.ProgramId);
        routes.Delete("/v1/referrers/{id}/eligible_rules/{rule}", Revoke).Needs(KeyRole.Admin)
            .WithSummary("Take eligibility for a rule back").Answers<EligibilityAnswer>().Query(RouteDescription.ProgramId);
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewReferrer);
        var id = body.Id ?? NewIds.Make("ref_", context);
        var create = new CreateReferrer(
            Text.Email(body.Email), ReferrerFields.Name(body.Name), Tags.Of(body.Tags, "tags") ?? [], body.CashOptIn ?? false,
            ReferrerFields.Stripe(body.StripeCustomerId), ReferrerFields.Code(body.Code));
        var reply = await Ask(context, id, create);
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : await Answer(context, id, reply.Changed);
    }

    private async Task<IResult> Change(HttpContext context, string id)
    {
        var referrer = ReferrerPath.Id(id);
        var body = await Body.Read(context, GatewayJson.Default.ReferrerChange);
        var (email, name, customer) = (Text.Email(body.Email), ReferrerFields.Name(body.Name), ReferrerFields.Stripe(body.StripeCustomerId));
        var change = new ChangeReferrer(
            email, name, Tags.Of(body.Tags, "tags"), body.CashOptIn, customer, ReferrerFields.Code(body.Code),
            NoEmail: body.NamesEmail && email is null, NoName: body.NamesName && name is null, NoStripeCustomer: body.NamesStripeCustomer && customer is null);
        return await AskAndShow(context, referrer, change);
    }

    private async Task<IResult> Close(HttpContext context, string id)
    {
        var referrer = ReferrerPath.Id(id);
        var body = await Body.ReadOr(context, GatewayJson.Default.Closing, new());
        var forfeits = ReferrerFields.Policies.Parse(body.Balance, false, "balance");
        return await AskAndShow(context, referrer, new CloseReferrer(Text.Of(body.Reason, "reason", ReasonBody.MaxLength), context.Caller().By, forfeits));
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, state) = Referrers.Read(context);
        var page = Paging.Found(await reports.Referrers(filter, state is null ? null : state == "closed", context.RequestAborted));
        return Referrers.Answer(
            context, page.Items.Select(profile => ReferrerFields.Answer(profile, context.Caller().Has(KeyRole.Admin))), page.HasMore, referrer => referrer.Id.Value);
    }

    private Task<IResult> Show(HttpContext context, string id) => Shown(context, ReferrerPath.Id(id));

    private async Task<IResult> Shown(HttpContext context, CallerId referrer)
    {
        var caller = context.Caller();
        var profile = await reports.Referrer(caller.Tenant, referrer, context.RequestAborted) ?? throw ReferrerPath.Missing();
        return Answers.Ok(ReferrerFields.Answer(profile, caller.Has(KeyRole.Admin)), GatewayJson.Default.ReferrerAnswer);
    }

    private async Task<IResult> Balance(HttpContext context, string id)
    {
        var referrer = ReferrerPath.Id(id);
        var balances = await reports.Balances(context.Caller().Tenant, referrer, context.RequestAborted) ?? throw ReferrerPath.Missing();
        return Answers.Ok(new(referrer, [.. balances.Select(ReferrerFields.Line)]), GatewayJson.Default.BalanceAnswer);
    }

    private async Task<IResult> Statement(HttpContext context, string id)
    {
        var referrer = ReferrerPath.Id(id);
        var period = StatementPeriod.Read(context);
        var lines = await reports.Statement(context.Caller().Tenant, referrer, period, context.RequestAborted) ?? throw ReferrerPath.Missing();
        return Answers.Ok(
            new(
                referrer, StatementPeriod.From(period), StatementPeriod.To(period), period.KnownAt, [.. lines.Select(StatementAssetAnswer.Of)]),
            GatewayJson.Default.StatementAnswer);
    }

    private async Task<IResult> ListActivity(HttpContext context, string id)
    {
        var (tenant, referrer, paging) = (context.Caller().Tenant, ReferrerPath.Id(id), Paging.OfEntries(context));
        if (await reports.Referrer(tenant, referrer, context.RequestAborted) is null) throw ReferrerPath.Missing();
        var page = Paging.Found(await reports.ReferrerActivity(tenant, referrer, paging.After, paging.Limit, context.RequestAborted));
        return Answers.Ok(new([.. page.Items.Select(entry => ActivityWords.Of(entry, null))], page.HasMore), GatewayJson.Default.PageAnswerActivityAnswer);
    }

    private Task<IResult> Grant(HttpContext context, string id, string rule) => SetEligibility(context, id, rule, granted: true);

    private Task<IResult> Revoke(HttpContext context, string id, string rule) => SetEligibility(context, id, rule, granted: false);

    private async Task<IResult> SetEligibility(HttpContext context, string id, string rule, bool granted)
    {
        var referrer = ReferrerPath.Id(id);
        var (program, ruleId) = await rules.Resolve(context, rule);
        var reply = await Ask(context, referrer, new GrantRule(program, ruleId, granted, context.Caller().By));
        return reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Ok(new(referrer, program, ruleId, granted), GatewayJson.Default.EligibilityAnswer);
    }

    private async Task<IResult> AskAndShow(HttpContext context, CallerId referrer, ICommand<ReferrerReply> command)
    {
        var reply = await Ask(context, referrer, command);
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : await Shown(context, referrer);
    }

    private Task<ReferrerReply> Ask(HttpContext context, CallerId referrer, ICommand<ReferrerReply> command) =>
        router.Ask(GrainAddress.Referrer(context.Caller().Tenant, referrer), command, context.RequestAborted);

    private async Task<IResult> Answer(HttpContext context, CallerId referrer, bool isNew)
    {
        var profile = await reports.Referrer(context.Caller().Tenant, referrer, context.RequestAborted) ?? throw ReferrerPath.Missing();
        // What is kept for a repeat would outlast the erasure (D18).
        Idempotency.AnswerRepeatsWith(context, ReferrerFields.Answer(profile, personal: false, !isNew), GatewayJson.Default.ReferrerAnswer);
        return Answers.Created(
            context, ReferrerFields.Answer(profile, personal: true, !isNew), isNew, GatewayJson.Default.ReferrerAnswer, "referrers", referrer.Value);
    }
}

/// <param name="Id">Made up when it is left out.</param>
/// <param name="CashOptIn">Wants cash rewards to be paid out (S10).</param>
/// <param name="Code">What it chose for its code; one is made when it is left out.</param>
[Example("""{"id":"auth0|rita","code":"RITA-10","email":"rita@example.com","name":"Rita","tags":["partner"],"cash_opt_in":true,"stripe_customer_id":"cus_R"}""")]
internal sealed record NewReferrer(
    CallerId? Id = null,
    [property: AtMost(Text.MaxEmail)] string? Email = null,
    [property: AtMost(Text.MaxName)] string? Name = null,
    [property: AtMost(Json.Tags.MaxTags, Each = Json.Tags.MaxLength)] ImmutableArray<string>? Tags = null,
    bool? CashOptIn = null,
    [property: AtMost(Text.MaxForeignId)] string? StripeCustomerId = null,
    [property: Form(ReferrerFields.CodeForm)] string? Code = null);

/// <param name="Balance">settle, when it is left out: what is payable waits to be paid. forfeit: it is taken back, and so is whatever becomes payable later; for good.</param>
[Example("""{"reason":"left the team","balance":"forfeit"}""")]
internal sealed record Closing(
    [property: AtMost(ReasonBody.MaxLength)] string? Reason = null, [property: OneOf(typeof(ReferrerFields), nameof(ReferrerFields.Policies))] string? Balance = null) : IGivesReason;

/// <param name="Code">What a referee redeems (V1).</param>
/// <param name="Email">Personal data is shown to admin keys only.</param>
internal sealed record ReferrerAnswer(
    CallerId Id,
    string Code,
    [property: OneOf("active", "closed")] string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Email,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    ImmutableArray<string> Tags,
    bool CashOptIn,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StripeCustomerId,
    DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

internal sealed record BalanceAnswer(CallerId ReferrerId, ImmutableArray<BalanceLine> Balances);

/// <summary>What a referrer has of one asset: net = earned − clawed back = pending + payable + in transit + paid (D13).</summary>
/// <param name="PayableMinor">May be below zero: it is earned back before anything is paid (D8).</param>
internal sealed record BalanceLine(
    string Asset,
    long EarnedMinor,
    long ClawedBackMinor,
    long NetMinor,
    long PendingMinor,
    long PayableMinor,
    long InTransitMinor,
    long PaidMinor);

/// <param name="From">Absent: from the beginning.</param>
/// <param name="To">Just before it. Absent: up to now.</param>
/// <param name="KnownAt">What was written later than this is not in it.</param>
internal sealed record StatementAnswer(
    CallerId ReferrerId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? To,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? KnownAt,
    ImmutableArray<StatementAssetAnswer> Assets);

/// <param name="Moved">What the period added; below zero where it took from it. Opening and moved come to closing.</param>
internal sealed record StatementAssetAnswer(string Asset, StatementAmounts Opening, StatementAmounts Moved, StatementAmounts Closing)
{
    public static StatementAssetAnswer Of(StatementLine line) => new(line.Asset.Name, Amounts(line.Opening), Amounts(line.Moved), Amounts(line.Closing));

    private static StatementAmounts Amounts(Balance sum) => new(sum.Earned, sum.ClawedBack, sum.Net, sum.Pending, sum.Payable, sum.InTransit, sum.Paid);
}

/// <summary>The period of a statement, as it is asked for.</summary>
internal static class StatementPeriod
{
    /// <summary>A parameter that the route does not take is refused before.</summary>
    public static Period Read(HttpContext context)
    {
        var period = new Period(Times.Of(context, Times.From) ?? DateTimeOffset.UnixEpoch, Times.Of(context, Times.To) ?? DateTimeOffset.MaxValue, Times.Of(context, Times.KnownAt));
        return period.From < period.To ? period : throw Problem.InvalidField("to", "A time after from is expected.").AsException();
    }

    public static DateTimeOffset? From(Period period) => period.From == DateTimeOffset.UnixEpoch ? null : period.From;

    public static DateTimeOffset? To(Period period) => period.To == DateTimeOffset.MaxValue ? null : period.To;
}

/// <summary>net = earned − clawed back = pending + payable + in transit + paid.</summary>
internal sealed record StatementAmounts(
    long EarnedMinor, long ClawedBackMinor, long NetMinor, long PendingMinor, long PayableMinor, long InTransitMinor, long PaidMinor);

/// <summary>What is left out stays; an address, a name or a Stripe customer that is null or empty is taken away.</summary>
/// <param name="Code">Takes the place of the code that it had, which is free from then on.</param>
[Example("""{"email":"rita@example.org","code":"RITA-10","name":"Rita R.","tags":["partner","gold"],"cash_opt_in":true,"stripe_customer_id":"cus_R"}""")]
internal sealed record ReferrerChange(
    [property: AtMost(Json.Tags.MaxTags, Each = Json.Tags.MaxLength)] ImmutableArray<string>? Tags = null,
    bool? CashOptIn = null,
    [property: Form(ReferrerFields.CodeForm)] string? Code = null)
{
    // Not in the constructor, which could not tell null from absent.
    [AtMost(Text.MaxEmail)]
    public string? Email
    {
        get;
        set => (field, NamesEmail) = (value, true);
    }

    [AtMost(Text.MaxName)]
    public string? Name
    {
        get;
        set => (field, NamesName) = (value, true);
    }

    [AtMost(Text.MaxForeignId)]
    public string? StripeCustomerId
    {
        get;
        set => (field, NamesStripeCustomer) = (value, true);
    }

    internal bool NamesEmail { get; private set; }

    internal bool NamesName { get; private set; }

    internal bool NamesStripeCustomer { get; private set; }
}

/// <summary>Whether a referrer is eligible for a rule that is granted by hand (H1).</summary>
internal sealed record EligibilityAnswer(CallerId ReferrerId, CallerId ProgramId, CallerId RuleId, bool Granted);

internal static class ReferrerFields
{
    public static string? Name(string? name) => Text.Of(name, "name", Text.MaxName);

    /// <summary>What becomes of a positive balance: whether it is given up.</summary>
    public static readonly Words<bool> Policies = new(("settle", false), ("forfeit", true));

    /// <summary>What a referrer may choose for its code; case and blanks around it do not matter.</summary>
    public const string CodeForm = @"^\s*[A-Za-z0-9][A-Za-z0-9-]{2,30}[A-Za-z0-9]\s*$";

    /// <summary>A code that a referrer chose, as it is kept; null for none.</summary>
    public static string? Code(string? code)
    {
        if (Text.Of(code, "code", ReferralFields.MaxCode) is not { } chosen) return null;
        var normal = ReferralCode.Normal(chosen);
        return ReferralCode.MayBeChosen(normal)
            ? normal
            : throw Problem.InvalidField("code", $"{ReferralCode.MinChosen} to {ReferralCode.MaxChosen} letters, digits and hyphens between them are expected.").AsException();
    }

    public static string? Stripe(string? id) => Text.Of(id, "stripe_customer_id", Text.MaxForeignId);

    public static ReferrerAnswer Answer(ReferrerProfile profile, bool personal, bool duplicate = false) => new(
        profile.Id,
        profile.Code,
        profile.Closed ? "closed" : "active",
        personal ? profile.Email : null,
        personal ? profile.Name : null,
        profile.Tags,
        profile.CashOptIn,
        personal ? profile.StripeCustomerId : null,
        profile.CreatedAt,
        duplicate ? true : null);

    public static BalanceLine Line(AssetBalance line)
    {
        var balance = line.Balance;
        return new(
            line.Asset.Name, balance.Earned, balance.ClawedBack, balance.Net, balance.Pending, balance.Payable, balance.InTransit, balance.Paid);
    }
}
