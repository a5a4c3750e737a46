using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>Customers and the credit that they have for their next invoice: an amount below zero is owed to them.</summary>
internal static class CustomerCalls
{
    public static void Map(FakeStripe.Router router)
    {
        router.Post("v1/customers", Create);
        router.Get("v1/customers", (platform, request) => StandinAnswer.Ok(platform.Customers.Page(request, "/v1/customers", static one => one["deleted"] is null)));
        router.Get("v1/customers/{id}", (platform, request) => StandinAnswer.Ok(platform.Customers.Get(request.Segment("id")).DeepClone()));
        router.Delete("v1/customers/{id}", Delete);
        router.Post("v1/customers/{customer}/balance_transactions", Credit);
        router.Get("v1/customers/{customer}/balance_transactions", ListCredits);
        router.Get("v1/customers/{customer}/balance_transactions/{id}", GetCredit);
    }

    public static JsonObject Make(StandinPlatform platform, string? email, string? name, string? description, JsonObject metadata, string? key)
    {
        var customer = platform.Customers.Add(new()
        {
            ["id"] = platform.NextId("cus"),
            ["object"] = "customer",
            ["balance"] = 0L,
            ["created"] = platform.Now,
            ["currency"] = null,
            ["delinquent"] = false,
            ["description"] = description,
            ["email"] = email,
            ["livemode"] = false,
            ["metadata"] = metadata,
            ["name"] = name,
        });
        platform.Raise("customer.created", customer, key: key);
        return customer;
    }

    public static void Delete(StandinPlatform platform, JsonObject customer)
    {
        customer["deleted"] = true;
        platform.Raise("customer.deleted", customer);
    }

    private static StandinAnswer Create(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("balance", "description", "email", "metadata", "name");
        return StandinAnswer.Ok(
            Make(platform, request["email"], request["name"], request["description"], request.Map("metadata"), request.IdempotencyKey).DeepClone());
    }

    private static StandinAnswer Delete(StandinPlatform platform, StandinRequest request)
    {
        var customer = Open(platform, request.Segment("id"));
        Delete(platform, customer);
        return StandinAnswer.Ok(new JsonObject { ["id"] = (string)customer["id"]!, ["object"] = "customer", ["deleted"] = true });
    }

    // A customer's balance is of one currency for good.
    private static StandinAnswer Credit(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("amount", "currency", "description", "metadata");
        var customer = Open(platform, request.Segment("customer"));
        var currency = TransferCalls.Currency(request.Required("currency"));
        var amount = request.Whole("amount") ?? throw StandinProblem.Invalid("parameter_missing", "Missing required param: amount.", "amount");
        if ((string?)customer["currency"] is { } kept && kept != currency)
            throw StandinProblem.Invalid(null, $"This customer has had a balance in {kept}: it must be in the same currency.", "currency");
        customer["currency"] = currency;
        customer["balance"] = (long)customer["balance"]! + amount;
        return StandinAnswer.Ok(platform.CustomerTransactions.Add(new()
        {
            ["id"] = platform.NextId("cbtxn"),
            ["object"] = "customer_balance_transaction",
            ["amount"] = amount,
            ["created"] = platform.Now,
            ["currency"] = currency,
            ["customer"] = (string)customer["id"]!,
            ["description"] = request["description"],
            ["ending_balance"] = (long)customer["balance"]!,
            ["livemode"] = false,
            ["metadata"] = request.Map("metadata"),
            ["type"] = "adjustment",
        }).DeepClone());
    }

    private static StandinAnswer ListCredits(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("ending_before", "limit", "starting_after");
        var customer = (string)Open(platform, request.Segment("customer"))["id"]!;
        return StandinAnswer.Ok(platform.CustomerTransactions.Page(
            request, $"/v1/customers/{customer}/balance_transactions", one => (string?)one["customer"] == customer));
    }

    private static StandinAnswer GetCredit(StandinPlatform platform, StandinRequest request)
    {
        var (customer, id) = ((string)Open(platform, request.Segment("customer"))["id"]!, request.Segment("id"));
        return StandinAnswer.Ok(platform.CustomerTransactions.Get(id) is { } one && (string)one["customer"]! == customer
            ? one.DeepClone()
            : throw StandinProblem.Missing("customer balance transaction", id));
    }

    // Whether a deleted one's balance can still be read is not documented; here it cannot, which leaves a caller more in doubt.

    private static JsonObject Open(StandinPlatform platform, string id) =>
        platform.Customers.Get(id) is { } customer && customer["deleted"] is null ? customer : throw StandinProblem.Missing("customer", id, "customer");
}
