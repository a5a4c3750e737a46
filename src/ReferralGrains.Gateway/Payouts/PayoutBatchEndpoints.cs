using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>Payout batches: drawn up, looked at, approved, followed.</summary>
internal sealed class PayoutBatchEndpoints(IGrainRouter router, IPayoutReports reports, IPayoutCandidates candidates, ITenantClock clock, IConnectedAccounts accounts) : IEndpoints
{
    private const int MostPreviewed = 1_000;
    private const string ReservedIds = "po_scheduled_";

    private static readonly QueryParameter NeedsPerson = new(
        "needs_person", "boolean", "true: only those that wait to be approved, for funds or for a review, or have an item that is in review.");

    private static readonly QueryParameter All = new(
        "all", "boolean", "true: the table of a batch that is paid outside also has what was confirmed, or is not to be paid. Every other table has all items.");

    public void Map(IEndpointRouteBuilder routes)
    {
        // What it would be shows whose account gets how much, as a batch does: who only looks is logged as well.
        routes.Post("/v1/payout_batches", Create).Needs(KeyRole.Finance).ShowsPersonalData()
            .WithSummary("Draw up a batch of all that is payable; or see, with dry_run, what it would be and who is left out")
            .Takes<NewPayoutBatch>(mayBeAbsent: true).Answers<PayoutBatchAnswer>(creates: true).Query(RouteDescription.DryRun);
        routes.Get("/v1/payout_batches", List).Needs(KeyRole.Read).OrFinance()
            .WithSummary("Payout batches, the newest first; as a table with Accept: text/csv").Pages<PageAnswer<PayoutBatchAnswer>>(NeedsPerson);
        routes.Get("/v1/payout_batches/{id}", Show).Needs(KeyRole.Read).OrFinance().ShowsPersonalData()
            .WithSummary("A payout batch with a page of its items; as a table with Accept: text/csv: all of them, or of one that is paid outside, for a bank file, what is still to be paid")
            .Pages<PayoutBatchAnswer>(All);
        routes.Post("/v1/payout_batches/{id}/approve", Approve).Needs(KeyRole.Finance)
            .WithSummary("Approve what a frozen batch pays to whom; from then on money leaves").Takes<PayoutApproval>().Answers<PayoutBatchAnswer>();
        routes.Post("/v1/payout_batches/{id}/cancel", Cancel).Needs(KeyRole.Finance)
            .WithSummary("Give up a batch that is not approved; what it had reserved is payable again").Answers<PayoutBatchAnswer>();
        routes.Post("/v1/payout_batches/{id}/retry", Retry).Needs(KeyRole.Finance)
            .WithSummary("Pay once more what has failed, and nothing else; after a pause, go on").Answers<PayoutBatchAnswer>();
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var caller = context.Caller();
        var body = await Body.ReadOr(context, GatewayJson.Default.NewPayoutBatch, new());
        var terms = (await reports.Terms(caller.Tenant, context.RequestAborted)).Terms;
        terms = terms with { Outside = PayoutWords.Deliveries.Parse(body.Delivery, terms.Outside, "delivery") };
        if (body.Id is { } given && given.Value.StartsWith(ReservedIds, StringComparison.Ordinal))
            throw Problem.InvalidField("id", $"Ids that begin with {ReservedIds} are those of the schedule.").AsException();
        if (context.Flag("dry_run")) return Answers.Ok(await Preview(context, terms), GatewayJson.Default.PayoutBatchAnswer);
        var id = body.Id ?? NewIds.Make("po_", context);
        var reply = await Ask(context, id, new PayoutBatchCommand.Draw(caller.By, terms.SecondPerson, terms));
        if (reply.Refusal is { } refusal) return Refused(refusal);
        var answer = await Answer(context, await reports.Named(context, id.Value)) with { Duplicate = reply.Changed ? null : true };
        return Answers.Created(context, answer, reply.Changed, GatewayJson.Default.PayoutBatchAnswer, "payout_batches", id.Value);
    }

    private async Task<IResult> List(HttpContext context)
    {
        var tenant = context.Caller().Tenant;
        if (CsvAnswer.IsAsked(context)) return new CsvAnswer(BatchColumns, BatchRows(context), "payout_batches");
        var paging = Paging.OfIds(context);
        StreamId? before = null;
        if (paging.After is { } after)
            before = (CallerId.IsValid(after) ? await reports.Batch(tenant, new(after), context.RequestAborted) : null)?.Stream
                ?? throw Paging.NoEntry.AsException();
        var page = await reports.Batches(tenant, before, paging.Limit, context.Flag(NeedsPerson.Name), context.RequestAborted);
        var answers = ImmutableArray.CreateBuilder<PayoutBatchAnswer>(page.Items.Length);
        foreach (var batch in page.Items) answers.Add(await Answer(context, batch));
        return Answers.Ok(new(answers.ToImmutable(), page.HasMore), GatewayJson.Default.PageAnswerPayoutBatchAnswer);
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var batch = await reports.Named(context, id);
        var all = context.Flag(All.Name);
        if (CsvAnswer.IsAsked(context))
            return new CsvAnswer(ItemColumns, ItemRows(batch, all || !batch.Outside, context.RequestAborted), "payout_" + batch.Stream.Value.ToString(CultureInfo.InvariantCulture));
        var paging = Paging.OfIds(context);
        long? after = null;
        if (paging.After is { } item)
            after = (CallerId.IsValid(item) ? await reports.Item(batch.Stream, new(item), context.RequestAborted) : null)?.Stream.Value
                ?? throw Problem.InvalidField("starting_after", "The id of an item of this batch is expected.").AsException();
        var page = await reports.Items(batch.Stream, after, paging.Limit, context.RequestAborted);
        var answer = await Answer(context, batch) with { Items = new([.. page.Items.Select(PayoutItemAnswer.Of)], page.HasMore) };
        return Answers.Ok(answer, GatewayJson.Default.PayoutBatchAnswer);
    }

    private async Task<IResult> Approve(HttpContext context, string id)
    {
        var body = await Body.Read(context, GatewayJson.Default.PayoutApproval);
        var hash = Text.Of(body.Hash, "hash", 64) ?? throw Problem.MissingField("hash").AsException();
        return await Tell(context, id, new PayoutBatchCommand.Approve(context.Caller().By, hash));
    }

    private Task<IResult> Cancel(HttpContext context, string id) => Tell(context, id, new PayoutBatchCommand.Cancel(context.Caller().By));

    private async Task<IResult> Retry(HttpContext context, string id)
    {
        var batch = await reports.Named(context, id);
        if (batch.Status is PayoutBatchStatus.Sending or PayoutBatchStatus.Settled && (await reports.Totals(batch.Stream, context.RequestAborted)).Sum(static total => total.Failed + total.AwaitingFunds) == 0)
            return new ProblemAnswer(new(409, "payout_nothing_failed", null, "No item of this batch has failed, and none awaits funds."));
        return await Tell(context, id, new PayoutBatchCommand.Retry(context.Caller().By));
    }

    private async Task<IResult> Tell(HttpContext context, string id, PayoutBatchCommand command)
    {
        var batch = await reports.Named(context, id);
        var reply = await Ask(context, batch.Id, command);
        return reply.Refusal is { } refusal ? Refused(refusal) : Answers.Ok(await Answer(context, await reports.Named(context, id)), GatewayJson.Default.PayoutBatchAnswer);
    }

    private Task<PayoutBatchReply> Ask(HttpContext context, CallerId batch, PayoutBatchCommand command) =>
        router.Ask(GrainAddress.PayoutBatch(context.Caller().Tenant, batch), new AskPayoutBatch(command), context.RequestAborted);

    private async Task<PayoutBatchAnswer> Answer(HttpContext context, PayoutBatchView batch)
    {
        var totals = await reports.Totals(batch.Stream, context.RequestAborted);
        return new(
            batch.Id, batch.Status.ToWire(), PayoutWords.Deliveries.Of(batch.Outside), batch.DrawnBy, batch.Scheduled, batch.SecondPerson, batch.DrawnAt,
            [.. totals.Select(static total => new PayoutTotalAnswer(
                total.Asset.Name, total.Items, total.Minor, total.Paid, total.PaidMinor, total.Open, total.Failed, total.InReview))],
            batch.Hash, batch.ApprovedBy, batch.Why,
            batch is { Status: PayoutBatchStatus.Sending or PayoutBatchStatus.Approved, Outside: false }
                ? (totals.Sum(static total => (long)total.Waiting) + accounts.PerSecond - 1) / accounts.PerSecond
                : null);
    }

    private async Task<PayoutBatchAnswer> Preview(HttpContext context, PayoutTerms terms)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var now = await clock.Now(caller.Tenant);
        var last = await reports.LastBatch(caller.Tenant, terms.Outside, stop);
        var before = last is null ? null : await reports.Paid(last.Stream, stop);
        var unready = new UnreadyAccounts();
        var preview = await See();
        if (await accounts.LookAgain(caller.Tenant, unready, stop)) preview = await See();
        return new(
            null, PayoutBatchStatus.Draft.ToWire(), PayoutWords.Deliveries.Of(terms.Outside), caller.By, false, terms.SecondPerson, now,
            [.. preview.Currencies.Select(static one => new PayoutTotalAnswer(one.Currency, one.Items, one.AmountMinor, 0, 0, 0, 0, 0))], Preview: preview);

        async Task<PayoutPreview> See()
        {
            var sums = new PayoutPreviews(terms, before, MostPreviewed);
            await foreach (var one in candidates.Find(caller.Tenant, terms, now, stop))
            {
                unready.Note(one);
                sums.Add(one);
            }

            return sums.Of(last?.Id);
        }
    }

    private static readonly string[] BatchColumns = ["id", "status", "delivery", "drawn_by", "drawn_at", "approved_by", "currency", "items", "amount_minor", "paid_minor", "failed"];

    private async IAsyncEnumerable<IReadOnlyList<string?>> BatchRows(HttpContext context, [EnumeratorCancellation] CancellationToken stop = default)
    {
        for (StreamId? before = null; ;)
        {
            var page = await reports.Batches(context.Caller().Tenant, before, Paging.Most, context.Flag(NeedsPerson.Name), stop);
            foreach (var batch in page.Items)
                foreach (var total in (await reports.Totals(batch.Stream, stop)) is { Count: > 0 } there ? there : [new(new(""), 0, 0, 0, 0, 0, 0, 0, 0, 0)])
                    yield return
                    [
                        batch.Id.Value, batch.Status.ToWire(), PayoutWords.Deliveries.Of(batch.Outside), batch.DrawnBy, batch.DrawnAt?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                        batch.ApprovedBy, total.Asset.Name, Number(total.Items), Number(total.Minor), Number(total.PaidMinor), Number(total.Failed),
                    ];
            if (!page.HasMore) yield break;
            before = page.Items[^1].Stream;
        }
    }

    private static readonly string[] ItemColumns = ["item_id", "referrer_id", "currency", "amount", "amount_minor", "destination", "state", "transfer", "reference", "why"];

    // Whoever uploads the table of a batch that is paid outside pays each line of it.
    private async IAsyncEnumerable<IReadOnlyList<string?>> ItemRows(PayoutBatchView batch, bool all, [EnumeratorCancellation] CancellationToken stop = default)
    {
        for (long? after = null; ;)
        {
            var page = await reports.Items(batch.Stream, after, MostPreviewed, stop);
            foreach (var item in page.Items.Where(item => all || item.Status == PayoutItemStatus.Reserved))
                yield return
                [
                    item.Id.Value, item.Referrer.Value, item.Amount.Asset.Name, item.Amount.ToString().Split(' ')[0], Number(item.Amount.Minor), item.Destination,
                    item.Status.ToWire(), item.Transfer, item.Reference, item.Why,
                ];
            if (!page.HasMore) yield break;
            after = page.Items[^1].Stream.Value;
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static ProblemAnswer Refused(PayoutBatchRefusal why) => new(why switch
    {
        PayoutBatchRefusal.OtherContent => Problem.Conflict("id", "This batch was drawn up by another key, or for another delivery."),
        PayoutBatchRefusal.HashDiffers => new(409, "payout_hash_differs", "hash", "What is approved is not what the batch pays by now: look at it again."),
        PayoutBatchRefusal.SamePerson => new(403, "second_person_needed", null, "Who drew this batch up may not approve it."),
        PayoutBatchRefusal.WrongState => PayoutItemEndpoints.WrongState("batch"),
        _ => throw new UnreachableException(),
    });
}
