using System.Globalization;
using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;

namespace ReferralGrains.Web.Console;

/// <summary>What the states and reasons of payouts mean to whoever looks after them: the words of docs/payouts.md.</summary>
internal static class PayoutWords
{
    /// <summary>While a batch is in one of these it goes on by itself.</summary>
    public static bool Moves(string status) => status is "draft" or "reserving" or "approved" or "sending" or "retrying" or "cancelling";

    /// <summary>The colour of a batch's state.</summary>
    public static string Tone(string status) => status switch
    {
        "settled" => "good",
        "frozen" => "warn",
        "awaiting_funds" or "review" => "bad",
        _ => "",
    };

    public static string Count(long number, string thing) => string.Create(CultureInfo.InvariantCulture, $"{number:N0} {thing}{(number == 1 ? "" : "s")}");

    /// <summary>4,008.35 GBP to 16 referrers.</summary>
    public static string Sums(PayoutBatchAnswer batch) => batch.Totals.Count == 0
        ? "nothing"
        : string.Join(" and ", batch.Totals.Select(static total => $"{Show.Amount(total.AmountMinor, total.Currency)} to {Count(total.Items, "referrer")}"));

    /// <summary>not_opted_in, as people read it.</summary>
    public static string Plain(string word) => word.Replace('_', ' ');

    public static string OfBatch(string status) => status switch
    {
        "draft" or "reserving" => "Being drawn up: who is paid is found out, and each amount is set aside.",
        "frozen" => "Waits for an approval of exactly these items, amounts and accounts. Nothing was sent.",
        "approved" => "Approved: orders are being written down before anything is sent.",
        "sending" => "Being sent.",
        "awaiting_funds" => "Paused: Stripe's balance does not suffice. Pay in, then go on.",
        "review" => "Paused: an item shows several transfers, or a key that does not fit. Find out, then go on.",
        "settled" => "Done: none of its items is open.",
        "retrying" => "What had failed is set aside again, to be paid to the same accounts.",
        "cancelling" => "Being given up: what was set aside is given back.",
        "cancelled" => "Given up: what was set aside is payable again.",
        _ => status,
    };

    public static string OfItem(string state) => state switch
    {
        "reserved" => "set aside; nothing is to be sent yet",
        "intended" => "written down, not sent",
        "in_flight" => "may be leaving at this moment",
        "unsettled" => "no clear answer: the same order goes again under the same key",
        "looking_up" => "Stripe is asked what there is; it is not sent again",
        "not_found" => "certainly not made; a new try follows",
        "awaiting_funds" => "not made, for want of money at Stripe",
        "succeeded" => "paid: the transfer exists",
        "confirmed" => "paid: the transfer moved money, or it was confirmed as paid outside",
        "partly_reversed" => "some of it came back, and is payable again",
        "reversed" => "it came back, and is payable again",
        "released" => "failed for good: the amount is payable again",
        "review" => "a person has to find out what is so",
        _ => state,
    };

    public static string OfLeftOut(string reason) => reason switch
    {
        "forfeited" => "was closed, and gives it up",
        "flagged" => "flagged for review",
        "not_opted_in" => "has not asked for cash",
        "currency_not_payable" => "a currency that cannot be paid",
        "below_minimum" => "below the minimum",
        "no_account" => "no payout account",
        "no_customer" => "no Stripe customer to credit",
        "cooling_off" => "changed the account within 72 hours",
        "account_not_ready" => "the account cannot receive yet",
        "indivisible" => "less than the smallest amount that can be moved",
        "batch_full" => "the batch is full",
        _ => reason,
    };

    public static string OfBreak(string kind) => kind switch
    {
        "transfer_without_item" => "a transfer that no item knows",
        "item_without_transfer" => "the books say paid, Stripe shows nothing",
        "amount_differs" => "another amount than was ordered",
        "currency_differs" => "another currency than was ordered",
        "destination_differs" => "another account than was ordered",
        "reversed_outside" => "money came back that nobody here asked for",
        "duplicate" => "a second live transfer of an item",
        "item_not_open" => "a live transfer of an item that was given up, or is in review",
        "balance_differs" => "a transfer whose movement of money is missing or differs",
        _ => kind,
    };
}
