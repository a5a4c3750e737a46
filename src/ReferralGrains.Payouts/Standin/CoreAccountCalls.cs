using System.Globalization;
using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>Connected accounts as v2 makes and shows them: one account that may have the configuration of a recipient.</summary>
internal static class CoreAccountCalls
{
    public static void Map(FakeStripe.Router router)
    {
        router.Post("v2/core/accounts", Create);
        router.Get("v2/core/accounts", List);
        router.Get("v2/core/accounts/{id}", (platform, request) => StandinAnswer.Ok(Shown(platform, Find(platform, request), Included(request))));
        router.Post("v2/core/accounts/{id}", Update);
        router.Post("v2/core/accounts/{id}/close", Close);
        router.Post("v2/core/account_links", CreateLink);
    }

    private static StandinAnswer Create(StandinPlatform platform, StandinRequest request)
    {
        var body = Body(request);
        var account = AccountCalls.Make(
            platform,
            ((string?)body["identity"]?["country"] ?? "us").ToUpperInvariant(),
            (string?)body["contact_email"],
            body["metadata"]?.DeepClone().AsObject() ?? [],
            AsksForTransfers(body));
        account["display_name"] = (string?)body["display_name"];
        account["recipient"] = body["configuration"]?["recipient"] is not null;
        return StandinAnswer.Ok(Shown(platform, account, Included(request)));
    }

    private static StandinAnswer Update(StandinPlatform platform, StandinRequest request)
    {
        var (account, body) = (Find(platform, request), Body(request));
        if ((string?)body["contact_email"] is { } email) account["email"] = email;
        if ((string?)body["display_name"] is { } name) account["display_name"] = name;
        foreach (var (key, value) in body["metadata"]?.AsObject() ?? []) account["metadata"]![key] = value?.DeepClone();
        if (body["configuration"]?["recipient"] is not null) account["recipient"] = true;
        if (AsksForTransfers(body) && account["capabilities"]!["transfers"] is null) account["capabilities"]!["transfers"] = "inactive";
        return StandinAnswer.Ok(Shown(platform, account, Included(request)));
    }

    private static StandinAnswer Close(StandinPlatform platform, StandinRequest request)
    {
        var account = Find(platform, request);
        account["deleted"] = true;
        return StandinAnswer.Ok(Shown(platform, account, Included(request)));
    }

    private static StandinAnswer List(StandinPlatform platform, StandinRequest request)
    {
        var included = Included(request);
        var open = platform.Accounts.All.Where(static account => account["deleted"] is null).Reverse();
        return StandinAnswer.Ok(new JsonObject
        {
            ["data"] = new JsonArray([.. open.Select(account => Shown(platform, account, included))]),
            ["next_page_url"] = null,
            ["previous_page_url"] = null,
        });
    }

    private static StandinAnswer CreateLink(StandinPlatform platform, StandinRequest request)
    {
        var body = Body(request);
        var id = (string?)body["account"] ?? throw StandinProblem.Invalid("parameter_missing", "Missing required param: account.", "account");
        if (platform.Accounts.Find(id) is not { } account) throw StandinProblem.Missing("account", id);
        var useCase = body["use_case"]?.AsObject() ?? throw StandinProblem.Invalid("parameter_missing", "Missing required param: use_case.", "use_case");
        var back = (string?)useCase[(string)useCase["type"]!]?["return_url"] ?? throw StandinProblem.Invalid("parameter_missing", "Missing required param: return_url.", "return_url");
        return StandinAnswer.Ok(new JsonObject
        {
            ["object"] = "v2.core.account_link",
            ["account"] = (string)account["id"]!,
            ["created"] = Instant(platform.Now),
            ["expires_at"] = Instant(platform.Now + (long)Onboarding.LinkLife.TotalSeconds),
            ["livemode"] = false,
            ["url"] = platform.LinkOf(request.Root, (string)account["id"]!, back),
            ["use_case"] = useCase.DeepClone(),
        });
    }

    // What is not asked for by name is null.
    private static JsonObject Shown(StandinPlatform platform, JsonObject account, HashSet<string> included)
    {
        var isRecipient = account["recipient"]?.GetValue<bool>() == true;
        return new()
        {
            ["id"] = (string)account["id"]!,
            ["object"] = "v2.core.account",
            ["applied_configurations"] = isRecipient ? new JsonArray("recipient") : new JsonArray(),
            ["closed"] = account["deleted"] is not null,
            ["configuration"] = included.Contains("configuration.recipient") && isRecipient ? new JsonObject { ["recipient"] = Recipient(account) } : null,
            ["contact_email"] = (string?)account["email"],
            ["created"] = Instant((long)account["created"]!),
            ["dashboard"] = "express",
            ["display_name"] = (string?)account["display_name"],
            ["identity"] = included.Contains("identity") ? new JsonObject { ["country"] = ((string)account["country"]!).ToLowerInvariant() } : null,
            ["livemode"] = false,
            ["metadata"] = account["metadata"]!.DeepClone(),
        };
    }

    private static JsonObject Recipient(JsonObject account)
    {
        var transfers = (string?)account["capabilities"]!["transfers"];
        return new()
        {
            ["applied"] = true,
            ["capabilities"] = new JsonObject
            {
                ["stripe_balance"] = new JsonObject
                {
                    ["payouts"] = Capability((bool)account["payouts_enabled"]! ? "active" : "restricted"),
                    ["stripe_transfers"] = transfers is null ? null : Capability(transfers == "inactive" ? "restricted" : transfers),
                },
            },
        };
    }

    private static JsonObject Capability(string status) => new()
    {
        ["status"] = status,
        ["status_details"] = status == "active"
            ? new JsonArray()
            : new JsonArray(new JsonObject { ["code"] = "requirements_past_due", ["resolution"] = "provide_info" }),
    };

    private static bool AsksForTransfers(JsonObject body) =>
        (bool?)body["configuration"]?["recipient"]?["capabilities"]?["stripe_balance"]?["stripe_transfers"]?["requested"] == true;

    private static JsonObject Find(StandinPlatform platform, StandinRequest request) => platform.Accounts.Get(request.Segment("id"));

    private static JsonObject Body(StandinRequest request) => request.Json ?? throw StandinProblem.Invalid("invalid_json", "The body is not JSON.", null);

    private static HashSet<string> Included(StandinRequest request) =>
    [
        .. request.Json?["include"]?.AsArray().Select(static one => (string)one!) ?? [],
        .. request.Fields.Where(static field => field.Key.StartsWith("include", StringComparison.Ordinal)).Select(static field => field.Value),
    ];

    private static string Instant(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
