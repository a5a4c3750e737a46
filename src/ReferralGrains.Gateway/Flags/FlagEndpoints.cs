using System.Globalization;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Gateway.Flags;

/// <summary>The review list: referrals and referrers that somebody should look at (X9).</summary>
internal sealed class FlagEndpoints(IGrainRouter router, IFlags flags) : IEndpoints
{
    private static readonly Listing<FlagAnswer> Listed = new(
        GatewayJson.Default.PageAnswerFlagAnswer, static id => FlagWords.Parse(id) is not null, FlagWords.States.Known,
        [.. new[] { Filters.None, Filters.Referrer, Filters.Program | Filters.Referee }.SelectMany(static about => new[] { about, about | Filters.State })]);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/flags", List).Needs(KeyRole.Read)
            .WithSummary("Referrals and referrers that somebody should look at; by referrer_id the referrer's own").Lists(Listed);
        routes.Post("/v1/flags/{id}/clear", Clear).Needs(KeyRole.Admin)
            .WithSummary("All is well: rewards go where their holds say, payouts go on").Takes<ReasonBody>(mayBeAbsent: true).Answers<FlagAnswer>();
        routes.Post("/v1/flags/{id}/confirm", Confirm).Needs(KeyRole.Admin)
            .WithSummary("It is what it looks like: a referral is cancelled with all that is pending, a referrer is paid nothing more")
            .Takes<ReasonBody>(mayBeAbsent: true).Answers<FlagAnswer>();
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, state) = Listed.Read(context);
        var page = await flags.Page(filter, state is null ? null : FlagWords.States.Find(state), filter.After is { } after ? FlagWords.Parse(after) : null, context.RequestAborted);
        return Listed.Answer(context, page.Items.Select(FlagWords.Answer), page.HasMore, static flag => flag.Id);
    }

    private Task<IResult> Clear(HttpContext context, string id) => Resolve(context, id, confirmed: false);

    private Task<IResult> Confirm(HttpContext context, string id) => Resolve(context, id, confirmed: true);

    private async Task<IResult> Resolve(HttpContext context, string id, bool confirmed)
    {
        var (caller, flag) = (context.Caller(), await Find(context, id));
        var reason = await ReasonBody.Read(context);
        if (flag.State == (confirmed ? FlagState.Confirmed : FlagState.Cleared)) return Answers.Ok(FlagWords.Answer(flag), GatewayJson.Default.FlagAnswer);
        var refusal = flag.Program is { } program
            ? (await router.Ask(GrainAddress.Referral(caller.Tenant, program, flag.Subject), new ResolveFlag(confirmed, reason, caller.By), context.RequestAborted)).Refusal
            : (await router.Ask(GrainAddress.Referrer(caller.Tenant, flag.Subject), new ResolveReferrerFlag(flag.Kind, confirmed, reason, caller.By), context.RequestAborted)).Refusal;
        return refusal is not null ? new ProblemAnswer(Problem.Of(refusal)) : Answers.Ok(FlagWords.Answer(await Find(context, id)), GatewayJson.Default.FlagAnswer);
    }

    private async Task<Flag> Find(HttpContext context, string id) =>
        FlagWords.Parse(id) is var (stream, kind) && await flags.Find(context.Caller().Tenant, stream, kind, context.RequestAborted) is { } flag
            ? flag
            : throw Problem.NotFound("flag", "id").AsException();
}

/// <param name="RefereeId">Of a referral's flag; its rewards are pending while it is open or confirmed.</param>
/// <param name="ReferrerId">Of a referrer's flag; no new payout item is made for it while it is open or confirmed.</param>
internal sealed record FlagAnswer(
    string Id,
    [property: OneOf(typeof(FlagWords), nameof(FlagWords.Kinds))] string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ProgramId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? RefereeId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ReferrerId,
    [property: OneOf(typeof(FlagWords), nameof(FlagWords.States))] string State,
    string Reason,
    DateTimeOffset OpenedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ResolvedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ResolvedBy);

internal static class FlagWords
{
    public static readonly Words<FlagKind> Kinds = new(
        ("self_referral", FlagKind.SelfReferral), ("shared_email", FlagKind.SharedEmail), ("shared_payout_account", FlagKind.SharedPayoutAccount),
        ("many_attributions", FlagKind.ManyAttributions));

    public static readonly Words<FlagState> States = new(("open", FlagState.Open), ("cleared", FlagState.Cleared), ("confirmed", FlagState.Confirmed));

    /// <summary>The numbers of a flag's id: what it is about, and which flag of that.</summary>
    public static (StreamId Stream, FlagKind Kind)? Parse(string id) =>
        id.Split('_') is ["flag", var stream, var kind]
        && long.TryParse(stream, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && short.TryParse(kind, NumberStyles.None, CultureInfo.InvariantCulture, out var of)
            ? (new(number), (FlagKind)of)
            : null;

    public static FlagAnswer Answer(Flag flag) => new(
        string.Create(CultureInfo.InvariantCulture, $"flag_{flag.Stream.Value}_{(short)flag.Kind}"),
        Kinds.Of(flag.Kind),
        flag.Program,
        flag.Program is null ? null : flag.Subject,
        flag.Program is null ? flag.Subject : null,
        States.Of(flag.State),
        flag.Reason,
        flag.OpenedAt,
        flag.ResolvedAt,
        flag.ResolvedBy);
}
