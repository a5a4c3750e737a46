using System.Text.Json.Nodes;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>A GBP program with one rule, its referrers, and the referees that each has brought.</summary>
public sealed class Shop
{
    public const string SoldAt = "2026-01-15T12:00:00Z";

    private const string ApprovedAt = "2026-01-01T00:00:00Z";

    private readonly int refereesEach;
    private int ids;

    private Shop(string name, int referrers, int refereesEach)
    {
        (Program, this.refereesEach) = (name, refereesEach);
        Referrers = [.. Enumerable.Range(0, referrers).Select(i => $"{name}-r{i}")];
        Referees = [.. Enumerable.Range(0, referrers * refereesEach).Select(i => $"{name}-c{i}")];
    }

    public string Program { get; }

    public IReadOnlyList<string> Referrers { get; }

    public IReadOnlyList<string> Referees { get; }

    /// <summary>10 % of each sale without a cap, held for 30 days: what one action earns does not depend on any other.</summary>
    public static object TenPercent => Percent(new { });

    /// <summary>10 % of each sale within these limits.</summary>
    public static object Percent(object limits) => new
    {
        id = "percent",
        name = "10% of each sale",
        trigger = "recurring_action",
        reward = new { kind = "cash", type = "percent", basis_points = 1000 },
        limits,
        hold = new { mode = "days", days = 30 },
    };

    public static async Task<Shop> Open(Api api, string name, int referrers, int refereesEach, object? rule = null)
    {
        var shop = new Shop(name, referrers, refereesEach);
        await api.Ok("/v1/programs", new { id = name, name, currency = "GBP", time_zone = "Europe/London" });
        var body = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(rule ?? TenPercent))!;
        body["id"] = name + "-rule";
        await api.Ok($"/v1/programs/{name}/rules", body);
        foreach (var referrer in shop.Referrers) await api.Ok("/v1/referrers", new { id = referrer });
        foreach (var referee in shop.Referees)
        {
            await api.Ok(
                "/v1/referrals", new { program_id = name, referee_id = referee, referrer_id = shop.ReferrerOf(referee), approved_at = ApprovedAt, status = "approved" });
        }

        return shop;
    }

    public string ReferrerOf(string referee) => Referrers[int.Parse(referee[(Program.Length + 2)..], System.Globalization.CultureInfo.InvariantCulture) / refereesEach];

    public SentAction Sale(string referee, long minor, string? id = null) => new(id ?? NewId(), Program, referee, minor);

    public SentAction Refund(SentAction sale, long minor, string? id = null) => new(id ?? NewId(), Program, sale.Referee, minor, sale.Id);

    /// <summary>By another id of its referee.</summary>
    public SentAction Refund(SentAction sale, string referee, long minor) => new(NewId(), Program, referee, minor, sale.Id);

    /// <summary>Sales of random amounts by random referees; every tenth action is a refund of an earlier sale, which may exceed it.</summary>
    public List<SentAction> Trade(Random random, int count)
    {
        var actions = new List<SentAction>(count);
        var sales = new List<SentAction>();
        for (var i = 0; i < count; i++)
        {
            if (sales.Count > 0 && random.Next(10) == 0)
            {
                actions.Add(Refund(sales[random.Next(sales.Count)], random.Next(1, 8_000)));
                continue;
            }

            sales.Add(Sale(Referees[random.Next(Referees.Count)], random.Next(0, 10_000)));
            actions.Add(sales[^1]);
        }

        return actions;
    }

    /// <summary>What each referrer has now, as the server says.</summary>
    public async Task<Dictionary<string, Earned>> Balances(Api api)
    {
        var balances = new Dictionary<string, Earned>();
        foreach (var referrer in Referrers) balances[referrer] = Earned.Of(await api.Ok($"/v1/referrers/{referrer}/balance"));
        return balances;
    }

    private string NewId() => $"{Program}-a{Interlocked.Increment(ref ids)}";
}

/// <summary>A referrer's GBP, in pence.</summary>
public readonly record struct Earned(long EarnedMinor, long ClawedBackMinor)
{
    public long NetMinor => EarnedMinor - ClawedBackMinor;

    public static Earned Of(JsonNode balance)
    {
        if (balance["balances"]!.AsArray().FirstOrDefault(line => (string?)line!["asset"] == "GBP") is not { } gbp) return default;
        var earned = new Earned((long)gbp["earned_minor"]!, (long)gbp["clawed_back_minor"]!);
        Assert.Equal(earned.NetMinor, (long)gbp["net_minor"]!);
        Assert.Equal(
            earned.NetMinor, (long)gbp["pending_minor"]! + (long)gbp["payable_minor"]! + (long)gbp["in_transit_minor"]! + (long)gbp["paid_minor"]!);
        return earned;
    }
}
