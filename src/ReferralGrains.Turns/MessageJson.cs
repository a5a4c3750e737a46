using System.Text.Json.Serialization;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Turns;

/// <summary>
/// The JSON of everything that goes to or comes from a grain: every command, every reply and every state, so that an engine may put a
/// wire between any two of them. Defaults are left out, and nothing that is computed is sent.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(IReferralCommand))]
[JsonSerializable(typeof(IReferralReply))]
[JsonSerializable(typeof(CreateProgram))]
[JsonSerializable(typeof(ChangeProgram))]
[JsonSerializable(typeof(PublishRule))]
[JsonSerializable(typeof(SwitchRule))]
[JsonSerializable(typeof(ProgramReply))]
[JsonSerializable(typeof(CreateReferrer))]
[JsonSerializable(typeof(ChangeReferrer))]
[JsonSerializable(typeof(CloseReferrer))]
[JsonSerializable(typeof(GrantRule))]
[JsonSerializable(typeof(ReleaseGroup))]
[JsonSerializable(typeof(ResolveReferrerFlag))]
[JsonSerializable(typeof(DecideReferrals))]
[JsonSerializable(typeof(ReferralsDecided))]
[JsonSerializable(typeof(QuotePayment))]
[JsonSerializable(typeof(ConfirmPayment))]
[JsonSerializable(typeof(ReleasePayment))]
[JsonSerializable(typeof(ChooseReferral))]
[JsonSerializable(typeof(PaymentReply))]
[JsonSerializable(typeof(BookEntry))]
[JsonSerializable(typeof(SpendAsset))]
[JsonSerializable(typeof(BookedReply))]
[JsonSerializable(typeof(ReferrerReply))]
[JsonSerializable(typeof(DecideReferral))]
[JsonSerializable(typeof(ReferralDecided))]
[JsonSerializable(typeof(Referral))]
[JsonSerializable(typeof(OpenHold[]))]
[JsonSerializable(typeof(ParkedAction[]))]
[JsonSerializable(typeof(Referrer))]
[JsonSerializable(typeof(ReferralProgram))]
[JsonSerializable(typeof(AskPayoutBatch))]
[JsonSerializable(typeof(ShowPayoutBatch))]
[JsonSerializable(typeof(PayoutBatchReply))]
[JsonSerializable(typeof(PayoutBatch))]
[JsonSerializable(typeof(AskPayoutItem))]
[JsonSerializable(typeof(PayoutItemReply))]
[JsonSerializable(typeof(PayoutItem))]
[JsonSerializable(typeof(AskPayoutAccount))]
[JsonSerializable(typeof(PayoutAccountReply))]
[JsonSerializable(typeof(PayoutAccount))]
[JsonSerializable(typeof(SetPayoutTerms))]
[JsonSerializable(typeof(MeetPayoutDate))]
[JsonSerializable(typeof(PayoutPlanReply))]
[JsonSerializable(typeof(PayoutPlan))]
[JsonSerializable(typeof(NotDone))]
public sealed partial class MessageJson : JsonSerializerContext;
