using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Storage.Journal;

/// <summary>The JSON of the journal, of facts and of snapshots: compact, defaults left out, instants as microseconds.</summary>
/// <remarks>Nothing that is computed is written: kept for ever, it could only contradict what it was computed from.</remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    IgnoreReadOnlyProperties = true,
    Converters = [typeof(MicrosecondsJson)])]
[JsonSerializable(typeof(ReferralEvent))]
[JsonSerializable(typeof(ReferrerEvent))]
[JsonSerializable(typeof(ProgramEvent))]
[JsonSerializable(typeof(PayoutItemEvent))]
[JsonSerializable(typeof(PayoutBatchEvent))]
[JsonSerializable(typeof(PayoutAccountEvent))]
[JsonSerializable(typeof(PayoutPlanEvent))]
[JsonSerializable(typeof(Referral))]
[JsonSerializable(typeof(OpenHold[]))]
[JsonSerializable(typeof(ParkedAction[]))]
[JsonSerializable(typeof(Referrer))]
[JsonSerializable(typeof(ReferralProgram))]
[JsonSerializable(typeof(PayoutItem))]
[JsonSerializable(typeof(PayoutBatch))]
[JsonSerializable(typeof(PayoutAccount))]
[JsonSerializable(typeof(PayoutPlan))]
[JsonSerializable(typeof(PayoutTerms))]
[JsonSerializable(typeof(ProgramTerms))]
[JsonSerializable(typeof(ReferrerFacts))]
[JsonSerializable(typeof(ReferralAction))]
[JsonSerializable(typeof(System.Collections.Immutable.ImmutableArray<AppliedReferral>))]
[JsonSerializable(typeof(System.Collections.Immutable.ImmutableDictionary<string, string>))]
[JsonSerializable(typeof(Snapshot))]
public sealed partial class JournalJson : JsonSerializerContext;

/// <summary>An instant as PostgreSQL keeps it: whole microseconds since 1970.</summary>
public sealed class MicrosecondsJson : JsonConverter<DateTimeOffset>
{
    public static DateTimeOffset At(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => At(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((value - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
}
