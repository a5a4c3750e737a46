using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>Whether Stripe and our books agree, and whether anything is sent.</summary>
internal sealed class ReconciliationEndpoints(ISendGates gates, IReconciliations reconciliations, IWebhookInbox inbox) : IEndpoints
{
    private const int MostBreaks = 100;
    private const int MostNotices = 20;

    private static readonly QueryParameter RunId = new("run_id", "string", "Of one run; the last one when it is left out.");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/reconciliation", Show).Needs(KeyRole.Finance).ShowsPersonalData().Query(RunId)
            .WithSummary("Whether Stripe and the books agree, where they do not, and whether payouts are sent").Answers<ReconciliationAnswer>();
        routes.Post("/v1/reconciliation/run", Run).Needs(KeyRole.Finance)
            .WithSummary("Compare Stripe with the books now").Takes<ReconciliationRequest>(mayBeAbsent: true).Answers<ReconciliationRunAnswer>();
        routes.Post("/v1/send_gate/open", Open).Needs(KeyRole.Finance)
            .WithSummary("Send again: somebody has seen to what shut it, and accepts the breaks that were found").Takes<GateOpening>().Answers<SendGateAnswer>();
    }

    private async Task<IResult> Show(HttpContext context)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var run = context.Single(RunId.Name) is { } id ? await Find(tenant, id, stop) : await reconciliations.Last(tenant, stop);
        if (run is null && context.Single(RunId.Name) is not null) return new ProblemAnswer(Problem.NotFound("reconciliation", RunId.Name));
        var breaks = await reconciliations.Breaks(tenant, MostBreaks + 1, stop);
        var notices = await inbox.Shown(tenant, MostNotices, stop);
        return Answers.Ok(
            new(
                Answer(await gates.Of(tenant, stop)),
                run is null ? null : Answer(run),
                [.. breaks.Take(MostBreaks).Select(Answer)],
                breaks.Count > MostBreaks,
                [.. notices.Select(static one => new NoticeAnswer(one.Type, one.Event, one.Account, one.About, one.ReceivedAt, one.Detail))]),
            GatewayJson.Default.ReconciliationAnswer);
    }

    private async Task<IResult> Run(HttpContext context)
    {
        var body = await Body.ReadOr(context, GatewayJson.Default.ReconciliationRequest, new());
        var caller = context.Caller();
        var run = await reconciliations.Ask(caller.Tenant, ReconciliationCause.Asked, body.Full ?? false, caller.By, context.RequestAborted);
        return Answers.Ok(Answer(run), GatewayJson.Default.ReconciliationRunAnswer);
    }

    private async Task<IResult> Open(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.GateOpening);
        var why = Text.Of(body.Reason, "reason", ReasonBody.MaxLength) ?? throw Problem.MissingField("reason").AsException();
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        await gates.Open(caller.Tenant, why, caller.By, stop);
        return Answers.Ok(Answer(await gates.Of(caller.Tenant, stop)), GatewayJson.Default.SendGateAnswer);
    }

    private async Task<ReconciliationRun?> Find(int tenant, string id, CancellationToken stop) =>
        id.StartsWith("rec_", StringComparison.Ordinal) && long.TryParse(id.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? await reconciliations.Find(tenant, number, stop)
            : null;

    private static SendGateAnswer Answer(SendGate gate) => new(
        !gate.IsShut, gate.ShutWhy, gate.ShutBy, gate.ShutAt, gate.OpenedWhy, gate.OpenedBy, gate.OpenedAt, gate.ReconciledAt);

    private static ReconciliationRunAnswer Answer(ReconciliationRun run) => new(
        Id(run.Id), Word(run.State), Word(run.Cause), run.IsFull, run.AskedBy, run.AskedAt, run.StartedAt, run.EndedAt, run.CoversFrom, run.ReachedAt, run.Transfers,
        run.Items, run.Breaks, run.Accepted, run.Failure);

    private static BreakAnswer Answer(ReconciliationBreak one) => new(
        Word(one.Kind), one.Item.Length == 0 ? null : one.Item, one.Transfer.Length == 0 ? null : one.Transfer, one.Detail, Id(one.FirstRun), one.AcceptedBy,
        one.AcceptedWhy, one.AcceptedAt);

    private static string Id(long run) => string.Create(CultureInfo.InvariantCulture, $"rec_{run}");

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <param name="Full">From the beginning; else the last days, at least from where the last run began that agreed.</param>
[Example("""{"full":true}""")]
internal sealed record ReconciliationRequest(bool? Full = null);

/// <param name="Reason">What was seen to. Kept with every break that is accepted by it.</param>
[Example("""{"reason":"tr_123 was a refund by hand, booked elsewhere"}""")]
internal sealed record GateOpening([property: AtMost(ReasonBody.MaxLength)] string Reason) : IGivesReason;

/// <summary>Whether payouts are sent.</summary>
/// <param name="Open">Nobody and nothing has shut it. Also then nothing is sent before Stripe and the books were compared after a start.</param>
/// <param name="ShutBecause">Why it was shut the last time.</param>
/// <param name="OpenedBecause">Why it was opened the last time.</param>
/// <param name="ReconciledAt">When Stripe and the books last agreed.</param>
internal sealed record SendGateAnswer(
    bool Open, string? ShutBecause, string? ShutBy, DateTimeOffset? ShutAt, string? OpenedBecause, string? OpenedBy, DateTimeOffset? OpenedAt, DateTimeOffset? ReconciledAt);

/// <param name="Run">The last one, or the one that was asked for; null before the first.</param>
/// <param name="Breaks">Of the last run that has ended; those first that nobody has accepted. The first hundred.</param>
/// <param name="Notices">What Stripe told that is not ours to act on, such as a failed payout to a bank, and what could not be followed; the newest first.</param>
internal sealed record ReconciliationAnswer(
    SendGateAnswer SendGate, ReconciliationRunAnswer? Run, ImmutableArray<BreakAnswer> Breaks, bool HasMore, ImmutableArray<NoticeAnswer> Notices);

/// <summary>One comparison of Stripe with the books.</summary>
/// <param name="ReachedAt">Transfers come newest first: those made from then on were compared.</param>
/// <param name="Items">Compared so far that no listed transfer belongs to.</param>
/// <param name="Breaks">That nobody has accepted.</param>
/// <param name="Failure">Why Stripe was not asked to the end; it is asked again.</param>
internal sealed record ReconciliationRunAnswer(
    string Id, [property: OneOf("waiting", "running", "clean", "breaks", "failed")] string State,
    [property: OneOf("start", "hourly", "nightly", "asked")] string Cause, bool Full, string? AskedBy, DateTimeOffset AskedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, DateTimeOffset? CoversFrom,
    DateTimeOffset? ReachedAt, long Transfers, long Items, long Breaks, long Accepted, string? Failure);

/// <summary>Something that Stripe and the books do not agree about.</summary>
internal sealed record BreakAnswer(
    [property: OneOf(
        "transfer_without_item", "item_without_transfer", "amount_differs", "currency_differs", "destination_differs", "reversed_outside", "duplicate", "item_not_open",
        "balance_differs")]
    string Kind, string? ItemId, string? TransferId, string Detail, string FirstRunId, string? AcceptedBy, string? AcceptedBecause, DateTimeOffset? AcceptedAt);

/// <param name="Failure">Why it could not be followed.</param>
internal sealed record NoticeAnswer(string Type, string EventId, string AccountId, string? ObjectId, DateTimeOffset ReceivedAt, string? Failure);
