using ReferralGrains.Client;

namespace ReferralGrains.Server.Demo;

/// <summary>Who and what the demo is about: five programs that differ in what they pay for, and the people who refer.</summary>
internal static class DemoCast
{
    /// <summary>Whose portal is shown.</summary>
    public const string First = "ref_005";

    /// <summary>Has given an account that refuses to receive, when it is too late to leave it out of a batch.</summary>
    public const string Refused = "ref_013";

    /// <summary>Was paid, and then money went back.</summary>
    public const string Indebted = "ref_011";

    /// <summary>Refers a customer with an e-mail address of their own.</summary>
    public const string OwnCustomer = "ref_015";

    /// <summary>Has got an account, and then gives that of <see cref="Shared"/> as their own.</summary>
    public const string Sharing = "ref_027";

    public const string Shared = "ref_026";

    /// <summary>Has asked for a link to the payment service, and not followed it.</summary>
    public const string Halfway = "ref_018";

    public const string Homeless = "ref_025";

    /// <summary>Earns too little to be paid yet.</summary>
    public const string Newcomer = "ref_100";

    private static readonly HashSet<string> withoutCash = ["ref_028", "ref_029"];

    private static readonly string[] names =
    [
        "Ada Marsh", "Ben Okafor", "Chloe Whitfield", "Dev Patel", "Elin Hughes", "Farid Rahman", "Grace Mbeki", "Hugo Lindqvist", "Iris Novak",
        "Jack Sutherland", "Kamila Nowak", "Leo Fairbanks", "Maya Castellan", "Noah Pemberton", "Orla Gallagher", "Priya Nair", "Quentin Moreau",
        "Rosa Delgado", "Sam Whitlock", "Tess Holloway", "Umar Siddiqui", "Vera Kowalska", "Will Ashdown", "Xenia Petrova", "Yusuf Demir",
        "Zoe Hargreaves", "Arthur Blythe",
    ];

    public static IEnumerable<NewReferrer> Referrers => names.Select(static (name, at) => Referrer($"ref_{at + 3:D3}", name)).Append(Referrer(Newcomer, "Bea Lockhart"));

    /// <summary>Who opens an account with the payment service.</summary>
    public static IEnumerable<string> WithAccount => Referrers.Select(static one => one.Id!).Where(static id => !withoutCash.Contains(id) && id is not (Homeless or Newcomer));

    public static IEnumerable<(NewProgram Program, RuleBody Rule)> Programs =>
    [
        (new() { Id = "classic", Name = "Refer a friend", Currency = "GBP", TimeZone = "Europe/London", ShareUrl = "https://shop.example/join?code={code}" },
            new()
            {
                Id = "ten-percent", Name = "10% of every sale, at most £100", Trigger = RuleBodyTrigger.RecurringAction,
                Reward = new() { Kind = RewardBodyKind.Cash, Type = RewardBodyType.Percent, BasisPoints = 1_000 },
                Limits = new() { MaxAmountMinor = 10_000, DaysAfterApproved = 365 }, Hold = new() { Mode = HoldBodyMode.Days, Days = 30 },
            }),
        (new() { Id = "ladder", Name = "Partners", Currency = "GBP", TimeZone = "Europe/London", ShareUrl = "https://shop.example/partners?code={code}" },
            new()
            {
                Id = "by-volume", Name = "2, 3 or 4% by what all of a partner's customers have spent", Trigger = RuleBodyTrigger.RecurringAction,
                Reward = new() { Kind = RewardBodyKind.Cash, Type = RewardBodyType.Percent },
                Tiers =
                [
                    new() { By = TierBodyBy.Value, MinMinor = 0, MaxMinor = 1_000_000, BasisPoints = 200 },
                    new() { By = TierBodyBy.Value, MinMinor = 1_000_001, MaxMinor = 3_000_000, BasisPoints = 300 },
                    new() { By = TierBodyBy.Value, MinMinor = 3_000_001, BasisPoints = 400 },
                ],
                Hold = new() { Mode = HoldBodyMode.Days, Days = 14 },
            }),
        (new() { Id = "press", Name = "Bloggers and press", Currency = "GBP", TimeZone = "Europe/London" },
            new()
            {
                Id = "first-sale", Name = "£5 for a first sale, looked at by hand, £40 a month in all", Trigger = RuleBodyTrigger.FirstAction,
                Reward = new() { Kind = RewardBodyKind.Cash, Type = RewardBodyType.Fixed, AmountMinor = 500 },
                Hold = new() { Mode = HoldBodyMode.Manual, Days = 90 }, Budget = new() { Per = BudgetBodyPer.Program, AmountMinor = 4_000 },
            }),
        (new() { Id = "thanks", Name = "Three thank-yous", Currency = "GBP", TimeZone = "Europe/London" },
            new()
            {
                Id = "monthly-ten", Name = "£10 a month, three times", Trigger = RuleBodyTrigger.Interval, EveryMonths = 1, Times = 3,
                Reward = new() { Kind = RewardBodyKind.Cash, Type = RewardBodyType.Fixed, AmountMinor = 1_000 }, Hold = new() { Mode = HoldBodyMode.None },
            }),
        (new()
            {
                Id = "members", Name = "Members bring members", Currency = "GBP", TimeZone = "Europe/London",
                NewCustomerDiscount = new() { Type = DiscountBodyType.Percent, Value = 1_000 },
                PaymentDiscount = new() { Type = PaymentDiscountBodyType.Fixed, Value = 1_500, Every = PaymentDiscountBodyEvery.Next },
            },
            new()
            {
                Id = "points", Name = "A point for each pound", Trigger = RuleBodyTrigger.RecurringAction,
                Reward = new() { Kind = RewardBodyKind.Points, Type = RewardBodyType.PerAmount, Points = 1, PerMinor = 100 }, Hold = new() { Mode = HoldBodyMode.None },
            }),
    ];

    public static string EmailOf(string referrer) => $"{referrer}@mail.example";

    private static NewReferrer Referrer(string id, string name) => new() { Id = id, Name = name, Email = EmailOf(id), CashOptIn = !withoutCash.Contains(id) };
}
