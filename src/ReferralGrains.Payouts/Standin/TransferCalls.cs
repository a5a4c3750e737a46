using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>Transfers to connected accounts, and what takes them back.</summary>
internal static class TransferCalls
{
    public static void Map(FakeStripe.Router router)
    {
        router.Post("v1/transfers", Create);
        router.Get("v1/transfers", List);
        router.Get("v1/transfers/{id}", (platform, request) => StandinAnswer.Ok(
            Expanded(platform, request, "balance_transaction", platform.Transfers.Get(request.Segment("id")).DeepClone().AsObject())));
        router.Post("v1/transfers/{id}", Update);
        router.Post("v1/transfers/{id}/reversals", Reverse);
        router.Get("v1/transfers/{id}/reversals", ListReversals);
        router.Get("v1/transfers/{id}/reversals/{reversal}", GetReversal);
    }

    private static StandinAnswer Create(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("amount", "currency", "description", "destination", "metadata", "source_transaction", "source_type", "transfer_group");
        var currency = Currency(request.Required("currency"));
        var destination = request.Required("destination");
        var amount = request.Positive("amount") ?? throw StandinProblem.Invalid("parameter_missing", "Missing required param: amount.", "amount");
        if (MultipleOf(currency) is var multiple && amount % multiple != 0)
            throw StandinProblem.Invalid("invalid_charge_amount_no_decimal_compatible", $"Amounts in {currency} must be evenly divisible by {multiple}.", "amount");
        if (platform.Accounts.Find(destination) is not { } account || account["deleted"] is not null)
            throw StandinProblem.Missing("destination", destination, "destination", status: 400);
        if (!AccountCalls.CanReceive(account))
            throw StandinProblem.Invalid(
                "insufficient_capabilities_for_transfer", "Your destination account needs to have at least one of the following capabilities enabled: transfers", null);
        if (platform.Available(currency) < amount) throw StandinProblem.FundsShort();
        return StandinAnswer.Ok(Make(platform, request, currency, amount, destination).DeepClone());
    }

    private static JsonObject Make(StandinPlatform platform, StandinRequest request, string currency, long amount, string destination)
    {
        var id = platform.NextId("tr");
        platform.Move(null, currency, -amount);
        platform.Move(destination, currency, amount);
        var transfer = platform.Transfers.Add(new()
        {
            ["id"] = id,
            ["object"] = "transfer",
            ["amount"] = amount,
            ["amount_reversed"] = 0L,
            ["balance_transaction"] = BalanceCalls.Note(platform, "transfer", id, currency, -amount),
            ["created"] = platform.Now,
            ["currency"] = currency,
            ["description"] = request["description"],
            ["destination"] = destination,
            ["destination_payment"] = platform.NextId("py"),
            ["livemode"] = false,
            ["metadata"] = request.Map("metadata"),
            ["reversals"] = Shelf.List($"/v1/transfers/{id}/reversals", [], hasMore: false),
            ["reversed"] = false,
            ["source_transaction"] = request["source_transaction"],
            ["source_type"] = request["source_type"] ?? "card",
            ["transfer_group"] = request["transfer_group"],
        });
        platform.Raise("transfer.created", transfer, key: request.IdempotencyKey);
        return transfer;
    }

    private static StandinAnswer List(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("created", "destination", "ending_before", "limit", "starting_after", "transfer_group");
        var page = platform.Transfers.Page(
            request, "/v1/transfers", request["destination"] is { } destination ? transfer => (string?)transfer["destination"] == destination : null);
        foreach (var transfer in page["data"]!.AsArray()) Expanded(platform, request, "data.balance_transaction", transfer!.AsObject());
        return StandinAnswer.Ok(page);
    }

    private static JsonObject Expanded(StandinPlatform platform, StandinRequest request, string name, JsonObject transfer)
    {
        var isAsked = request.Fields.Any(field => field.Key.StartsWith("expand", StringComparison.Ordinal) && field.Value == name);
        if (isAsked && (string?)transfer["balance_transaction"] is { } id) transfer["balance_transaction"] = platform.BalanceTransactions.Get(id).DeepClone();
        return transfer;
    }

    private static StandinAnswer Update(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("description", "metadata");
        var transfer = platform.Transfers.Get(request.Segment("id"));
        if (request["description"] is { } description) transfer["description"] = description;
        transfer["metadata"] = request.Map("metadata", transfer["metadata"]!.AsObject());
        platform.Raise("transfer.updated", transfer, key: request.IdempotencyKey);
        return StandinAnswer.Ok(transfer.DeepClone());
    }

    // A reversal takes from the connected account, which may have been paid out by then.
    private static StandinAnswer Reverse(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("amount", "description", "metadata", "refund_application_fee");
        var transfer = platform.Transfers.Get(request.Segment("id"));
        var (id, currency, destination) = ((string)transfer["id"]!, (string)transfer["currency"]!, (string)transfer["destination"]!);
        var left = (long)transfer["amount"]! - (long)transfer["amount_reversed"]!;
        var amount = request.Positive("amount") ?? left;
        if (left == 0) throw StandinProblem.Invalid(null, $"Transfer {id} has already been fully reversed.", null);
        if (amount > left) throw StandinProblem.Invalid("transfer_reversal_amount_too_large", $"Reversal amount ({amount}) is greater than the unreversed amount ({left}).", "amount");
        if (platform.Available(currency, destination) < amount) throw StandinProblem.FundsShort();

        platform.Move(destination, currency, -amount);
        platform.Move(null, currency, amount);
        var reversal = new JsonObject
        {
            ["id"] = platform.NextId("trr"),
            ["object"] = "transfer_reversal",
            ["amount"] = amount,
            ["balance_transaction"] = BalanceCalls.Note(platform, "transfer_refund", id, currency, amount),
            ["created"] = platform.Now,
            ["currency"] = currency,
            ["destination_payment_refund"] = platform.NextId("pyr"),
            ["metadata"] = request.Map("metadata"),
            ["source_refund"] = null,
            ["transfer"] = id,
        };
        transfer["amount_reversed"] = (long)transfer["amount_reversed"]! + amount;
        transfer["reversed"] = (long)transfer["amount_reversed"]! == (long)transfer["amount"]!;
        Reversals(transfer).Insert(0, reversal);
        platform.Raise("transfer.reversed", transfer, key: request.IdempotencyKey);
        return StandinAnswer.Ok(reversal.DeepClone());
    }

    private static StandinAnswer ListReversals(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("ending_before", "limit", "starting_after");
        var transfer = platform.Transfers.Get(request.Segment("id"));
        var shelf = new Shelf("transfer reversal");
        foreach (var reversal in Reversals(transfer).Reverse()) shelf.Add(reversal!.DeepClone().AsObject());
        return StandinAnswer.Ok(shelf.Page(request, $"/v1/transfers/{(string)transfer["id"]!}/reversals"));
    }

    private static StandinAnswer GetReversal(StandinPlatform platform, StandinRequest request)
    {
        var id = request.Segment("reversal");
        var reversal = Reversals(platform.Transfers.Get(request.Segment("id"))).FirstOrDefault(one => (string)one!["id"]! == id);
        return StandinAnswer.Ok((reversal ?? throw StandinProblem.Missing("transfer reversal", id)).DeepClone());
    }

    private static JsonArray Reversals(JsonObject transfer) => transfer["reversals"]!["data"]!.AsArray();

    // Stripe counts them in hundredths and moves only whole ones; three decimals must end in 0.
    private static int MultipleOf(string currency) => currency switch
    {
        "isk" or "huf" or "twd" => 100,
        "bhd" or "jod" or "kwd" or "omr" or "tnd" => 10,
        _ => 1,
    };

    internal static string Currency(string text)
    {
        var currency = text.ToLowerInvariant();
        return currency.Length == 3 && Domain.Money.Currency.IsKnown(currency.ToUpperInvariant())
            ? currency
            : throw StandinProblem.Invalid(null, $"Invalid currency: {text}.", "currency");
    }
}
