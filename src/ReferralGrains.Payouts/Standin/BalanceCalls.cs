using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>Balances, what moved the platform's, and paying in.</summary>
internal static class BalanceCalls
{
    public static void Map(FakeStripe.Router router)
    {
        router.Get("v1/balance", Get);
        router.Get("v1/balance_transactions", List);
        router.Get("v1/balance_transactions/{id}", (platform, request) => StandinAnswer.Ok(platform.BalanceTransactions.Get(request.Segment("id")).DeepClone()));
        router.Post("v1/topups", TopUp);
        router.Get("v1/topups/{id}", (platform, request) => StandinAnswer.Ok(platform.Topups.Get(request.Segment("id")).DeepClone()));
    }

    /// <summary>Writes down what moved the platform's balance. Returns its id.</summary>
    public static string Note(StandinPlatform platform, string type, string source, string currency, long minor)
    {
        var id = platform.NextId("txn");
        platform.BalanceTransactions.Add(new()
        {
            ["id"] = id,
            ["object"] = "balance_transaction",
            ["amount"] = minor,
            ["available_on"] = platform.Now,
            ["balance_type"] = "payments",
            ["created"] = platform.Now,
            ["currency"] = currency,
            ["description"] = null,
            ["exchange_rate"] = null,
            ["fee"] = 0L,
            ["fee_details"] = new JsonArray(),
            ["net"] = minor,
            ["reporting_category"] = type == "transfer_refund" ? "transfer_reversal" : type,
            ["source"] = source,
            ["status"] = "available",
            ["type"] = type,
        });
        return id;
    }

    public static JsonObject TopUp(StandinPlatform platform, string currency, long minor)
    {
        var id = platform.NextId("tu");
        platform.Move(null, currency, minor);
        return platform.Topups.Add(new()
        {
            ["id"] = id,
            ["object"] = "topup",
            ["amount"] = minor,
            ["balance_transaction"] = Note(platform, "topup", id, currency, minor),
            ["created"] = platform.Now,
            ["currency"] = currency,
            ["livemode"] = false,
            ["metadata"] = new JsonObject(),
            ["status"] = "succeeded",
        });
    }

    private static StandinAnswer Get(StandinPlatform platform, StandinRequest request)
    {
        if (request.Account is { } account) platform.Accounts.Get(account);
        return StandinAnswer.Ok(new JsonObject
        {
            ["object"] = "balance",
            ["available"] = Sums(platform, request.Account, static minor => minor),
            ["livemode"] = false,
            ["pending"] = Sums(platform, request.Account, static _ => 0L),
        });
    }

    private static JsonArray Sums(StandinPlatform platform, string? account, Func<long, long> of) =>
        [.. platform.BalancesOf(account).Select(balance => new JsonObject { ["amount"] = of(balance.Minor), ["currency"] = balance.Currency })];

    private static StandinAnswer List(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("created", "currency", "ending_before", "limit", "payout", "source", "starting_after", "type");
        return StandinAnswer.Ok(platform.BalanceTransactions.Page(request, "/v1/balance_transactions", one =>
            (request["type"] is not { } type || (string?)one["type"] == type) && (request["currency"] is not { } currency || (string?)one["currency"] == currency)));
    }

    private static StandinAnswer TopUp(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("amount", "currency", "description", "metadata", "source", "statement_descriptor", "transfer_group");
        var currency = TransferCalls.Currency(request.Required("currency"));
        var amount = request.Positive("amount") ?? throw StandinProblem.Invalid("parameter_missing", "Missing required param: amount.", "amount");
        return StandinAnswer.Ok(TopUp(platform, currency, amount).DeepClone());
    }
}
