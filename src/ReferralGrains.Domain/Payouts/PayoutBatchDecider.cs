using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Payouts;

/// <summary>What is asked of a payout batch: by people, and by the runner that carries out what it has decided.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(PayoutBatchCommand.Draw), "draw")]
[JsonDerivedType(typeof(PayoutBatchCommand.List), "list")]
[JsonDerivedType(typeof(PayoutBatchCommand.EndList), "end_list")]
[JsonDerivedType(typeof(PayoutBatchCommand.Freeze), "freeze")]
[JsonDerivedType(typeof(PayoutBatchCommand.Approve), "approve")]
[JsonDerivedType(typeof(PayoutBatchCommand.BeginSending), "begin_sending")]
[JsonDerivedType(typeof(PayoutBatchCommand.Pause), "pause")]
[JsonDerivedType(typeof(PayoutBatchCommand.Settle), "settle")]
[JsonDerivedType(typeof(PayoutBatchCommand.Cancel), "cancel")]
[JsonDerivedType(typeof(PayoutBatchCommand.EndCancel), "end_cancel")]
[JsonDerivedType(typeof(PayoutBatchCommand.Drop), "drop")]
[JsonDerivedType(typeof(PayoutBatchCommand.Retry), "retry")]
[JsonDerivedType(typeof(PayoutBatchCommand.EndRetry), "end_retry")]
public abstract record PayoutBatchCommand
{
    private PayoutBatchCommand()
    {
    }

    /// <param name="Terms">By which candidates are found; null where somebody else lists them.</param>
    public sealed record Draw(string By, bool NeedsSecondPerson, PayoutTerms? Terms = null) : PayoutBatchCommand;

    /// <summary>Candidates, in as many parts as it takes. Those that are listed already are a repeat.</summary>
    public sealed record List(ImmutableArray<PayoutOrder> Orders) : PayoutBatchCommand;

    /// <param name="Count">How many candidates there are: a part that was lost is noticed.</param>
    public sealed record EndList(int Count) : PayoutBatchCommand;

    /// <summary>Every candidate has been asked for: all but these are reserved.</summary>
    public sealed record Freeze(ImmutableArray<LeftOut> LeftOut) : PayoutBatchCommand;

    /// <param name="Hash">Of what was looked at.</param>
    public sealed record Approve(string By, string Hash) : PayoutBatchCommand;

    /// <summary>All intents are written, and nothing but what they are of is reserved.</summary>
    /// <param name="Hash">Of what they were written for.</param>
    public sealed record BeginSending(string? Hash = null) : PayoutBatchCommand;

    public sealed record Pause(bool ForFunds, string Why) : PayoutBatchCommand;

    /// <summary>No item of it is open.</summary>
    public sealed record Settle : PayoutBatchCommand;

    public sealed record Cancel(string By) : PayoutBatchCommand;

    /// <summary>All that was reserved is given back.</summary>
    public sealed record EndCancel : PayoutBatchCommand;

    /// <summary>These are not paid by this batch. Once it is being sent, an item alone says that it was released.</summary>
    public sealed record Drop(ImmutableArray<LeftOut> Orders) : PayoutBatchCommand;

    /// <summary>What has failed is to be paid once more; after a pause, the batch is to go on.</summary>
    public sealed record Retry(string By) : PayoutBatchCommand;

    /// <summary>All that could be was reserved again.</summary>
    public sealed record EndRetry : PayoutBatchCommand;
}

/// <summary>Why what is asked of a payout batch is not done.</summary>
public enum PayoutBatchRefusal
{
    /// <summary>It exists with other content.</summary>
    OtherContent = 1,

    WrongState = 2,

    /// <summary>More items than a batch may hold.</summary>
    TooMany = 3,

    /// <summary>Not all candidates have arrived.</summary>
    ListIncomplete = 4,

    /// <summary>What was approved is not what is to be paid.</summary>
    HashDiffers = 5,

    /// <summary>Who drew it up may not approve it.</summary>
    SamePerson = 6,
}

/// <summary>What came of a command to a payout batch.</summary>
public abstract record PayoutBatchDecision
{
    private PayoutBatchDecision()
    {
    }

    public sealed record Accepted(PayoutBatchEvent Event) : PayoutBatchDecision;

    public sealed record Unchanged : PayoutBatchDecision;

    public sealed record Refused(PayoutBatchRefusal Why) : PayoutBatchDecision;
}

/// <summary>Decides over one payout batch. Each step may be asked for again: who carries it out may have died in between.</summary>
public static class PayoutBatchDecider
{
    /// <summary>At 25 a second it is sent in seven minutes.</summary>
    public const int MostOrders = 10_000;

    public static PayoutBatchDecision Decide(PayoutBatch batch, PayoutBatchCommand command) => command switch
    {
        PayoutBatchCommand.Draw draw => Draw(batch, draw),
        PayoutBatchCommand.List list => List(batch, list),
        PayoutBatchCommand.EndList end => EndList(batch, end),
        PayoutBatchCommand.Freeze freeze => Step(batch, PayoutBatchStatus.Reserving, PayoutBatchStatus.Frozen, () => Frozen(batch, freeze)),
        PayoutBatchCommand.Approve approve => Approve(batch, approve),
        PayoutBatchCommand.BeginSending { Hash: { } hash } when hash != batch.Hash => Refuse(PayoutBatchRefusal.HashDiffers),
        PayoutBatchCommand.BeginSending => Step(batch, PayoutBatchStatus.Approved, PayoutBatchStatus.Sending, static () => new SendingBegan()),
        PayoutBatchCommand.Pause pause => Step(
            batch, PayoutBatchStatus.Sending, pause.ForFunds ? PayoutBatchStatus.AwaitingFunds : PayoutBatchStatus.Review, () => new SendingPaused(pause.ForFunds, pause.Why)),
        PayoutBatchCommand.Settle => Step(batch, PayoutBatchStatus.Sending, PayoutBatchStatus.Settled, static () => new BatchSettled()),
        PayoutBatchCommand.Cancel cancel => Cancel(batch, cancel),
        PayoutBatchCommand.EndCancel => Step(batch, PayoutBatchStatus.Cancelling, PayoutBatchStatus.Cancelled, static () => new BatchCancelled()),
        PayoutBatchCommand.Drop drop => Drop(batch, drop),
        PayoutBatchCommand.Retry retry => Retry(batch, retry),
        PayoutBatchCommand.EndRetry => Step(batch, PayoutBatchStatus.Retrying, PayoutBatchStatus.Approved, static () => new RetryEnded()),
        _ => throw new UnreachableException(),
    };

    private static PayoutBatchDecision Draw(PayoutBatch batch, PayoutBatchCommand.Draw draw)
    {
        if (batch.Status == PayoutBatchStatus.None) return Accept(new BatchDrawn(draw.By, draw.NeedsSecondPerson, draw.Terms));

        // By the terms of then: they may have changed since, and a repeat is no wish for others.
        return batch.DrawnBy == draw.By && (batch.Terms is null) == (draw.Terms is null) && batch.IsOutside == (draw.Terms is { Outside: true }) && !batch.IsScheduled
            ? Same()
            : Refuse(PayoutBatchRefusal.OtherContent);
    }

    private static PayoutBatchDecision List(PayoutBatch batch, PayoutBatchCommand.List list)
    {
        if (batch.Status != PayoutBatchStatus.Draft) return Refuse(PayoutBatchRefusal.WrongState);
        var known = batch.Orders.ToDictionary(order => order.Item, StringComparer.Ordinal);
        if (list.Orders.Any(order => known.TryGetValue(order.Item, out var listed) && listed != order)) return Refuse(PayoutBatchRefusal.OtherContent);
        ImmutableArray<PayoutOrder> more = [.. list.Orders.Where(order => !known.ContainsKey(order.Item)).DistinctBy(order => order.Item)];
        if (batch.Orders.Length + more.Length > MostOrders) return Refuse(PayoutBatchRefusal.TooMany);
        return more.IsEmpty ? Same() : Accept(new CandidatesListed(more));
    }

    private static PayoutBatchDecision EndList(PayoutBatch batch, PayoutBatchCommand.EndList end)
    {
        if (batch.Status == PayoutBatchStatus.Reserving) return Same();
        if (batch.Status != PayoutBatchStatus.Draft) return Refuse(PayoutBatchRefusal.WrongState);
        return batch.Orders.Length == end.Count ? Accept(new BatchListed()) : Refuse(PayoutBatchRefusal.ListIncomplete);
    }

    private static BatchFrozen Frozen(PayoutBatch batch, PayoutBatchCommand.Freeze freeze)
    {
        var left = freeze.LeftOut.Select(one => one.Item).ToHashSet(StringComparer.Ordinal);
        return new(PayoutBatch.HashOf(batch.Orders.Where(order => !left.Contains(order.Item))), freeze.LeftOut);
    }

    private static PayoutBatchDecision Approve(PayoutBatch batch, PayoutBatchCommand.Approve approve)
    {
        if (batch.ApprovedBy == approve.By && batch.Hash == approve.Hash) return Same();
        if (batch.Status != PayoutBatchStatus.Frozen) return Refuse(PayoutBatchRefusal.WrongState);
        if (batch.Hash != approve.Hash) return Refuse(PayoutBatchRefusal.HashDiffers);
        if (batch.NeedsSecondPerson && batch.DrawnBy == approve.By) return Refuse(PayoutBatchRefusal.SamePerson);
        return Accept(new BatchApproved(approve.By));
    }

    // Only while every item is reserved and nothing more: an intent may be sent at any moment.
    private static PayoutBatchDecision Cancel(PayoutBatch batch, PayoutBatchCommand.Cancel cancel) => batch.Status switch
    {
        PayoutBatchStatus.Cancelling or PayoutBatchStatus.Cancelled => Same(),
        PayoutBatchStatus.Draft or PayoutBatchStatus.Reserving or PayoutBatchStatus.Frozen when !batch.Began => Accept(new BatchCancelling(cancel.By)),
        _ => Refuse(PayoutBatchRefusal.WrongState),
    };

    // Orders that are gone already were dropped before, or left out by the freezing. Approved is also what is about to be sent once more, of which
    // something may be on its way.
    private static PayoutBatchDecision Drop(PayoutBatch batch, PayoutBatchCommand.Drop drop)
    {
        if (batch.Began || batch.Status is not (PayoutBatchStatus.Frozen or PayoutBatchStatus.Approved)) return Refuse(PayoutBatchRefusal.WrongState);
        ImmutableArray<LeftOut> there = [.. drop.Orders.Where(one => batch.Orders.Any(order => order.Item == one.Item))];
        if (there.IsEmpty) return Same();
        var gone = there.Select(static one => one.Item).ToHashSet(StringComparer.Ordinal);
        var hash = PayoutBatch.HashOf(batch.Orders.Where(order => !gone.Contains(order.Item)));
        return Accept(new OrdersDropped(there, hash, StaysApproved: batch.Status == PayoutBatchStatus.Approved && batch.ApprovesItself));
    }

    private static PayoutBatchDecision Retry(PayoutBatch batch, PayoutBatchCommand.Retry retry) => batch.Status switch
    {
        PayoutBatchStatus.AwaitingFunds or PayoutBatchStatus.Review => Accept(new SendingResumed(retry.By)),
        PayoutBatchStatus.Sending or PayoutBatchStatus.Settled when !batch.IsOutside => Accept(new RetryBegan(retry.By)),
        PayoutBatchStatus.Retrying or PayoutBatchStatus.Approved => Same(),
        _ => Refuse(PayoutBatchRefusal.WrongState),
    };

    private static PayoutBatchDecision Step(PayoutBatch batch, PayoutBatchStatus from, PayoutBatchStatus to, Func<PayoutBatchEvent> e) =>
        batch.Status == from ? Accept(e()) : batch.Status == to ? Same() : Refuse(PayoutBatchRefusal.WrongState);

    private static PayoutBatchDecision.Accepted Accept(PayoutBatchEvent e) => new(e);

    private static PayoutBatchDecision.Unchanged Same() => new();

    private static PayoutBatchDecision.Refused Refuse(PayoutBatchRefusal why) => new(why);
}
