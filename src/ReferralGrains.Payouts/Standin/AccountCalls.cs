using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>Connected accounts as v1 shows them, and the links by which their owners are taken on. Accounts that v2 made are the same ones.</summary>
internal static class AccountCalls
{
    public static void Map(FakeStripe.Router router)
    {
        router.Post("v1/accounts", Create);
        router.Get("v1/accounts", (platform, request) => StandinAnswer.Ok(platform.Accounts.Page(request, "/v1/accounts", static one => one["deleted"] is null)));
        router.Get("v1/accounts/{id}", (platform, request) => StandinAnswer.Ok(Open(platform, request.Segment("id")).DeepClone()));
        router.Post("v1/accounts/{id}", Update);
        router.Delete("v1/accounts/{id}", Delete);
        router.Post("v1/account_links", CreateLink);
    }

    public static bool CanReceive(JsonObject account) => (string?)account["capabilities"]!["transfers"] == "active";

    /// <summary>An account whose owner has been taken on.</summary>
    public static string Ready(StandinPlatform platform, string country, string currency)
    {
        var account = Make(platform, country, null, [], asksForTransfers: true);
        account["default_currency"] = currency;
        SetTransfers(platform, account, "active");
        return (string)account["id"]!;
    }

    public static JsonObject Make(StandinPlatform platform, string country, string? email, JsonObject metadata, bool asksForTransfers)
    {
        var account = platform.Accounts.Add(new()
        {
            ["id"] = platform.NextId("acct"),
            ["object"] = "account",
            ["business_type"] = null,
            ["capabilities"] = asksForTransfers ? new JsonObject { ["transfers"] = "inactive" } : [],
            ["charges_enabled"] = false,
            ["country"] = country,
            ["created"] = platform.Now,
            ["default_currency"] = "usd",
            ["details_submitted"] = false,
            ["email"] = email,
            ["metadata"] = metadata,
            ["payouts_enabled"] = false,
            ["requirements"] = Requirements(["external_account", "tos_acceptance.date"]),
            ["type"] = "express",
        });
        return account;
    }

    /// <summary>Tells of the change by an event of each kind, if there is one.</summary>
    public static void SetTransfers(StandinPlatform platform, JsonObject account, string status)
    {
        if ((string?)account["capabilities"]!["transfers"] == status && (bool)account["payouts_enabled"]! == (status == "active")) return;
        account["capabilities"]!["transfers"] = status;
        account["payouts_enabled"] = status == "active";
        account["details_submitted"] = (bool)account["details_submitted"]! || status == "active";
        account["requirements"] = Requirements(status == "active" ? [] : ["individual.verification.document"]);
        var id = (string)account["id"]!;
        platform.Raise("account.updated", account, id);
        platform.Webhooks.Add(EventCalls.MakeThin(
            platform, "v2.core.account[configuration.recipient].capability_status_updated", id, "v2.core.account", $"/v2/core/accounts/{id}"));
    }

    public static void Deauthorize(StandinPlatform platform, JsonObject account)
    {
        account["deleted"] = true;
        platform.Raise(
            "account.application.deauthorized", new() { ["id"] = "ca_standin", ["object"] = "application", ["name"] = "ReferralGrains" }, (string)account["id"]!);
    }

    public static JsonObject Open(StandinPlatform platform, string id) =>
        platform.Accounts.Find(id) is { } account && account["deleted"] is null
            ? account
            : throw new StandinProblem(403, "invalid_request_error", "account_invalid", $"The provided key does not have access to account '{id}' (or that account does not exist).");

    private static StandinAnswer Create(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("business_profile", "business_type", "capabilities", "controller", "country", "default_currency", "email", "metadata", "settings", "tos_acceptance", "type");
        var account = Make(platform, request["country"] ?? "US", request["email"], request.Map("metadata"), request["capabilities[transfers][requested]"] == "true");
        return StandinAnswer.Ok(account.DeepClone());
    }

    private static StandinAnswer Update(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("business_profile", "capabilities", "email", "metadata", "settings");
        var account = Open(platform, request.Segment("id"));
        if (request["email"] is { } email) account["email"] = email;
        account["metadata"] = request.Map("metadata", account["metadata"]!.AsObject());
        if (request["capabilities[transfers][requested]"] == "true" && account["capabilities"]!["transfers"] is null) account["capabilities"]!["transfers"] = "inactive";
        platform.Raise("account.updated", account, (string)account["id"]!, key: request.IdempotencyKey);
        return StandinAnswer.Ok(account.DeepClone());
    }

    private static StandinAnswer Delete(StandinPlatform platform, StandinRequest request)
    {
        var account = Open(platform, request.Segment("id"));
        account["deleted"] = true;
        return StandinAnswer.Ok(new JsonObject { ["id"] = (string)account["id"]!, ["object"] = "account", ["deleted"] = true });
    }

    private static StandinAnswer CreateLink(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("account", "collection_options", "refresh_url", "return_url", "type");
        var account = Open(platform, request.Required("account"));
        if (request.Required("type") is not ("account_onboarding" or "account_update")) throw StandinProblem.Invalid(null, "Invalid type.", "type");
        return StandinAnswer.Ok(new JsonObject
        {
            ["object"] = "account_link",
            ["created"] = platform.Now,
            ["expires_at"] = platform.Now + (long)Onboarding.LinkLife.TotalSeconds,
            ["url"] = platform.LinkOf(request.Root, (string)account["id"]!, request.Required("return_url")),
        });
    }

    private static JsonObject Requirements(ReadOnlySpan<string> due) => new()
    {
        ["currently_due"] = new JsonArray([.. due.ToArray().Select(static one => (JsonNode)one)]),
        ["disabled_reason"] = due.IsEmpty ? null : "requirements.past_due",
        ["eventually_due"] = new JsonArray(),
        ["past_due"] = new JsonArray(),
        ["pending_verification"] = new JsonArray(),
    };
}
