using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>Payouts in the words of the outside.</summary>
internal static class PayoutWords
{
    /// <summary>Whether outside.</summary>
    public static readonly Words<bool> Deliveries = new(("stripe", false), ("outside", true));

    /// <summary>Whether by Stripe.</summary>
    public static readonly Words<bool> CreditDeliveries = new(("by_hand", false), ("stripe", true));

    public static readonly Words<PayoutEvery> Schedules = new(("week", PayoutEvery.Week), ("month", PayoutEvery.Month), ("amount", PayoutEvery.Amount));

    public const int MaxReference = 200;
}

/// <param name="Id">Made up when it is left out.</param>
/// <param name="Delivery">What the payout terms say when it is left out.</param>
[Example("""{"id":"november","delivery":"stripe"}""")]
internal sealed record NewPayoutBatch(
    CallerId? Id = null,
    [property: OneOf(typeof(PayoutWords), nameof(PayoutWords.Deliveries))] string? Delivery = null);

/// <param name="Id">Absent for a dry run, which draws up nothing.</param>
/// <param name="Status">
/// draft while its candidates are found, reserving, frozen until it is approved, approved while intents are written, sending, settled;
/// awaiting_funds and review pause it; retrying; cancelling, cancelled.
/// </param>
/// <param name="DrawnBy">The key that it was made with, or schedule.</param>
/// <param name="SecondPerson">Whoever drew it up may not approve it.</param>
/// <param name="DrawnAt">It pays what was payable then.</param>
/// <param name="Hash">Of items, amounts and destinations: what is approved. Absent until it is frozen.</param>
/// <param name="Why">Why it paused, or why an item was dropped.</param>
/// <param name="SecondsLeft">While it is being sent: how long what is left takes at the rate that Stripe allows.</param>
/// <param name="Items">A page of them, as they are reserved.</param>
/// <param name="Preview">Of a dry run.</param>
internal sealed record PayoutBatchAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? Id,
    string Status,
    [property: OneOf("stripe", "outside")] string Delivery,
    string DrawnBy,
    bool Scheduled,
    bool SecondPerson,
    DateTimeOffset? DrawnAt,
    ImmutableArray<PayoutTotalAnswer> Totals,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Hash = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ApprovedBy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Why = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? SecondsLeft = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PageAnswer<PayoutItemAnswer>? Items = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PayoutPreview? Preview = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <summary>A batch in one currency, or in account credit of one. What a person gave up, or was dropped before the sending, is not in it.</summary>
/// <param name="Currency">GBP; credit:GBP for account credit.</param>
/// <param name="PaidMinor">Of transfers that exist, reversed ones included, and of what was confirmed as paid outside.</param>
/// <param name="Open">Items whose amount is in transit.</param>
/// <param name="Failed">Items that were released: their amounts are payable again, and a retry pays them.</param>
/// <param name="InReview">Items that a person has to look at.</param>
internal sealed record PayoutTotalAnswer(string Currency, int Items, long AmountMinor, int PaidItems, long PaidMinor, int Open, int Failed, int InReview);

/// <param name="State">reserved, intended, in_flight, unsettled, looking_up, not_found, awaiting_funds, succeeded, confirmed, partly_reversed, reversed, released, review.</param>
/// <param name="Currency">GBP; credit:GBP for account credit.</param>
/// <param name="Destination">The connected account; the customer that account credit goes to; outside where it is paid by other means.</param>
/// <param name="Generation">How often it was tried under a new key.</param>
/// <param name="Transfer">Stripe's name for it; of account credit, for the transaction on the customer's balance.</param>
/// <param name="Reference">What it was paid outside under.</param>
/// <param name="Why">It was released, or is in review.</param>
internal sealed record PayoutItemAnswer(
    CallerId Id,
    CallerId ReferrerId,
    string Currency,
    long AmountMinor,
    string State,
    string Destination,
    int Generation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Transfer,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Why)
{
    public static PayoutItemAnswer Of(Storage.Payouts.PayoutItemView item) => new(
        item.Id, item.Referrer, item.Amount.Asset.Name, item.Amount.Minor, item.Status.ToWire(), item.Destination, item.Generation, item.Transfer, item.Reference,
        item.Why ?? (item.Review == ReviewReason.None ? null : item.Review.ToWire()));
}

/// <summary>What a batch would be that is drawn up now.</summary>
/// <param name="Items">The first thousand of those that it would pay.</param>
/// <param name="LeftOut">The first thousand of those that it would not.</param>
/// <param name="LastBatch">What since_last compares with; absent where there was none.</param>
internal sealed record PayoutPreview(
    ImmutableArray<PreviewTotal> Currencies,
    ImmutableArray<PreviewItem> Items,
    ImmutableArray<PreviewLeftOut> LeftOut,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? LastBatch);

/// <param name="LeftOut">How many are left out, by reason.</param>
/// <param name="LeftOutMinor">What they have payable: it rolls over.</param>
/// <param name="RollsOverMinor">Of those that are paid: what cannot be moved whole.</param>
internal sealed record PreviewTotal(
    string Currency, int Items, long AmountMinor, IReadOnlyDictionary<string, int> LeftOut, long LeftOutMinor, long RollsOverMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SinceLast? SinceLast);

/// <param name="NewReferrers">Paid now and not by the last batch.</param>
/// <param name="GoneReferrers">Paid by the last batch and not now.</param>
internal sealed record SinceLast(int Items, long AmountMinor, int NewReferrers, int GoneReferrers);

internal sealed record PreviewItem(CallerId ReferrerId, string Currency, long AmountMinor, string Destination);

/// <param name="Reason">forfeited, flagged, not_opted_in, currency_not_payable, below_minimum, no_account, no_customer, cooling_off, account_not_ready, indivisible, batch_full.</param>
internal sealed record PreviewLeftOut(CallerId ReferrerId, string Currency, long PayableMinor, string Reason);

/// <param name="Hash">As the batch shows it: what was looked at is what is approved.</param>
[Example("""{"hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}""")]
internal sealed record PayoutApproval([property: AtMost(64)] string Hash);

/// <param name="Reference">By which whoever paid finds it again: a bank's, or that of a file. The same again changes nothing.</param>
[Example("""{"reference":"SEPA 2026-11-28 / 17"}""")]
internal sealed record PaidReference([property: AtMost(PayoutWords.MaxReference)] string Reference);

/// <summary>How the tenant pays out: all of it, for what is left out is as if it had never been said.</summary>
/// <param name="Minimums">Below it, what is payable in a currency, or in account credit of it, rolls over.</param>
/// <param name="TimeZone">IANA name; UTC when it is left out. The schedule's days begin there.</param>
/// <param name="SecondPerson">Whoever draws a batch up may not approve it.</param>
/// <param name="AutoApprove">What the schedule draws up is approved with it. Not beside second_person.</param>
/// <param name="Delivery">stripe when it is left out. outside: nothing is sent; each item is confirmed with a reference.</param>
/// <param name="CreditDelivery">
/// by_hand when it is left out: account credit is redeemed by spends. stripe: batches that Stripe pays also credit the referrers' Stripe
/// customers, without the question whether they asked for cash.
/// </param>
[Example("""{"minimums":[{"currency":"GBP","amount_minor":2500}],"schedule":{"every":"month","day":1},"time_zone":"Europe/London","second_person":true,"auto_approve":false,"delivery":"stripe","credit_delivery":"stripe"}""")]
internal sealed record PayoutTermsBody(
    [property: AtMost(PayoutTermsBody.MaxMinimums)] ImmutableArray<PayoutMinimumBody>? Minimums = null,
    PayoutScheduleBody? Schedule = null,
    [property: Form(Programs.ProgramDates.ZoneForm)] string? TimeZone = null,
    bool? SecondPerson = null,
    bool? AutoApprove = null,
    [property: OneOf(typeof(PayoutWords), nameof(PayoutWords.Deliveries))] string? Delivery = null,
    [property: OneOf(typeof(PayoutWords), nameof(PayoutWords.CreditDeliveries))] string? CreditDelivery = null)
{
    public const int MaxMinimums = 200;
}

/// <summary>The least that is paid in a currency.</summary>
internal sealed record PayoutMinimumBody(
    [property: Form(FormAttribute.Currency)] string Currency,
    [property: Whole(1, AmountLimits.MaxMinor)] long AmountMinor);

/// <param name="Every">week, month, or amount: as soon as somebody's payable amount has reached the minimum of its currency, looked at hourly.</param>
/// <param name="Day">Of the week from 1, Monday, to 7; of the month from 1 to 31, and its last day where it has no such day. Not for an amount.</param>
internal sealed record PayoutScheduleBody(
    [property: OneOf(typeof(PayoutWords), nameof(PayoutWords.Schedules))] string Every,
    int? Day = null);

/// <param name="NextAt">When the schedule draws up the next batch, or looks whether it should.</param>
internal sealed record PayoutTermsAnswer(
    ImmutableArray<PayoutMinimumBody> Minimums,
    PayoutScheduleBody? Schedule,
    string TimeZone,
    bool SecondPerson,
    bool AutoApprove,
    [property: OneOf("stripe", "outside")] string Delivery,
    [property: OneOf("by_hand", "stripe")] string CreditDelivery,
    DateTimeOffset? NextAt);

/// <param name="ReturnUrl">Where the referrer comes back to.</param>
/// <param name="RefreshUrl">Where the referrer goes whose link is too old; return_url when it is left out.</param>
/// <param name="Country">Two letters: where a new account is to be.</param>
[Example("""{"return_url":"https://shop.example/payouts","refresh_url":"https://shop.example/payouts/again","country":"GB"}""")]
internal sealed record NewOnboardingLink(
    [property: Form(NewOnboardingLink.UrlForm)] string ReturnUrl,
    [property: Form(NewOnboardingLink.UrlForm)] string? RefreshUrl = null,
    [property: Form(NewOnboardingLink.CountryForm)] string? Country = null)
{
    public const string UrlForm = "^https?://[^ ]{1,1990}$";
    public const int MaxUrl = 2_000;
    public const string CountryForm = "^[A-Za-z]{2}$";
}

/// <param name="Url">For the referrer and nobody else, once. Shown this once, and not to a repeat.</param>
internal sealed record OnboardingLinkAnswer(
    CallerId ReferrerId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url,
    DateTimeOffset ExpiresAt,
    PayoutAccountAnswer Account);

/// <param name="StripeAccountId">An account that is connected to the tenant's own already.</param>
[Example("""{"stripe_account_id":"acct_1"}""")]
internal sealed record LinkedAccount([property: Form(LinkedAccount.IdForm)] string StripeAccountId)
{
    public const string IdForm = "^[A-Za-z0-9_]{1,200}$";
}

/// <summary>Where a referrer is paid, as Stripe said last.</summary>
/// <param name="Transfers">Whether it can receive.</param>
/// <param name="PayoutsEnabled">Whether what it receives reaches a bank.</param>
/// <param name="Ready">Both.</param>
/// <param name="ChangedAt">When it took another account's place: it is paid nothing for 72 hours from then.</param>
internal sealed record PayoutAccountAnswer(
    CallerId ReferrerId,
    string StripeAccountId,
    [property: OneOf("active", "pending", "inactive")] string Transfers,
    bool PayoutsEnabled,
    bool Ready,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ChangedAt);
