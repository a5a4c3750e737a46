using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Referrals;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Sources;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Sources;

/// <summary>
/// Makes actions of events (X10). An event is answered after what it says is durable; whatever breaks before that, its sender sends it again,
/// and every step finds what was done. What names a payment of which nothing is known waits for it; what names an action parks as ever (D10).
/// </summary>
internal sealed class SourceIntake(ISources sources, IWebhookInbox inbox, ReferrersByCode codes, IReports reports, IGrainRouter router)
{
    private const string Conflict = "action_conflict";

    /// <exception cref="ProblemException">It cannot be taken now: it is to be sent again.</exception>
    public async Task<SourceOutcome> Take(Source source, SourceEvent told, CancellationToken stop)
    {
        var notice = new InboxEvent(
            source.Tenant, source.Id.Value, told.Account, told.Id, told.Type, (string?)told.Told?.Action["action_id"] is { Length: <= SourceReader.LongestName } about ? about : null);
        if (await inbox.Knows(notice, stop)) return SourceOutcome.Duplicate;
        var (outcome, detail) = told.Told is { } action ? await Apply(source, told, action, stop) : (SourceOutcome.Ignored, told.Lacks);
        await inbox.Note(notice, detail is not null ? InboxOutcome.Shown : outcome == SourceOutcome.Ignored ? InboxOutcome.Passed : InboxOutcome.Followed, detail, stop);

        // Its sale may have come meanwhile and have found it waiting: that it was refused could be shown of nothing that was not noted yet. To
        // follow it once more changes nothing else.
        if (outcome == SourceOutcome.Waiting && await Known(source, told.Told!.About, stop) is { } sale) await FollowWaiting(source, told.Id, told.Told.Action, sale, stop);
        return outcome;
    }

    /// <summary>Looks once more for what a waiting event names: a sale that came another way, after it, is found only so.</summary>
    public async Task<(SourceOutcome Outcome, string? Detail)> Retry(Source source, OpenEvent waiting, CancellationToken stop)
    {
        if (await Known(source, [.. waiting.Objects], stop) is not { } sale) return (SourceOutcome.Waiting, null);
        return await FollowWaiting(source, waiting.Event, JsonNode.Parse(waiting.Body)!.AsObject(), sale, stop);
    }

    private async Task<(SourceOutcome Outcome, string? Detail)> Apply(Source source, SourceEvent told, ToldAction action, CancellationToken stop)
    {
        if (action.Subscription is { HasEnded: true } ended) return await End(source, action, ended, stop);
        if (!action.About.IsEmpty)
        {
            // Written down before it is looked for, as a sale writes its own names before it looks for what waits: one of the two sees the other.
            var body = action.Action.ToJsonString();
            if (await Known(source, action.About, stop) is null) await sources.Wait(source.Id, told.Id, action.About, body, stop);
            if (await Known(source, action.About, stop) is not { } sale) return (SourceOutcome.Waiting, null);
            var taken = await Follow(source, action.Action, sale, stop);
            await sources.Ended(source.Id, told.Id, stop);
            return taken;
        }

        if ((string?)action.Action["referee_id"] is not { } referee || !CallerId.IsValid(referee)) return (SourceOutcome.Ignored, "it names no referee");
        if ((string?)action.Action["program_id"] is { } program && program != source.Program.Value) return (SourceOutcome.Ignored, "program_differs");

        // By a sale that cannot be recorded nobody was brought.
        if (Read(action.Action, source.Program, out var line) is { } problem) return Unread(problem);
        var refused = !action.Codes.IsEmpty && await CanBeRecorded(source, line, stop) ? await Redeem(source, told.Account, new(referee), action, stop) : null;
        var recorded = await Record(source, line, stop);
        recorded.Detail ??= refused;
        if (action.Subscription is { } paid && await sources.Paid(source.Id, paid.Id, new(referee), paid.At, stop))
            await router.Ask(GrainAddress.Referral(source.Tenant, source.Program, new(referee)), new ChangeReferral(null, Active: true), stop);
        if (action.Links.IsEmpty) return recorded;

        // What was recorded in other words by an import or by hand is the sale all the same, and its payment is refunded like any other's.
        var id = (string)action.Action["action_id"]!;
        var own = recorded.Outcome == SourceOutcome.Recorded ? new(new(id), source.Program, new(referee)) : recorded.Detail == Conflict ? await Imported(source, id, stop) : null;
        if (own is not null) await Link(source, action.Links, own, stop);
        return recorded;
    }

    // What no event of this source told of may be there all the same, under its own id: it is linked, and what waited for it before follows.
    private async Task<LinkedSale?> Known(Source source, ImmutableArray<string> names, CancellationToken stop)
    {
        if (await sources.Linked(source.Id, names, stop) is { } linked) return linked;
        foreach (var name in names)
        {
            if (await Imported(source, name, stop) is not { } sale) continue;
            await Link(source, [name], sale, stop);
            return sale;
        }

        return null;
    }

    private async Task<LinkedSale?> Imported(Source source, string id, CancellationToken stop) =>
        CallerId.IsValid(id) && await reports.Action(source.Tenant, new(id), stop) is { Outcome.Action.Kind: ActionKind.Sale } there && there.Program == source.Program
            ? new(new(id), there.Program, there.Referee)
            : null;

    // A reversal names its sale by what the sale was recorded as, and whose it was.
    private static JsonObject Named(JsonObject action, LinkedSale sale)
    {
        var whole = (JsonObject)action.DeepClone();
        whole["referee_id"] = sale.Referee.Value;
        var of = ((string)whole["type"]!).StartsWith("refund", StringComparison.Ordinal) ? "refund_of" : "chargeback_of";
        whole[of] ??= sale.Action.Value;
        return whole;
    }

    // What a known sale was waited for: it is undone, or named once more.
    private async Task<(SourceOutcome Outcome, string? Detail)> Follow(Source source, JsonObject said, LinkedSale sale, CancellationToken stop)
    {
        if (ToldAction.NamesIn(said) is not { } names)
            return Read(Named(said, sale), sale.Program, out var line) is { } problem ? Unread(problem) : await Record(source, line, stop);
        await Link(source, names, sale, stop);
        return (SourceOutcome.Recorded, null);
    }

    private async Task Link(Source source, ImmutableArray<string> names, LinkedSale sale, CancellationToken stop)
    {
        await sources.Link(source.Id, names, sale, stop);
        foreach (var (id, body) in await sources.Waiting(source.Id, names, stop)) await FollowWaiting(source, id, JsonNode.Parse(body)!.AsObject(), sale, stop);
    }

    // Its sender was answered long ago: only people can still see that it was refused.
    private async Task<(SourceOutcome Outcome, string? Detail)> FollowWaiting(Source source, string e, JsonObject said, LinkedSale sale, CancellationToken stop)
    {
        var taken = await Follow(source, said, sale, stop);
        if (taken.Detail is { } why) await inbox.Show(source.Tenant, source.Id.Value, e, why, stop);
        await sources.Ended(source.Id, e, stop);
        return taken;
    }

    // The first valid attribution wins (D16), so a code of somebody else's later changes nothing. It came with this very sale (D9). Where none
    // attributes, the answer is why the first did not that is a referrer's.
    private async Task<string?> Redeem(Source source, string account, CallerId referee, ToldAction action, CancellationToken stop)
    {
        string? why = null;
        foreach (var code in action.Codes)
        {
            if (Text.Fault(code, ReferralFields.MaxCode) is not null || await codes.Find(source.Tenant, code, stop) is not { } referrer) continue;
            // A customer of a connected account is none of the tenant's own, who alone are asked about.
            var customer = account.Length == 0 || source.Kind != SourceKinds.Stripe ? action.StripeCustomer : null;
            var attribute = new AttributeReferral(
                referrer, null, null, Approve: true, null, Fit(action.Email, Text.MaxEmail), Fit(customer, Text.MaxForeignId), new((string)action.Action["action_id"]!));
            var reply = await router.Ask(GrainAddress.Referral(source.Tenant, source.Program, referee), attribute, stop);
            if (reply.Refusal is not { Code: not ("already_attributed" or "conflict") } refused) return null;
            why ??= $"{refused.Code} code";
        }

        return why;
    }

    // What no endpoint of ours would take is left out: the sale counts without it.
    private static string? Fit(string? text, int most) => text is { Length: > 0 } && Text.Fault(text, most) is null ? text : null;

    private async Task<(SourceOutcome Outcome, string? Detail)> Record(Source source, ActionLine line, CancellationToken stop, bool dryRun = false)
    {
        var reply = (await router.Ask(GrainAddress.Referral(source.Tenant, line.Program, line.Referee), new RecordActions([line.Action], dryRun), stop)).Replies[0];
        return reply.Refusal switch
        {
            null => (SourceOutcome.Recorded, null),
            { Kind: RefusalKind.OverQuota } full => throw Problem.Of(full).AsException(),
            { } refused => (SourceOutcome.Ignored, refused.Code),
        };
    }

    // In other words it may be there already: its referee was brought by it all the same.
    private async Task<bool> CanBeRecorded(Source source, ActionLine line, CancellationToken stop) =>
        (await reports.Action(source.Tenant, line.Action.Id, stop) is not { } there || (there.Program == line.Program && there.Referee == line.Referee))
        && (await Record(source, line, stop, dryRun: true)).Detail is null or Conflict;

    private static Problem? Read(JsonObject action, CallerId program, out ActionLine line)
    {
        action["program_id"] = program.Value;
        try
        {
            return ActionParser.Parse(JsonSerializer.SerializeToUtf8Bytes(action, GatewayJson.Default.JsonObject), out line);
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException)
        {
            line = default;
            return Problem.InvalidJson(null, "It holds a text that is no Unicode.");
        }
    }

    private static (SourceOutcome Outcome, string? Detail) Unread(Problem problem) => (SourceOutcome.Ignored, $"{problem.Code} {problem.Param}".TrimEnd());

    // Who still pays for another subscription stays active, and who pays for one later is active again: the last invoice of the one that
    // ended may be paid after its end, and is no such payment.
    private async Task<(SourceOutcome Outcome, string? Detail)> End(Source source, ToldAction action, ToldSubscription ended, CancellationToken stop)
    {
        if ((string?)action.Action["referee_id"] is not { } referee || !CallerId.IsValid(referee)) return (SourceOutcome.Ignored, null);
        if (await sources.PaysForAnother(source.Id, ended.Id, new(referee), ended.At, stop)) return (SourceOutcome.Recorded, null);
        var reply = await router.Ask(GrainAddress.Referral(source.Tenant, source.Program, new(referee)), new ChangeReferral(null, Active: false), stop);
        return (reply.Refusal is null ? SourceOutcome.Recorded : SourceOutcome.Ignored, null);
    }
}

/// <summary>What came of an event.</summary>
internal enum SourceOutcome
{
    /// <summary>It says nothing to us, or nothing that could be an action.</summary>
    Ignored = 0,
    Recorded = 1,

    /// <summary>It came before.</summary>
    Duplicate = 2,

    /// <summary>It names a payment of which nothing is known yet, and takes effect when it is.</summary>
    Waiting = 3,
}
