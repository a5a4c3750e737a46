using System.Globalization;
using System.Text;
using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Payouts;

/// <summary>Payouts in words for a person.</summary>
internal static class PayoutTexts
{
    public static string Batch(JsonElement batch)
    {
        var text = new StringBuilder();
        text.Append(Invariant($"{batch.Text("id")}: {batch.Text("status")}, {batch.Text("delivery")}, drawn up by {batch.Text("drawn_by")}"));
        if (batch.Text("approved_by") is { } approved) text.Append(Invariant($", approved by {approved}"));
        text.Append('\n');
        if (batch.Text("why") is { } why) text.Append(Invariant($"  {why}\n"));
        foreach (var total in batch.Items("totals"))
        {
            text.Append(Invariant($"  {total.Text("currency")}: {total.Number("items"):N0} items, {total.Number("amount_minor"):N0} (minor units); paid {total.Number("paid_items"):N0}, {total.Number("paid_minor"):N0}"));
            text.Append(Some(total, "open", "in transit")).Append(Some(total, "failed", "failed")).Append(Some(total, "in_review", "in review")).Append('\n');
        }

        if (batch.Number("seconds_left") is > 0 and var left) text.Append(Invariant($"  {TimeSpan.FromSeconds(left):g} left at the rate that Stripe allows\n"));
        if (IsLeftToPeople(batch)) text.Append("  each of its items is paid by hand: confirm it with a reference, or release it\n");
        if (batch.Text("status") == "frozen" && !batch.Items("totals").Any()) text.Append("  it pays nobody: grains payouts preview says who is left out, and why\n");
        if (batch.Text("status") == "frozen") text.Append(Invariant($"  to approve it: grains payouts approve {batch.Text("id")} --hash {batch.Text("hash")}\n"));
        return text.ToString();
    }

    /// <summary>Whether nothing more comes of it by itself, although it is not at its end: what is paid outside is confirmed by a person.</summary>
    public static bool IsLeftToPeople(JsonElement batch) => batch.Text("status") == "sending" && batch.Text("delivery") == "outside";

    public static string List(JsonElement page)
    {
        var text = new StringBuilder();
        foreach (var batch in page.Items("data"))
            text.Append(Invariant($"{batch.Text("id")}  {batch.Text("status")}  {batch.Text("drawn_at")}  "))
                .AppendJoin(", ", batch.Items("totals").Select(static total => Invariant($"{total.Number("amount_minor"):N0} {total.Text("currency")} to {total.Number("items"):N0}")))
                .Append('\n');
        return text.Length == 0 ? "There are no payout batches.\n" : text.ToString();
    }

    public static string Preview(JsonElement answer)
    {
        if (answer.Object("preview") is not { } preview) return "";
        var text = new StringBuilder();
        foreach (var currency in preview.Items("currencies"))
        {
            text.Append(Invariant($"{currency.Text("currency")}: {currency.Number("items"):N0} referrers, {currency.Number("amount_minor"):N0} (minor units)\n"));
            if (currency.Object("left_out") is { } reasons)
                foreach (var reason in reasons.EnumerateObject())
                    text.Append(Invariant($"  left out, {reason.Name.Replace('_', ' ')}: {reason.Value.GetInt64():N0}\n"));
            if (currency.Number("left_out_minor") is > 0 and var left) text.Append(Invariant($"  they have {left:N0}, which rolls over\n"));
            if (currency.Object("since_last") is { } since)
                text.Append(Invariant($"  since {preview.Text("last_batch")}: {since.Number("items"):+#,0;-#,0;0} items, {since.Number("amount_minor"):+#,0;-#,0;0}; {since.Number("new_referrers"):N0} new, {since.Number("gone_referrers"):N0} gone\n"));
        }

        return text.Length == 0 ? "Nobody has anything payable.\n" : text.ToString();
    }

    public static string Reversal(JsonElement reversal) => Invariant(
        $"{reversal.Text("reversal_id")}: {reversal.Number("amount_minor"):N0} {reversal.Text("currency")} (minor units) of {reversal.Text("item_id")}, {reversal.Text("state")?.Replace('_', ' ')}{(reversal.Text("code") is { } code ? Invariant($": {code}") : "")}\n");

    /// <summary>One line: how far a batch is.</summary>
    public static string Progress(JsonElement batch)
    {
        var (items, paid, failed) = (0L, 0L, 0L);
        foreach (var total in batch.Items("totals"))
            (items, paid, failed) = (items + (total.Number("items") ?? 0), paid + (total.Number("paid_items") ?? 0), failed + (total.Number("failed") ?? 0));
        var left = batch.Number("seconds_left") is > 0 and var seconds ? Invariant($", {TimeSpan.FromSeconds(seconds):g} left") : "";
        return Invariant($"{batch.Text("status")}: {paid:N0} of {items:N0} paid{(failed > 0 ? Invariant($", {failed:N0} failed") : "")}{left}");
    }

    private static string Some(JsonElement total, string name, string word) => total.Number(name) is > 0 and var count ? Invariant($"; {count:N0} {word}") : "";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
