using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;

namespace ReferralGrains.Gateway.Programs;

/// <summary>Programs: a currency, a time zone and the rules in it.</summary>
internal sealed class ProgramEndpoints(IGrainRouter router, IFacts facts, IReports reports) : IEndpoints
{
    /// <summary>What programs and rules are: taking part, or not.</summary>
    public static readonly Words<bool> States = new(("enabled", true), ("disabled", false));

    private static readonly Listing<ProgramAnswer> Programs = new(
        GatewayJson.Default.PageAnswerProgramAnswer, static id => CallerId.IsValid(id), States.Known, Filters.State, Filters.Prefix, Filters.State | Filters.Prefix);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/programs", Create).Needs(KeyRole.Admin)
            .WithSummary("Make a program").Takes<NewProgram>().Answers<ProgramAnswer>(creates: true);
        routes.Get("/v1/programs", List).Needs(KeyRole.Read)
            .WithSummary("All programs, each with its rules").Lists(Programs);
        routes.Patch("/v1/programs/{id}", Change).Needs(KeyRole.Admin)
            .WithSummary("Change a program's name or discounts, or whether it takes anybody in").Takes<ProgramChange>().Answers<ProgramAnswer>();
        routes.Get("/v1/programs/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("A program with its rules").Answers<ProgramAnswer>();
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewProgram);
        var currency = Currencies.Known(body.Currency) ?? throw Problem.InvalidField("currency", Currencies.Expected(body.Currency)).AsException();
        if (!ProgramDates.IsKnown(body.TimeZone))
            throw Problem.InvalidField("time_zone", $"An IANA time zone is expected, like Europe/London, not {Text.Shown(body.TimeZone)}.").AsException();
        var id = body.Id ?? NewIds.Make("prg_", context);
        var create = new CreateProgram(
            Text.Of(body.Name, "name", Text.MaxName) ?? id.Value, currency, body.TimeZone,
            body.NewCustomerDiscount?.Parse("new_customer_discount"), body.PaymentDiscount?.Parse("payment_discount"),
            ShareUrl.Of(body.ShareUrl, "share_url"));
        var reply = await router.Ask(GrainAddress.Program(context.Caller().Tenant, id), create, context.RequestAborted);
        return reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Created(context, Answer(reply.Terms!, !reply.Changed), reply.Changed, GatewayJson.Default.ProgramAnswer, "programs", id.Value);
    }

    private async Task<IResult> Change(HttpContext context, string id)
    {
        var caller = context.Caller();
        var program = CallerId.IsValid(id) ? await facts.Program(caller.Tenant, new(id), context.RequestAborted) : null;
        if (program is null) return new ProblemAnswer(Problem.NotFound("program", "program_id"));
        var body = await Body.Read(context, GatewayJson.Default.ProgramChange);
        var change = new ChangeProgram(
            Text.Of(body.Name, "name", Text.MaxName), body.Enabled,
            body.NewCustomerDiscount?.Parse("new_customer_discount"), body is { NamesNewCustomer: true, NewCustomerDiscount: null },
            body.PaymentDiscount?.Parse("payment_discount"), body is { NamesPayment: true, PaymentDiscount: null },
            caller.By, ShareUrl.Of(body.ShareUrl, "share_url"));
        var reply = await router.Ask(GrainAddress.Program(caller.Tenant, program.Id), change, context.RequestAborted);
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : Answers.Ok(Answer(reply.Terms!), GatewayJson.Default.ProgramAnswer);
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, state) = Programs.Read(context);
        var page = await reports.Programs(filter, state is null ? null : States.Find(state), context.RequestAborted);
        return Programs.Answer(context, page.Items.Select(program => Answer(program)), page.HasMore, program => program.Id.Value);
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var program = CallerId.IsValid(id) ? await facts.Program(context.Caller().Tenant, new(id), context.RequestAborted) : null;
        return program is null
            ? new ProblemAnswer(Problem.NotFound("program", "program_id"))
            : Answers.Ok(Answer(program), GatewayJson.Default.ProgramAnswer);
    }

    private static ProgramAnswer Answer(ProgramTerms program, bool duplicate = false) => new(
        program.Id,
        program.Name,
        program.Currency,
        program.TimeZone,
        !program.Disabled,
        DiscountBody.Of(program.NewCustomer),
        PaymentDiscountBody.Of(program.Payment),
        program.ShareUrl,
        [.. program.Rules.Select(rule => RuleWriter.Answer(program, rule))],
        duplicate ? true : null);
}

/// <param name="Currency">ISO 4217.</param>
/// <param name="TimeZone">IANA name, like Europe/London: bare dates of rules are days there.</param>
/// <param name="Id">Made up when it is left out.</param>
/// <param name="ShareUrl">Where referees sign up, with {code} in the place of the referrer's code.</param>
[Example("""
    {"id":"friends","share_url":"https://acme.example/join?code={code}","name":"Friends of Acme","currency":"USD","time_zone":"America/New_York",
     "new_customer_discount":{"type":"fixed","value":1500},"payment_discount":{"type":"fixed","value":6000,"every":"next","mode":"auto"}}
    """)]
internal sealed record NewProgram(
    [property: AtMost(Text.MaxName)] string Name,
    [property: Form(FormAttribute.Currency)] string Currency,
    [property: Form(ProgramDates.ZoneForm)] string TimeZone,
    CallerId? Id = null,
    DiscountBody? NewCustomerDiscount = null,
    PaymentDiscountBody? PaymentDiscount = null,
    [property: Form(ShareUrl.Form)] string? ShareUrl = null);

/// <summary>What is left out stays; a discount that is null is taken away.</summary>
/// <param name="Enabled">false takes in nobody new; what exists goes on (S1).</param>
/// <param name="ShareUrl">Where referees sign up, with {code} in the place of the referrer's code.</param>
[Example("""
    {"name":"Friends of Acme","enabled":true,"new_customer_discount":{"type":"fixed","value":1500},
     "payment_discount":{"type":"fixed","value":6000,"every":"next","mode":"auto"}}
    """)]
internal sealed record ProgramChange(
    [property: AtMost(Text.MaxName)] string? Name = null, bool? Enabled = null, [property: Form(ShareUrl.Form)] string? ShareUrl = null)
{
    // Not in the constructor, which could not tell null from absent.
    public DiscountBody? NewCustomerDiscount
    {
        get;
        set => (field, NamesNewCustomer) = (value, true);
    }

    public PaymentDiscountBody? PaymentDiscount
    {
        get;
        set => (field, NamesPayment) = (value, true);
    }

    internal bool NamesNewCustomer { get; private set; }

    internal bool NamesPayment { get; private set; }
}

/// <param name="Enabled">Whether anybody new is taken in.</param>
/// <param name="NewCustomerDiscount">For who is referred from now on.</param>
/// <param name="Rules">As they stand now, disabled ones included.</param>
internal sealed record ProgramAnswer(
    CallerId Id,
    string Name,
    string Currency,
    string TimeZone,
    bool Enabled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DiscountBody? NewCustomerDiscount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PaymentDiscountBody? PaymentDiscount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ShareUrl,
    ImmutableArray<RuleAnswer> Rules,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <summary>
/// Which programs there are: one that was seen is there for ever, one that was not is looked for again each time. So what is sent for a
/// program that nobody has, by mistake or in masses, wakes no grain.
/// </summary>
internal sealed class KnownPrograms(IFacts facts)
{
    private const int MaxKept = 10_000;

    public static readonly Refusal Missing = new(RefusalKind.NotFound, "program_not_found", Field.ProgramId, "There is no such program.");

    private readonly ConcurrentDictionary<(int Tenant, CallerId Program), bool> seen = new();

    public ValueTask<bool> Has(int tenant, CallerId program, CancellationToken stop) =>
        seen.ContainsKey((tenant, program)) ? ValueTask.FromResult(true) : Look(tenant, program, stop);

    private async ValueTask<bool> Look(int tenant, CallerId program, CancellationToken stop)
    {
        if (await facts.Program(tenant, program, stop) is null) return false;
        if (seen.Count >= MaxKept) seen.Clear();
        return seen[(tenant, program)] = true;
    }
}

internal static class CoveringFacts
{
    /// <summary>
    /// A program whose terms have what a recorded decision names. Facts come through a cache that may be older than the decision;
    /// versions never change, so terms that cover it are right whatever came after.
    /// </summary>
    public static async ValueTask<ProgramTerms> ProgramCovering(
        this IFacts facts, int tenant, CallerId id, Func<ProgramTerms, bool> covers, CancellationToken stop)
    {
        var terms = await facts.Program(tenant, id, stop);
        if (terms is not null && !covers(terms))
        {
            facts.Forget(terms.Stream);
            terms = await facts.Program(tenant, id, stop);
        }

        return terms is not null && covers(terms) ? terms : throw new UnreachableException("A decision names a rule that its program does not have.");
    }

    public static bool Has(this ProgramTerms terms, int rule, int version) =>
        rule <= terms.Rules.Length && version <= terms.Rule(rule).Versions.Length;
}
