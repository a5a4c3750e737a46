using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.WhatIf;

/// <summary>
/// A rule that nobody has published, as if its program had always had it: in the place of its namesake beside the program's other rules,
/// or alone. Sales that occurred in a period are decided again as a fresh import would decide them now.
/// </summary>
/// <param name="Program">What the program would be. Nothing is held in it: how long a reward waits changes no total.</param>
/// <param name="Asset">What is counted: assets are never netted (D2).</param>
/// <param name="Now">All is decided at this time, as an import would.</param>
public sealed record Draft(ProgramTerms Program, Asset Asset, DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset Now)
{
    public static Draft Of(ProgramTerms program, CallerId id, RewardRule terms, RuleState state, DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now)
    {
        var number = program.Rule(id)?.Number ?? 1;
        var draft = new Rule(number, id, state, [new(1, 1, terms)]);
        ImmutableArray<Rule> rules = program.Rule(id) is null
            ? [draft]
            : [.. program.Rules.Select(rule => rule.Number == number ? draft : rule with { Versions = [new(1, 1, rule.Latest.Terms)] })];
        return new(
            program with { Revision = 1, Disabled = false, NewCustomer = null, Payment = null, Rules = [.. rules.Select(Unheld)] }, terms.Reward.Asset, from, to, now)
        {
            IsAlone = program.Rule(id) is null,
            AsksForCustomers = rules.Any(static rule => rule.Latest.Terms.Hold.ChecksCustomer),
        };
    }

    /// <summary>It replaces none of the program's rules.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Whether a referrer's tags or grants decide anything.</summary>
    public bool LooksAtReferrers => Program.Rules.Any(static rule => rule.Latest.Terms is { GrantedOnly: true } or { Conditions.ReferrerTags: not TagCondition.All } or { Conditions.ReferrerNamed: not null });

    /// <summary>Whether holds end with a look at the referee's customer: nobody knows what it would have found, so all of them are earned (H15).</summary>
    public bool AsksForCustomers { get; private init; }

    public bool Holds(DateTimeOffset occurredAt) => (From is null || occurredAt >= From) && (To is null || occurredAt < To);

    private static Rule Unheld(Rule rule) => rule with { Versions = [rule.Latest with { Terms = rule.Latest.Terms with { Hold = Hold.None } }] };
}

/// <summary>What came, or would have come, of a history: earned, and taken back of it.</summary>
public readonly record struct Earnings(long EarnedMinor, long ClawedBackMinor)
{
    public long NetMinor => EarnedMinor - ClawedBackMinor;

    public static Earnings operator +(Earnings one, Earnings other) =>
        new(checked(one.EarnedMinor + other.EarnedMinor), checked(one.ClawedBackMinor + other.ClawedBackMinor));
}
