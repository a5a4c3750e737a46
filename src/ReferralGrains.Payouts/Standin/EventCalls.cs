using System.Globalization;
using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>What happened, to be asked for and to be told of.</summary>
internal static class EventCalls
{
    public static void Map(FakeStripe.Router router)
    {
        router.Get("v1/events", List);
        router.Get("v1/events/{id}", (platform, request) => StandinAnswer.Ok(platform.Events.Get(request.Segment("id")).DeepClone()));
        router.Get("v2/core/events/{id}", (platform, request) => StandinAnswer.Ok(platform.ThinEvents.Get(request.Segment("id")).DeepClone()));
        router.Post("v1/webhook_endpoints", AddEndpoint);
    }

    /// <summary>An event that carries the object as it was then.</summary>
    public static JsonObject Make(StandinPlatform platform, string type, JsonObject about, string? account, bool isLive, string? key)
    {
        var one = new JsonObject
        {
            ["id"] = platform.NextId("evt"),
            ["object"] = "event",
            ["api_version"] = "2026-10-28.endive",
            ["created"] = platform.Now,
            ["data"] = new JsonObject { ["object"] = about.DeepClone() },
            ["livemode"] = isLive,
            ["pending_webhooks"] = 1,
            ["request"] = new JsonObject { ["id"] = null, ["idempotency_key"] = key },
            ["type"] = type,
        };
        if (account is not null) one["account"] = account;
        return platform.Events.Add(one);
    }

    /// <summary>An event that only names what changed.</summary>
    public static JsonObject MakeThin(StandinPlatform platform, string type, string id, string kind, string url) => platform.ThinEvents.Add(new()
    {
        ["id"] = platform.NextId("evt"),
        ["object"] = "v2.core.event",
        ["created"] = DateTimeOffset.FromUnixTimeSeconds(platform.Now).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["livemode"] = false,
        ["reason"] = null,
        ["related_object"] = new JsonObject { ["id"] = id, ["type"] = kind, ["url"] = url },
        ["type"] = type,
    });

    private static StandinAnswer List(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("created", "delivery_success", "ending_before", "limit", "starting_after", "type", "types");
        var types = request.Fields.Where(static field => field.Key == "type" || field.Key.StartsWith("types[", StringComparison.Ordinal)).Select(static field => field.Value).ToHashSet();
        return StandinAnswer.Ok(platform.Events.Page(request, "/v1/events", one => types.Count == 0 || types.Contains((string)one["type"]!)));
    }

    private static StandinAnswer AddEndpoint(StandinPlatform platform, StandinRequest request)
    {
        request.Allow("api_version", "connect", "description", "enabled_events", "metadata", "url");
        var url = request.Required("url");
        var target = platform.Webhooks.AddTarget(new Uri(url));
        return StandinAnswer.Ok(new JsonObject
        {
            ["id"] = platform.NextId("we"),
            ["object"] = "webhook_endpoint",
            ["created"] = platform.Now,
            ["enabled_events"] = new JsonArray("*"),
            ["livemode"] = false,
            ["metadata"] = new JsonObject(),
            ["secret"] = target.Secret,
            ["status"] = "enabled",
            ["url"] = url,
        });
    }
}
