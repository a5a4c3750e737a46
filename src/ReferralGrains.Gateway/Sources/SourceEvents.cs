using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Sources;

/// <summary>An event of another system, as far as it says anything to us.</summary>
/// <param name="Account">Whom it is about there; empty for the tenant itself.</param>
/// <param name="Id">Its id there.</param>
/// <param name="Told">Null for what is none of ours, or cannot be taken in.</param>
/// <param name="Lacks">Why what moved money cannot be taken in; it is shown to people.</param>
internal sealed record SourceEvent(string Account, string Id, string Type, ToldAction? Told, string? Lacks = null);

/// <summary>What an event says that happened.</summary>
/// <param name="Action">
/// As the body of <c>POST /v1/actions</c>; of a reversal without its referee, and without its sale where only a payment is named. Of what only names
/// a sale once more, those names.
/// </param>
/// <param name="Links">Objects by which later events may name the sale.</param>
/// <param name="About">Objects by which this one names its sale; empty for a sale.</param>
/// <param name="Codes">What the referee entered.</param>
internal sealed record ToldAction(JsonObject Action, ImmutableArray<string> Links, ImmutableArray<string> About, ImmutableArray<string> Codes)
{
    private const string OfSale = "names";

    /// <summary>The referee's, where it is compared with the referrer's (D16).</summary>
    public string? Email { get; init; }

    /// <summary>The referee among Stripe's customers, for holds that look at it (H15).</summary>
    public string? StripeCustomer { get; init; }

    /// <summary>What was paid for, or has ended: who pays for none any more is active no more (G6).</summary>
    public ToldSubscription? Subscription { get; init; }

    /// <summary>What only gives a sale more names.</summary>
    public static JsonObject Naming(IEnumerable<string> names) => new() { [OfSale] = new JsonArray([.. names.Select(static name => (JsonNode)JsonValue.Create(name))]) };

    /// <summary>Those names; null where something happened.</summary>
    public static ImmutableArray<string>? NamesIn(JsonObject said) => said[OfSale] is JsonArray names ? [.. names.Select(static name => (string)name!)] : null;
}

/// <summary>A subscription at the other system, which was paid for or has ended.</summary>
/// <param name="At">Until when it is paid, or when it ended; null where the event does not say.</param>
internal sealed record ToldSubscription(string Id, bool HasEnded, DateTimeOffset? At);

/// <summary>Reads the events of one kind of source. What it does not know, or what lacks what an action needs, is none of ours.</summary>
internal static class SourceReader
{
    /// <summary>As the ids of all of them are; what is longer is none.</summary>
    public const int LongestName = 255;

    private const string CurrencyUnknown = "currency_unknown";
    private const string AmountUnknown = "amount_unknown";
    private const string TestMode = "test_mode";
    private const string TypeDiffers = "type_differs";

    // What the data of a CloudEvent has beside an action's.
    private static readonly ImmutableArray<string> ofReferee = ["code", "referee_email", "stripe_customer_id"];

    /// <param name="isSandbox">Of the tenant: what was only played is nothing of a live one, and live money nothing of a sandbox.</param>
    /// <returns>Null where it is no event at all, or none of this tenant.</returns>
    public static SourceEvent? Read(string kind, JsonObject body, IHeaderDictionary headers, SourceMapping mapping, bool isSandbox) => kind switch
    {
        SourceKinds.Stripe => Stripe(body, mapping, isSandbox),
        SourceKinds.Shopify => Shopify(body, headers, mapping, isSandbox),
        _ => CloudEvent(body, mapping),
    };

    private static SourceEvent? Stripe(JsonObject body, SourceMapping mapping, bool isSandbox)
    {
        if (Flag(body, "livemode") != !isSandbox) return null;
        if (Text(body, "id") is not { } id || Text(body, "type") is not { } type || At(body, "data.object") is not JsonObject told) return null;
        var name = Text(told, "id") is { Length: <= LongestName } known ? known : null;
        var action = name is null ? null : type switch
        {
            "invoice.paid" => Invoice(told, name, mapping),
            "invoice_payment.paid" => Payment(told),
            "refund.created" => Reversal(told, "refund", name, mapping, "refund_of", null, withAmount: true),
            "refund.failed" => Failed(told, name, mapping),
            "refund.updated" when Text(told, "status") is "canceled" or "failed" => Failed(told, name, mapping),
            "charge.dispute.funds_withdrawn" => Reversal(told, "chargeback", name, mapping, "chargeback_of", null, withAmount: true),
            "charge.dispute.funds_reinstated" => Reversal(told, "chargeback_won", name + ":won", mapping, "chargeback_of", name, withAmount: false),
            "customer.subscription.deleted" => new(new() { ["referee_id"] = Text(told, mapping.RefereeId ?? "customer") }, [], [], [])
            {
                Subscription = new(name, HasEnded: true, Unix(Whole(told, "ended_at") ?? Whole(body, "created"))),
            },
            _ => null,
        };
        var lacks = action is not null || !MovedMoney(type) ? null : name is null ? "it has no id" : Units(told) is null ? CurrencyUnknown : AmountUnknown;
        return new(Text(body, "account") ?? "", id, type, action, lacks);
    }

    private static bool MovedMoney(string type) =>
        type is "invoice.paid" or "refund.created" or "refund.failed" or "charge.dispute.funds_withdrawn" or "charge.dispute.funds_reinstated";

    private static (string Currency, StripeUnits Units)? Units(JsonObject told) =>
        Currency(told) is { } currency && StripeUnits.Of(currency) is { } units ? (currency, units) : null;

    private static ToldAction? Invoice(JsonObject invoice, string id, SourceMapping mapping)
    {
        if (Units(invoice) is not var (currency, units) || AreBeyond(invoice, "amount_paid", "total", "total_excluding_tax", "tax", "shipping_cost.amount_subtotal")) return null;
        if (Whole(invoice, "amount_paid") is not (>= 0 and var paid)) return null;
        var total = Whole(invoice, "total") ?? paid;
        var net = (Whole(invoice, "total_excluding_tax") ?? total - (Whole(invoice, "tax") ?? 0)) - (Whole(invoice, "shipping_cost.amount_subtotal") ?? 0);
        var action = Sale(id, Text(invoice, mapping.RefereeId ?? "customer"), units.FromStripe(paid), units.FromStripe(Part(paid, net, total)), currency,
            Seconds(Whole(invoice, "status_transitions.paid_at") ?? Whole(invoice, "created")));
        Products(action, Each(invoice, "lines.data").Select(static line => Text(line, "price.product") ?? Text(line, "pricing.price_details.product")));
        var payments = Each(invoice, "payments.data").SelectMany(static one => new[] { Text(one, "payment.payment_intent"), Text(one, "payment.charge") });
        return new(action, Objects([id, Text(invoice, "payment_intent"), Text(invoice, "charge"), .. payments]), [], Names([Text(invoice, mapping.Code ?? "metadata.referral_code")]))
        {
            Email = Text(invoice, "customer_email"),
            StripeCustomer = Text(invoice, "customer"),
            Subscription = (Text(invoice, "subscription") ?? Text(invoice, "parent.subscription_details.subscription")) is { Length: > 0 and <= LongestName } subscription
                ? new(subscription, HasEnded: false, Unix(Each(invoice, "lines.data").Max(static line => Whole(line, "period.end"))))
                : null,
        };
    }

    // Since 2025 an invoice does not name its payment: this does.
    private static ToldAction? Payment(JsonObject payment)
    {
        var (invoice, names) = (Objects([Text(payment, "invoice")]), Objects([Text(payment, "payment.payment_intent"), Text(payment, "payment.charge")]));
        return invoice.IsEmpty || names.IsEmpty ? null : new(ToldAction.Naming(names), [], invoice, []);
    }

    private static ToldAction? Failed(JsonObject refund, string id, SourceMapping mapping) =>
        Reversal(refund, "refund_failed", id + ":failed", mapping, "refund_of", id, withAmount: false);

    private static ToldAction? Reversal(JsonObject told, string type, string id, SourceMapping mapping, string of, string? named, bool withAmount)
    {
        if (Units(told) is not var (currency, units)) return null;
        var action = new JsonObject { ["action_id"] = id, ["type"] = type, ["occurred_at"] = Seconds(Whole(told, "created")) };
        if (named is not null) action[of] = named;
        if (withAmount)
        {
            if (Whole(told, "amount") is not > 0 || AreBeyond(told, "amount")) return null;
            action["amount_minor"] = units.FromStripe(Whole(told, "amount")!.Value);
            action["currency"] = currency;
        }

        return new(action, [], Objects([Text(told, mapping.SaleId ?? "metadata.invoice"), Text(told, "payment_intent"), Text(told, "charge")]), []);
    }

    // Of an order, and of each transaction of a refund, it is said whether that was only a test. A sandbox takes both.
    private static SourceEvent? Shopify(JsonObject body, IHeaderDictionary headers, SourceMapping mapping, bool isSandbox)
    {
        var (topic, id) = (headers["X-Shopify-Topic"].ToString(), headers["X-Shopify-Webhook-Id"].ToString());
        if (id.Length == 0 || Whole(body, "id") is not { } number) return null;
        var lacks = (string?)null;
        var action = topic switch
        {
            "orders/paid" => Order(body, Text(body, "admin_graphql_api_id") ?? $"gid://shopify/Order/{number}", mapping, isSandbox, out lacks),
            "refunds/create" => ShopifyRefund(body, Text(body, "admin_graphql_api_id") ?? $"gid://shopify/Refund/{number}", isSandbox, out lacks),
            _ => null,
        };
        return new(headers["X-Shopify-Shop-Domain"].ToString(), id, topic, action, lacks);
    }

    private static ToldAction? Order(JsonObject order, string id, SourceMapping mapping, bool isSandbox, out string? lacks)
    {
        lacks = TestMode;
        if (!isSandbox && Flag(order, "test") == true) return null;
        lacks = CurrencyUnknown;
        if (Currency(order) is not { } currency) return null;
        lacks = AmountUnknown;
        if (Minor(order, "total_price", currency) is not { } total) return null;
        lacks = null;
        var net = Minor(order, "subtotal_price", currency) ?? total;
        if (Flag(order, "taxes_included") == true)
            net -= Each(order, "line_items").SelectMany(static line => Each(line, "tax_lines")).Sum(tax => Minor(tax, "price", currency) ?? 0);
        var action = Sale(id, Text(order, mapping.RefereeId ?? "customer.id"), total, net, currency, Text(order, "processed_at") ?? Text(order, "created_at"));
        Products(action, Each(order, "line_items").Select(static line => Text(line, "product_id")));
        var codes = mapping.Code is { } path ? [Text(order, path)] : Each(order, "discount_codes").Select(static one => Text(one, "code"));
        return new(action, [id], [], Names(codes)) { Email = Text(order, "email") ?? Text(order, "customer.email") };
    }

    // What was paid back in the customer's own money is given in the shop's as well, which is the order's. Different monies have no sum.
    private static ToldAction? ShopifyRefund(JsonObject refund, string id, bool isSandbox, out string? lacks)
    {
        lacks = null;
        if (Whole(refund, "order_id") is not { } order) return null;
        var paid = Each(refund, "transactions").Where(static one => Text(one, "kind") == "refund" && Text(one, "status") == "success")
            .Select(static one => At(one, "amount_set.shop_money") is JsonObject own ? (Of: own, Currency: Currency(own, "currency_code")) : (Of: one, Currency: Currency(one))).ToList();
        if (paid.Count == 0) return null; // Goods came back, and no money went.
        lacks = TestMode;
        if (!isSandbox && Each(refund, "transactions").Any(static one => Flag(one, "test") == true)) return null;
        lacks = CurrencyUnknown;
        if (paid[0].Currency is not { } currency || paid.Any(one => one.Currency != currency)) return null;
        lacks = AmountUnknown;
        var parts = paid.ConvertAll(one => Minor(one.Of, "amount", currency));
        if (parts.Contains(null)) return null;
        lacks = null;
        if (parts.Sum() is not (> 0 and var minor)) return null;
        var action = new JsonObject
        {
            ["action_id"] = id,
            ["type"] = "refund",
            ["amount_minor"] = minor,
            ["currency"] = currency,
            ["occurred_at"] = Text(refund, "processed_at") ?? Text(refund, "created_at"),
        };
        return new(action, [], [$"gid://shopify/Order/{order.ToString(CultureInfo.InvariantCulture)}"], []);
    }

    // Its data is an action of ours, but for what the mapping takes from elsewhere in it; what that leaves out, the event says.
    private static SourceEvent? CloudEvent(JsonObject body, SourceMapping mapping)
    {
        if (Text(body, "specversion") != "1.0" || Text(body, "id") is not { } id || Text(body, "source") is not { } source || Text(body, "type") is not { } type) return null;
        var kind = type[(type.LastIndexOf('.') + 1)..];
        if (Referrals.ActionParser.Kinds.Find(kind) is null || body["data"] is not JsonObject data) return new(source, id, type, null);
        if (data["type"] is not null && Text(data, "type") != kind) return new(source, id, type, null, TypeDiffers);
        var action = (JsonObject)data.DeepClone();
        if (action["program_id"] is not null) action["program_id"] = Text(data, "program_id") ?? "";
        if (mapping.RefereeId is { } referee) action["referee_id"] = Text(data, referee);
        if (mapping.SaleId is { } sale && kind is "refund" or "chargeback") action[kind + "_of"] = Text(data, sale);

        // Systems number their things; what is neither text nor a number names nothing.
        foreach (var name in (string[])["action_id", "referee_id", "refund_of", "chargeback_of"])
        {
            if (action[name] is not { } named) continue;
            if (Text(action, name) is not { } known) return new(source, id, type, null);
            action[name] = known;
        }

        foreach (var place in (string?[])[.. ofReferee, mapping.RefereeId, mapping.Code, mapping.SaleId])
            if (place?.Split('.')[0] is { } member && !Referrals.ActionParser.Fields.Contains(member)) action.Remove(member);
        action["type"] = kind;
        action["action_id"] ??= id;
        action["occurred_at"] ??= Text(body, "time");
        return new(source, id, type, new(action, [], [], Names([Text(data, mapping.Code ?? "code")])) { Email = Text(data, "referee_email"), StripeCustomer = Text(data, "stripe_customer_id") });
    }

    private static JsonObject Sale(string id, string? referee, long minor, long earning, string currency, string? at)
    {
        var action = new JsonObject { ["action_id"] = id, ["type"] = "sale", ["referee_id"] = referee, ["amount_minor"] = minor, ["currency"] = currency, ["occurred_at"] = at };
        if (Math.Clamp(earning, 0, minor) is var own && own != minor) action["base_minor"] = own;
        return action;
    }

    // Of what was paid, as large a part as the net is of the whole: the rest was paid by a balance.
    private static long Part(long paid, long net, long total) =>
        total == paid || total <= 0 ? Math.Clamp(net, 0, paid) : Rounding.HalfAwayFromZero((Int128)paid * Math.Clamp(net, 0, total), total);

    private static void Products(JsonObject action, IEnumerable<string?> products)
    {
        if (Names(products) is { IsEmpty: false } names) action["product_ids"] = new JsonArray([.. names.Select(static name => (JsonNode)JsonValue.Create(name))]);
    }

    private static ImmutableArray<string> Names(IEnumerable<string?> names) => [.. names.OfType<string>().Where(static name => name.Length > 0).Distinct()];

    // What later events may name a sale by.
    private static ImmutableArray<string> Objects(IEnumerable<string?> names) => [.. Names(names).Where(static name => name.Length <= LongestName)];

    private static string? Currency(JsonNode from, string path = "currency") =>
        Text(from, path)?.ToUpperInvariant() is { } code && Domain.Money.Currency.IsKnown(code) ? code : null;

    private static string? Seconds(long? unix) => Unix(unix)?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Unix(long? seconds) => seconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds.Value) : null;

    // "12.50" in the currency's minor unit; what does not fit it is no amount.
    private static long? Minor(JsonNode from, string path, string currency)
    {
        if (!decimal.TryParse(Text(from, path), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) || amount > AmountLimits.MaxMinor) return null;
        for (var i = Domain.Money.Currency.ExponentOf(currency); i > 0; i--) amount *= 10;
        return amount <= AmountLimits.MaxMinor && amount == decimal.Truncate(amount) ? (long)amount : null;
    }

    private static long? Whole(JsonNode from, string path) => At(from, path) is JsonValue value && value.TryGetValue<long>(out var whole) ? whole : null;

    // No sale of ours is so large, and such amounts have no sum.
    private static bool AreBeyond(JsonNode from, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
            if (Whole(from, path) is < -AmountLimits.MaxMinor or > AmountLimits.MaxMinor) return true;
        return false;
    }

    private static bool? Flag(JsonNode from, string path) => At(from, path) is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    /// <summary>A text, or a whole number as it is written; null for a text that is no Unicode, or holds the NUL that PostgreSQL cannot keep.</summary>
    private static string? Text(JsonNode from, string path)
    {
        if (At(from, path) is not JsonValue value) return null;
        try
        {
            if (value.TryGetValue<string>(out var text)) return text.Contains('\0', StringComparison.Ordinal) ? null : text;
        }
        catch (InvalidOperationException)
        {
            return null;
        }

        return Whole(from, path)?.ToString(CultureInfo.InvariantCulture);
    }

    private static IEnumerable<JsonObject> Each(JsonNode from, string path) => (At(from, path) as JsonArray ?? []).OfType<JsonObject>();

    private static JsonNode? At(JsonNode from, string path)
    {
        JsonNode? node = from;
        foreach (var name in path.Split('.')) node = node is JsonObject parent && parent.TryGetPropertyValue(name, out var value) ? value : null;
        return node;
    }
}
