
namespace ReferralGrains.Payouts.Standin;

/// <summary>Subscriptions of customers, as far as they say whether a customer is active.</summary>
internal static class SubscriptionCalls
{
    public static void Map(FakeStripe.Router router)
    {
        router.Post("v1/subscriptions", Create);
        router.Get("v1/subscriptions", List);
        router.Get("v1/subscriptions/{id}", (platform, request) => StandinAnswer.Ok(platform.Subscriptions.Get(request.Segment("id")).DeepClone()));
        router.Delete("v1/subscriptions/{id}", Cancel);
    }

    private static StandinAnswer Create(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("customer", "items", "metadata", "trial_period_days");
        var customer = request.Required("customer");
        if (platform.Customers.Find(customer) is not { } known || known["deleted"] is not null) throw StandinProblem.Missing("customer", customer, "customer", status: 400);
        return StandinAnswer.Ok(platform.Subscriptions.Add(new()
        {
            ["id"] = platform.NextId("sub"),
            ["object"] = "subscription",
            ["created"] = platform.Now,
            ["customer"] = customer,
            ["livemode"] = false,
            ["metadata"] = request.Map("metadata"),
            ["status"] = request.Positive("trial_period_days") is null ? "active" : "trialing",
        }).DeepClone());
    }

    // Without a status those that were cancelled are left out.
    private static StandinAnswer List(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("customer", "ending_before", "limit", "starting_after", "status");
        var (customer, status) = (request["customer"], request["status"]);
        return StandinAnswer.Ok(platform.Subscriptions.Page(request, "/v1/subscriptions", one =>
            (customer is null || (string?)one["customer"] == customer)
            && (status is null ? (string?)one["status"] != "canceled" : status == "all" || (string?)one["status"] == status)));
    }

    private static StandinAnswer Cancel(StandinPlatform platform, StandinRequest request)
    {
        var subscription = platform.Subscriptions.Get(request.Segment("id"));
        subscription["status"] = "canceled";
        platform.Raise("customer.subscription.deleted", subscription);
        return StandinAnswer.Ok(subscription.DeepClone());
    }
}
