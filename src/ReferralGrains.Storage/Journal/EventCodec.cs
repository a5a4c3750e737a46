using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Events to rows and back. The numbers and the JSON of each version are in the journal for ever: add, never renumber.
/// </summary>
public static class EventCodec
{
    /// <summary>The version in which events are written now.</summary>
    public const short Version = 1;

    private static readonly FrozenDictionary<Type, short> Numbers = new Dictionary<Type, short>
    {
        [typeof(SaleDecided)] = 1,
        [typeof(ActionParked)] = 2,
        [typeof(SaleReversed)] = 3,
        [typeof(ReversalUndone)] = 4,
        [typeof(RewardsReleased)] = 5,
        [typeof(RewardCancelled)] = 6,
        [typeof(RewardsGranted)] = 7,
        [typeof(ScheduleStarted)] = 8,
        [typeof(ScheduleUnlocked)] = 9,
        [typeof(ReferralAttributed)] = 10,
        [typeof(ReferralApproved)] = 11,
        [typeof(ReferralCancelled)] = 12,
        [typeof(ReferralChanged)] = 13,
        [typeof(EnrollmentAdjusted)] = 14,
        [typeof(EnrollmentSwitched)] = 15,
        [typeof(EnrollmentDeleted)] = 16,
        [typeof(RuleJoined)] = 17,
        [typeof(ScheduleEnded)] = 18,
        [typeof(HoldsPostponed)] = 19,
        [typeof(GroupSettled)] = 20,
        [typeof(ReferralFlagResolved)] = 21,
        [typeof(ReferralReassigned)] = 22,
        [typeof(RoundReversed)] = 23,
        [typeof(AliasAdded)] = 24,
        [typeof(CheckoutQuoted)] = 25,
        [typeof(CheckoutConfirmed)] = 26,
        [typeof(CheckoutReleased)] = 27,
        [typeof(BecameAlias)] = 28,
        [typeof(ReferrerCreated)] = 30,
        [typeof(ReferrerTagged)] = 31,
        [typeof(ReferrerClosed)] = 32,
        [typeof(RuleGranted)] = 33,
        [typeof(RuleRevoked)] = 34,
        [typeof(TallyStarted)] = 35,
        [typeof(TallyMoved)] = 36,
        [typeof(ReferrerProfileChanged)] = 37,
        [typeof(EntryBooked)] = 38,
        [typeof(AssetSpent)] = 39,
        [typeof(GroupReleased)] = 40,
        [typeof(BalanceForfeited)] = 41,
        [typeof(ReferrerFlagResolved)] = 42,
        [typeof(PaymentQuoted)] = 45,
        [typeof(PaymentConfirmed)] = 46,
        [typeof(PaymentReleased)] = 47,
        [typeof(ReferralChosen)] = 48,
        [typeof(ProgramCreated)] = 50,
        [typeof(RulePublished)] = 51,
        [typeof(RuleSwitched)] = 52,
        [typeof(ProgramChanged)] = 53,
        [typeof(BudgetMoved)] = 54,
        [typeof(PayoutReserved)] = 70,
        [typeof(IntentWritten)] = 71,
        [typeof(SendBegan)] = 72,
        [typeof(SendUnsettled)] = 73,
        [typeof(LookupOpened)] = 74,
        [typeof(LookupEmpty)] = 75,
        [typeof(FundsRanShort)] = 76,
        [typeof(TransferMade)] = 77,
        [typeof(TransferConfirmed)] = 78,
        [typeof(TransferReversed)] = 79,
        [typeof(TransferRejected)] = 80,
        [typeof(PayoutReleased)] = 81,
        [typeof(PayoutToReview)] = 82,
        [typeof(ReviewResolved)] = 85,
        [typeof(ReversalAsked)] = 86,
        [typeof(ReversalStep)] = 87,
        [typeof(PaidOutside)] = 90,
        [typeof(BatchDrawn)] = 100,
        [typeof(CandidatesListed)] = 101,
        [typeof(BatchListed)] = 102,
        [typeof(BatchFrozen)] = 103,
        [typeof(BatchApproved)] = 104,
        [typeof(BatchApprovalRevoked)] = 105,
        [typeof(SendingBegan)] = 106,
        [typeof(SendingPaused)] = 107,
        [typeof(SendingResumed)] = 108,
        [typeof(BatchSettled)] = 109,
        [typeof(BatchCancelling)] = 110,
        [typeof(BatchCancelled)] = 111,
        [typeof(OrdersDropped)] = 112,
        [typeof(RetryBegan)] = 113,
        [typeof(RetryEnded)] = 114,
        [typeof(AccountLinked)] = 120,
        [typeof(AccountSeen)] = 121,
        [typeof(CustomerLinked)] = 122,
        [typeof(CustomerGone)] = 123,
        [typeof(PayoutTermsSet)] = 125,
        [typeof(PayoutDateCame)] = 126,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<short, Type> Types = Numbers.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    private static readonly short Sale = Numbers[typeof(SaleDecided)];

    // The id and the hash are columns; inside the data they would only cost bytes.
    private static readonly JsonSerializerOptions WithoutIdentity = new(JournalJson.Default.Options)
    {
        TypeInfoResolver = JournalJson.Default.WithAddedModifier(static type =>
        {
            if (type.Type != typeof(ReferralAction)) return;
            foreach (var property in type.Properties)
                if (property.PropertyType == typeof(ContentHash) || property.Name == "id") property.ShouldSerialize = static (_, _) => false;
        }),
    };

    public static short NumberOf(Type type) => Numbers[type];

    public static IReadOnlyCollection<Type> Known => Numbers.Keys;

    /// <summary>The rows of a referral's event: one, or one for each posting.</summary>
    public static void Encode(Recorded recorded, StreamId program, ImmutableArray<EventRow>.Builder rows)
    {
        var postings = Movements.Of(recorded.Event, program);
        var about = KnownActions.About(recorded.Event) is var row and > 0 ? row : (int?)null;
        var carried = KnownActions.Carried(recorded.Event);
        rows.Add(new(
            Numbers[recorded.Event.GetType()], Version, about, recorded.At, postings.IsEmpty ? null : postings[0],
            carried?.Id, carried?.Hash, Json(recorded.Event, carried is null ? JournalJson.Default.Options : WithoutIdentity)));
        for (var i = 1; i < postings.Length; i++) rows.Add(new(0, Version, about, recorded.At, postings[i], null, null, null));
    }

    /// <summary>An event of one row; what it moves, if anything, is added to it.</summary>
    public static EventRow Encode(object e, DateTimeOffset at) => new(Numbers[e.GetType()], Version, null, at, null, null, null, Json(e, JournalJson.Default.Options));

    /// <summary>The row of a referrer's event.</summary>
    public static EventRow Encode(ReferrerEvent e, StreamId referrer, DateTimeOffset at) => Encode(e, at) with { Posting = ReferrerBooks.Movement(e, referrer) };

    public static TEvent Decode<TEvent>(short type, short version, ReadOnlySpan<byte> data, string? actionId, Guid? hash)
        where TEvent : class
    {
        if (version != Version) throw new InvalidOperationException($"Event type {type} is of version {version}, which this program does not know.");
        (CallerId Id, ContentHash Hash)? known = actionId is null ? null : (new(actionId), Hashes.FromGuid(hash!.Value));
        if (type == Sale) return (TEvent)(object)SaleReader.Read(data, known);
        var e = (TEvent)JsonSerializer.Deserialize(data, JournalJson.Default.GetTypeInfo(Types[type])!)!;
        return known is { } action ? (TEvent)(object)WithIdentity((ReferralEvent)(object)e, action.Id, action.Hash) : e;
    }

    private static byte[] Json(object e, JsonSerializerOptions options) => JsonSerializer.SerializeToUtf8Bytes(e, options.GetTypeInfo(e.GetType()));

    private static ReferralEvent WithIdentity(ReferralEvent e, CallerId id, ContentHash hash) => e switch
    {
        ActionParked parked => parked with { Action = parked.Action with { Id = id, Hash = hash } },
        SaleReversed reversed => reversed with { Action = reversed.Action with { Id = id, Hash = hash } },
        ReversalUndone undone => undone with { Action = undone.Action with { Id = id, Hash = hash } },
        _ => e,
    };
}
