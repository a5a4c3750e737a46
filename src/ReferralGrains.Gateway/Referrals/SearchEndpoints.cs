using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>For whoever has an id and does not know of what.</summary>
internal sealed class SearchEndpoints(IReports reports) : IEndpoints
{
    private static readonly QueryParameter id = new("id", "string", "Whole, and as it was given; upper or lower case matters but for codes.");

    public void Map(IEndpointRouteBuilder routes) => routes.Get("/v1/search", Find).Needs(KeyRole.Read).OrFinance()
        .WithSummary("Whatever has an id: of the tenant's programs, rules, referrers (by their codes too), referrals in any program (by aliases too), actions, rewards, enrollments, entries, spends, payout batches and items (by their transfers too)")
        .Query(id).Answers<SearchAnswer>();

    private async Task<IResult> Find(HttpContext context)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var text = context.Single(id.Name) ?? throw Problem.MissingField(id.Name).AsException();
        if (!CallerId.IsValid(text)) throw Problem.InvalidId(id.Name, CallerIdAtDoor.Fault(text)).AsException();
        var page = await reports.Search(caller.Tenant, new(text), Paging.Most, stop);
        var found = page.Items.Select(FoundAnswer.Of).Concat(await Numbered(caller.Tenant, text, stop));

        // Who only pays is shown no more here than by what it leads to.
        return Answers.Ok(new([.. found.Where(one => caller.Has(KeyRole.Read) || one.Kind.StartsWith("payout", StringComparison.Ordinal))], page.HasMore), GatewayJson.Default.SearchAnswer);
    }

    // What we named ourselves, by numbers in the name.
    private async Task<IEnumerable<FoundAnswer>> Numbered(int tenant, string text, CancellationToken stop)
    {
        if (RewardName.Parse(text) is { } reward && await reports.Reward(tenant, reward.Stream, reward.Reward, stop) is { } view)
            return [new("reward", text, view.Program, RefereeId: view.Referee)];
        var stream = EnrollmentName.Parse(text)?.Stream ?? ReferralName.Parse(text)?.Stream;
        if (stream is not { } named || await reports.Referral(tenant, named, stop) is not { } story) return [];
        if (EnrollmentName.Parse(text) is not { } enrollment) return [new("referral", story.Referee.Value, story.Program)];
        return story.State.Enrollment(enrollment.Number) is not null ? [new("enrollment", text, story.Program, RefereeId: story.Referee)] : [];
    }
}

/// <param name="HasMore">The referee is in more programs than are named here.</param>
internal sealed record SearchAnswer(ImmutableArray<FoundAnswer> Data, bool HasMore);

/// <summary>One thing that has the id.</summary>
/// <param name="Id">Its own, where it was found by another: the referrer's of a code, the referee's of a referral.</param>
/// <param name="ProgramId">Of a rule, a referral, an action, a reward and an enrollment.</param>
/// <param name="RefereeId">Of a reward and an enrollment.</param>
/// <param name="ReferrerId">Of an entry and a spend.</param>
/// <param name="BatchId">Of a payout item.</param>
internal sealed record FoundAnswer(
    [property: OneOf("program", "rule", "referrer", "referral", "action", "reward", "enrollment", "entry", "spend", "payout_batch", "payout_item")] string Kind,
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ProgramId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? RefereeId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ReferrerId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? BatchId = null)
{
    public static FoundAnswer Of(Found found) => found.Kind switch
    {
        FoundKind.Program => new("program", found.Id.Value),
        FoundKind.Rule => new("rule", found.Id.Value, found.In),
        FoundKind.Referrer => new("referrer", found.Id.Value),
        FoundKind.Referral => new("referral", found.Id.Value, found.In),
        FoundKind.Action => new("action", found.Id.Value, found.In),
        FoundKind.Entry => new("entry", found.Id.Value, ReferrerId: found.In),
        FoundKind.Spend => new("spend", found.Id.Value, ReferrerId: found.In),
        FoundKind.PayoutBatch => new("payout_batch", found.Id.Value),
        FoundKind.PayoutItem => new("payout_item", found.Id.Value, BatchId: found.In),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
