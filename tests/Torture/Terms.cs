using System.Text.Json.Nodes;

namespace Torture;

/// <summary>A kind of program, by what makes it hard to keep exact.</summary>
internal enum Kind
{
    /// <summary>10 % at once, with refunds and disputes; nothing depends on any other action.</summary>
    Plain,

    /// <summary>15 % held for 30 days, the same otherwise.</summary>
    Held,

    /// <summary>20 % until 40 rewards or £200 net.</summary>
    Capped,

    /// <summary>A rate by what the referrer's referees have spent.</summary>
    Tiered,

    /// <summary>10 % until the program's budget of the month is spent.</summary>
    Budget,

    /// <summary>10 % until the referrer's own budget of the month is spent, with refunds that give room in it.</summary>
    Own,

    /// <summary>10 %, paid together from £50 on.</summary>
    Group,

    /// <summary>£25 for the first sale above zero; a referee has 10 % off the first invoice.</summary>
    First,

    /// <summary>£10 in each of three months that have passed.</summary>
    Schedule,
}

/// <summary>The programs' numbers, as they are published and as the oracle reckons with them.</summary>
internal static class Terms
{
    public const int PlainBasisPoints = 1_000;
    public const int HeldBasisPoints = 1_500;
    public const int CappedBasisPoints = 2_000;
    public const int MostRewards = 40;
    public const long MostNet = 20_000;
    public const int BudgetBasisPoints = 1_000;
    public const int GroupBasisPoints = 1_000;
    public const long GroupGoal = 5_000;
    public const long FirstMinor = 2_500;
    public const int DiscountBasisPoints = 1_000;
    public const long ScheduleMinor = 1_000;
    public const int ScheduleTimes = 3;

    /// <summary>Up to what a referrer's referees have spent in all, and the rate there.</summary>
    public static IReadOnlyList<(long UpTo, int BasisPoints)> Tiers { get; } = [(100_000, 500), (300_000, 700), (1_000_000_000_000, 1_000)];

    public static IReadOnlyList<Kind> Kinds { get; } = Enum.GetValues<Kind>();

    /// <summary>Whether a sale's reward is the same whatever other sales there are, in whatever order.</summary>
    public static bool IsOrderless(Kind kind) => kind is Kind.Plain or Kind.Held;

    public static string Program(Kind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The rule's body.</summary>
    /// <param name="kind">Of the program.</param>
    /// <param name="budgetMinor">Where it has one.</param>
    public static JsonObject Rule(Kind kind, long budgetMinor)
    {
        var rule = new JsonObject { ["id"] = $"{Program(kind)}-rule", ["name"] = Program(kind), ["trigger"] = "recurring_action", ["hold"] = new JsonObject { ["mode"] = "none" } };
        switch (kind)
        {
            case Kind.Plain:
                rule["reward"] = Percent(PlainBasisPoints);
                break;
            case Kind.Held:
                rule["reward"] = Percent(HeldBasisPoints);
                rule["hold"] = new JsonObject { ["mode"] = "days", ["days"] = 30 };
                break;
            case Kind.Capped:
                rule["reward"] = Percent(CappedBasisPoints);
                rule["limits"] = new JsonObject { ["max_count"] = MostRewards, ["max_amount_minor"] = MostNet, ["cap_mode"] = "clamp" };
                break;
            case Kind.Tiered:
                rule["reward"] = new JsonObject { ["kind"] = "cash", ["type"] = "percent" };
                rule["tiers"] = new JsonArray([.. Tiers.Select((tier, i) => new JsonObject
                {
                    ["by"] = "value",
                    ["min_minor"] = i == 0 ? 0 : Tiers[i - 1].UpTo + 1,
                    ["max_minor"] = tier.UpTo,
                    ["basis_points"] = tier.BasisPoints,
                })]);
                rule["acknowledge_warnings"] = true;
                break;
            case Kind.Budget:
                rule["reward"] = Percent(BudgetBasisPoints);
                rule["budget"] = new JsonObject { ["per"] = "program", ["every"] = "month", ["amount_minor"] = budgetMinor };
                break;
            case Kind.Own:
                rule["reward"] = Percent(BudgetBasisPoints);
                rule["budget"] = new JsonObject { ["per"] = "referrer", ["every"] = "month", ["amount_minor"] = budgetMinor };
                break;
            case Kind.Group:
                rule["reward"] = Percent(GroupBasisPoints);
                rule["hold"] = new JsonObject { ["mode"] = "group", ["amount_minor"] = GroupGoal };
                break;
            case Kind.First:
                rule["trigger"] = "first_action";
                rule["reward"] = new JsonObject { ["kind"] = "cash", ["type"] = "fixed", ["amount_minor"] = FirstMinor };
                break;
            default:
                rule["trigger"] = "interval";
                rule["every_months"] = 1;
                rule["times"] = ScheduleTimes;
                rule["reward"] = new JsonObject { ["kind"] = "cash", ["type"] = "fixed", ["amount_minor"] = ScheduleMinor };
                break;
        }

        return rule;
    }

    private static JsonObject Percent(int basisPoints) => new() { ["kind"] = "cash", ["type"] = "percent", ["basis_points"] = basisPoints };
}
