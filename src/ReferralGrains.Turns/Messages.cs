using System.Collections.Frozen;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Turns;

/// <summary>
/// Commands and replies as bytes: a version, the message's name, and its JSON. While a cluster is upgraded, processes of two releases
/// talk to each other: names are never given another meaning, fields are only added, and what is not there has its default.
/// </summary>
public static class Messages
{
    /// <summary>The version in which messages are written now.</summary>
    public const byte Version = 1;

    private static readonly FrozenDictionary<Type, string> Names = new Dictionary<Type, string>
    {
        [typeof(RecordActions)] = "record_actions",
        [typeof(ActionsRecorded)] = "actions_recorded",
        [typeof(AttributeReferral)] = "attribute_referral",
        [typeof(ApproveReferral)] = "approve_referral",
        [typeof(CancelReferral)] = "cancel_referral",
        [typeof(ChangeReferral)] = "change_referral",
        [typeof(ResolveFlag)] = "resolve_flag",
        [typeof(ReassignReferral)] = "reassign_referral",
        [typeof(AddAlias)] = "add_alias",
        [typeof(ResolveReferrerFlag)] = "resolve_referrer_flag",
        [typeof(JoinRule)] = "join_rule",
        [typeof(AdjustEnrollment)] = "adjust_enrollment",
        [typeof(SwitchEnrollment)] = "switch_enrollment",
        [typeof(DeleteEnrollment)] = "delete_enrollment",
        [typeof(ReleaseReward)] = "release_reward",
        [typeof(CancelReward)] = "cancel_reward",
        [typeof(SettleDue)] = "settle_due",
        [typeof(QuoteCheckout)] = "quote_checkout",
        [typeof(ConfirmCheckout)] = "confirm_checkout",
        [typeof(ReleaseCheckout)] = "release_checkout",
        [typeof(CheckoutReply)] = "checkout",
        [typeof(ReferralReply)] = "referral",
        [typeof(DecideReferral)] = "decide_referral",
        [typeof(ReferralDecided)] = "referral_decided",
        [typeof(CreateReferrer)] = "create_referrer",
        [typeof(ChangeReferrer)] = "change_referrer",
        [typeof(CloseReferrer)] = "close_referrer",
        [typeof(GrantRule)] = "grant_rule",
        [typeof(ReleaseGroup)] = "release_group",
        [typeof(DecideReferrals)] = "decide_referrals",
        [typeof(ReferralsDecided)] = "referrals_decided",
        [typeof(QuotePayment)] = "quote_payment",
        [typeof(ConfirmPayment)] = "confirm_payment",
        [typeof(ReleasePayment)] = "release_payment",
        [typeof(ChooseReferral)] = "choose_referral",
        [typeof(PaymentReply)] = "payment",
        [typeof(BookEntry)] = "book_entry",
        [typeof(SpendAsset)] = "spend_asset",
        [typeof(BookedReply)] = "booked",
        [typeof(ReferrerReply)] = "referrer",
        [typeof(CreateProgram)] = "create_program",
        [typeof(ChangeProgram)] = "change_program",
        [typeof(PublishRule)] = "publish_rule",
        [typeof(SwitchRule)] = "switch_rule",
        [typeof(ProgramReply)] = "program",
        [typeof(AskPayoutBatch)] = "ask_payout_batch",
        [typeof(ShowPayoutBatch)] = "show_payout_batch",
        [typeof(PayoutBatchReply)] = "payout_batch",
        [typeof(AskPayoutItem)] = "ask_payout_item",
        [typeof(PayoutItemReply)] = "payout_item",
        [typeof(AskPayoutAccount)] = "ask_payout_account",
        [typeof(PayoutAccountReply)] = "payout_account",
        [typeof(SetPayoutTerms)] = "set_payout_terms",
        [typeof(MeetPayoutDate)] = "meet_payout_date",
        [typeof(PayoutPlanReply)] = "payout_plan",
        [typeof(NotDone)] = "not_done",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Type> Types = Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>Every type that may be sent.</summary>
    public static IReadOnlyCollection<Type> All => Names.Keys;

    public static byte[] Write(object message)
    {
        var name = Names[message.GetType()];
        var json = JsonSerializer.SerializeToUtf8Bytes(message, MessageJson.Default.GetTypeInfo(message.GetType())!);
        var bytes = new byte[2 + name.Length + json.Length];
        (bytes[0], bytes[1]) = (Version, (byte)name.Length);
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(2));
        json.CopyTo(bytes, 2 + name.Length);
        return bytes;
    }

    public static object Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != Version) throw new UnreachableException($"A message of version {bytes[0]} came in, which this program does not know.");
        var name = Encoding.ASCII.GetString(bytes.Slice(2, bytes[1]));
        if (!Types.TryGetValue(name, out var type)) throw new UnreachableException($"A message '{name}' came in, which this program does not know.");
        return JsonSerializer.Deserialize(bytes[(2 + name.Length)..], MessageJson.Default.GetTypeInfo(type)!)!;
    }
}

/// <summary>
/// Instead of a reply: what was asked for was not done, or may have been. It travels as a value, for an exception between processes is
/// slow, and is an exception again for who asked.
/// </summary>
/// <param name="RetryAfterMs">Nothing was taken in: come again after so many milliseconds. Null: the outcome is unknown.</param>
public sealed record NotDone(string Why, long? RetryAfterMs)
{
    /// <summary>Null for an exception that is neither.</summary>
    public static NotDone? Of(Exception exception) => exception switch
    {
        GrainBusyException busy => new(busy.Message, (long)busy.RetryAfter.TotalMilliseconds),
        GrainUnavailableException unavailable => new(unavailable.Message, null),
        _ => null,
    };

    public Exception ToException() =>
        RetryAfterMs is { } wait ? new GrainBusyException(Why, TimeSpan.FromMilliseconds(wait)) : new GrainUnavailableException(Why);
}
