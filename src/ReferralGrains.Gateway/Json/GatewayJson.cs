using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>
/// The JSON of requests and answers: snake_case, strict in every way that the defaults are not. A number in quotes, a field that is
/// there twice and a field that nobody knows are refused, for each is a caller's mistake that would cost money later.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = Strict.MaxDepth,
    Converters = [typeof(CallerIdAtDoor), typeof(InstantAtDoor)])]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(Problems.ProblemBody))]
[JsonSerializable(typeof(ReasonBody))]
[JsonSerializable(typeof(Tenants.SessionAnswer))]
[JsonSerializable(typeof(Tenants.NewTenant))]
[JsonSerializable(typeof(Tenants.TenantAnswer))]
[JsonSerializable(typeof(Tenants.NewKey))]
[JsonSerializable(typeof(Tenants.NewKeyAnswer))]
[JsonSerializable(typeof(Tenants.RevokedKeyAnswer))]
[JsonSerializable(typeof(PageAnswer<Audit.AuditEntryAnswer>))]
[JsonSerializable(typeof(Programs.NewProgram))]
[JsonSerializable(typeof(Programs.ProgramChange))]
[JsonSerializable(typeof(Programs.ProgramAnswer))]
[JsonSerializable(typeof(Programs.RuleBody))]
[JsonSerializable(typeof(Programs.NamedTagsBody))]
[JsonSerializable(typeof(Programs.RuleAnswer))]
[JsonSerializable(typeof(Programs.JoinAnswer))]
[JsonSerializable(typeof(Sources.NewSource))]
[JsonSerializable(typeof(Sources.SourceChange))]
[JsonSerializable(typeof(Sources.SourceMapping))]
[JsonSerializable(typeof(Sources.SourceAnswer))]
[JsonSerializable(typeof(Sources.SourcesAnswer))]
[JsonSerializable(typeof(PageAnswer<Sources.SourceEventAnswer>))]
[JsonSerializable(typeof(Sources.EventAnswer))]
[JsonSerializable(typeof(WhatIf.WhatIfBody))]
[JsonSerializable(typeof(WhatIf.WhatIfAnswer))]
[JsonSerializable(typeof(WhatIf.WhatIfLine))]
[JsonSerializable(typeof(Referrers.NewReferrer))]
[JsonSerializable(typeof(Referrers.ReferrerChange))]
[JsonSerializable(typeof(Referrers.ReferrerAnswer))]
[JsonSerializable(typeof(Referrers.BalanceAnswer))]
[JsonSerializable(typeof(Referrers.EligibilityAnswer))]
[JsonSerializable(typeof(Referrers.StatementAnswer))]
[JsonSerializable(typeof(Referrers.NewEntry))]
[JsonSerializable(typeof(Referrers.EntryAnswer))]
[JsonSerializable(typeof(Referrers.NewSpend))]
[JsonSerializable(typeof(Referrers.SpendAnswer))]
[JsonSerializable(typeof(PageAnswer<Referrers.EntryAnswer>))]
[JsonSerializable(typeof(PageAnswer<Referrers.SpendAnswer>))]
[JsonSerializable(typeof(Flags.FlagAnswer))]
[JsonSerializable(typeof(PageAnswer<Flags.FlagAnswer>))]
[JsonSerializable(typeof(Referrers.Closing))]
[JsonSerializable(typeof(Referrers.ShareAnswer))]
[JsonSerializable(typeof(Programs.FiguresAnswer))]
[JsonSerializable(typeof(Programs.OverviewAnswer))]
[JsonSerializable(typeof(Referrals.SearchAnswer))]
[JsonSerializable(typeof(Referrers.GroupsAnswer))]
[JsonSerializable(typeof(Programs.BudgetAnswer))]
[JsonSerializable(typeof(Discounts.CheckoutQuote))]
[JsonSerializable(typeof(Discounts.CheckoutAnswer))]
[JsonSerializable(typeof(Discounts.PaymentQuote))]
[JsonSerializable(typeof(Discounts.PaymentAnswer))]
[JsonSerializable(typeof(Discounts.ReferralChoiceBody))]
[JsonSerializable(typeof(Discounts.ReferralChoiceAnswer))]
[JsonSerializable(typeof(Payouts.ReconciliationRequest))]
[JsonSerializable(typeof(Payouts.GateOpening))]
[JsonSerializable(typeof(Payouts.ReconciliationAnswer))]
[JsonSerializable(typeof(Payouts.ReconciliationRunAnswer))]
[JsonSerializable(typeof(Payouts.SendGateAnswer))]
[JsonSerializable(typeof(Payouts.ReviewBody))]
[JsonSerializable(typeof(Payouts.ReviewedItemAnswer))]
[JsonSerializable(typeof(Payouts.WebhookAnswer))]
[JsonSerializable(typeof(Referrals.NewReferral))]
[JsonSerializable(typeof(Referrals.ReferralChange))]
[JsonSerializable(typeof(Referrals.ReferralApproval))]
[JsonSerializable(typeof(Referrals.ReferralCancellation))]
[JsonSerializable(typeof(Referrals.Redemption))]
[JsonSerializable(typeof(Referrals.Reassignment))]
[JsonSerializable(typeof(Referrals.NewAlias))]
[JsonSerializable(typeof(Referrals.AliasAnswer))]
[JsonSerializable(typeof(Referrals.ReferralAnswer))]
[JsonSerializable(typeof(Referrals.ReferralLineAnswer))]
[JsonSerializable(typeof(Referrals.ReferralStoryAnswer))]
[JsonSerializable(typeof(System.Collections.Immutable.ImmutableArray<Referrals.ReferralFlag>))]
[JsonSerializable(typeof(Referrals.ActionBody))]
[JsonSerializable(typeof(Referrals.OutcomeBody))]
[JsonSerializable(typeof(Referrals.OutcomeLineBody))]
[JsonSerializable(typeof(Referrals.ActionStoryBody))]
[JsonSerializable(typeof(Referrals.EnrollmentChange))]
[JsonSerializable(typeof(Referrals.EnrollmentAnswer))]
[JsonSerializable(typeof(PageAnswer<Referrals.ActivityAnswer>))]
[JsonSerializable(typeof(PageAnswer<Rewards.RewardAnswer>))]
[JsonSerializable(typeof(Payouts.NewPayoutBatch))]
[JsonSerializable(typeof(Payouts.PayoutBatchAnswer))]
[JsonSerializable(typeof(PageAnswer<Payouts.PayoutBatchAnswer>))]
[JsonSerializable(typeof(Payouts.PayoutApproval))]
[JsonSerializable(typeof(Payouts.PaidReference))]
[JsonSerializable(typeof(Payouts.PayoutItemAnswer))]
[JsonSerializable(typeof(Payouts.NewReversal))]
[JsonSerializable(typeof(Payouts.ReversalAnswer))]
[JsonSerializable(typeof(Payouts.ReversalsAnswer))]
[JsonSerializable(typeof(Payouts.PayoutTermsBody))]
[JsonSerializable(typeof(Payouts.PayoutTermsAnswer))]
[JsonSerializable(typeof(Payouts.NewOnboardingLink))]
[JsonSerializable(typeof(Payouts.OnboardingLinkAnswer))]
[JsonSerializable(typeof(Payouts.LinkedAccount))]
[JsonSerializable(typeof(Payouts.PayoutAccountAnswer))]
[JsonSerializable(typeof(Payouts.LinkedCustomer))]
[JsonSerializable(typeof(Payouts.CreditAccountAnswer))]
[JsonSerializable(typeof(Webhooks.NewEvent))]
[JsonSerializable(typeof(Webhooks.MadeEventAnswer))]
[JsonSerializable(typeof(Webhooks.ToldEventAnswer))]
[JsonSerializable(typeof(PageAnswer<Webhooks.ToldEventAnswer>))]
[JsonSerializable(typeof(Webhooks.NewWebhookEndpoint))]
[JsonSerializable(typeof(Webhooks.WebhookEndpointChange))]
[JsonSerializable(typeof(Webhooks.WebhookEndpointAnswer))]
[JsonSerializable(typeof(PageAnswer<Webhooks.WebhookEndpointAnswer>))]
[JsonSerializable(typeof(Webhooks.SecretRotation))]
[JsonSerializable(typeof(Webhooks.WebhookResumption))]
[JsonSerializable(typeof(Webhooks.WebhookTest))]
[JsonSerializable(typeof(Webhooks.WebhookFiguresAnswer))]
[JsonSerializable(typeof(Webhooks.WebhookDeliveryAnswer))]
[JsonSerializable(typeof(PageAnswer<Webhooks.WebhookDeliveryAnswer>))]
[JsonSerializable(typeof(PageAnswer<Programs.ProgramAnswer>))]
[JsonSerializable(typeof(PageAnswer<Programs.RuleAnswer>))]
[JsonSerializable(typeof(PageAnswer<Referrers.ReferrerAnswer>))]
[JsonSerializable(typeof(PageAnswer<Referrals.ReferralEntry>))]
[JsonSerializable(typeof(PageAnswer<Referrals.ActionEntry>))]
[JsonSerializable(typeof(PageAnswer<Referrals.ConflictEntry>))]
[JsonSerializable(typeof(PageAnswer<Tenants.KeyAnswer>))]
[JsonSerializable(typeof(PageAnswer<Tenants.TenantAnswer>))]
[JsonSerializable(typeof(Ledger.TrialBalanceAnswer))]
[JsonSerializable(typeof(PageAnswer<Ledger.PostingAnswer>))]
[JsonSerializable(typeof(Ledger.LedgerCheckAnswer))]
[JsonSerializable(typeof(Portal.NewPortalLink))]
[JsonSerializable(typeof(Portal.PortalLinkAnswer))]
[JsonSerializable(typeof(Portal.RevokedPortalLinkAnswer))]
[JsonSerializable(typeof(Portal.PortalSettingsBody))]
[JsonSerializable(typeof(Portal.PortalAnswer))]
[JsonSerializable(typeof(Portal.PortalChange))]
[JsonSerializable(typeof(Portal.PortalStatementAnswer))]
[JsonSerializable(typeof(PageAnswer<Portal.PortalReferralAnswer>))]
[JsonSerializable(typeof(PageAnswer<Portal.PortalPayoutAnswer>))]
[JsonSerializable(typeof(Tenants.ClockAdvance))]
[JsonSerializable(typeof(Tenants.ClockAnswer))]
internal sealed partial class GatewayJson : JsonSerializerContext;

/// <summary>A value that JSON allows and the door does not; the serializer adds where it stands.</summary>
internal sealed class BadValueException(Func<string, Problem> problem) : JsonException
{
    public Problem At(string param) => problem(param);
}

/// <summary>Lets only valid ids in: behind the door an id is right.</summary>
internal sealed class CallerIdAtDoor : JsonConverter<CallerId>
{
    public override CallerId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : null;
        if (text is not null && CallerId.IsValid(text)) return new(text);
        var fault = text is null ? $"is {Strict.Found(reader)}" : Fault(text);
        throw new BadValueException(param => Problem.InvalidId(param, fault));
    }

    public override void Write(Utf8JsonWriter writer, CallerId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    /// <summary>What is wrong with a text that is no id.</summary>
    public static string Fault(string text)
    {
        if (text.Length is 0 or > CallerId.MaxLength) return $"has {text.Length} characters";
        foreach (var c in text)
            if (!CallerId.IsValid($"x{c}")) return c is > '!' and <= '~' ? $"holds {c}" : c == ' ' ? "holds a blank" : $"holds U+{(int)c:X4}";
        return "is a dot or two";
    }
}

/// <summary>Instants with their offset, and no other spelling (RFC 3339); written in UTC.</summary>
internal sealed class InstantAtDoor : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && Instant.TryParse(reader.GetString()!, out var instant)) return instant;
        var found = Strict.Found(reader);
        throw new BadValueException(param => Problem.InvalidField(param, $"{Instant.Expected}, not {found}."));
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[Instant.MaxLength];
        writer.WriteStringValue(Instant.Format(value, text));
    }
}
