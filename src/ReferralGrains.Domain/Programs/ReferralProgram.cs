using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Programs;

/// <summary>The state of a program grain: nothing until the program is created.</summary>
/// <param name="Seq">The last row; the terms have a revision of their own, for what is used of budgets changes no terms.</param>
/// <param name="Spent">Of the budgets that all referrers share (X5).</param>
public sealed record ReferralProgram(int Seq, DateTimeOffset LastAt, ProgramTerms? Terms, ImmutableArray<BudgetUse>? Spent = null)
{
    public const int FoldVersion = 1;

    public static readonly ReferralProgram None = new(0, DateTimeOffset.MinValue, null);

    public static ReferralProgram Evolve(ReferralProgram state, DateTimeOffset at, StreamId stream, ProgramEvent e)
    {
        var revision = (state.Terms?.Revision ?? 0) + 1;
        var terms = e switch
        {
            ProgramCreated created => new ProgramTerms(
                stream, created.Id, created.Name, created.Currency, created.TimeZone, revision, [], NewCustomer: created.NewCustomer, Payment: created.Payment,
                ShareUrl: created.ShareUrl),
            ProgramChanged changed => state.Terms! with
            {
                Revision = revision,
                Name = changed.Name,
                Disabled = changed.Disabled,
                NewCustomer = changed.NewCustomer,
                Payment = changed.Payment,
                ShareUrl = changed.ShareUrl,
            },
            RulePublished published => state.Terms! with { Revision = revision, Rules = With(state.Terms.Rules, published, revision) },
            RuleSwitched switched => state.Terms! with
            {
                Revision = revision,
                Rules = state.Terms.Rules.SetItem(switched.Rule - 1, Switched(state.Terms.Rule(switched.Rule), switched.Enabled)),
            },
            BudgetMoved => state.Terms,
            _ => throw new UnreachableException(),
        };
        return new(state.Seq + 1, at, terms, e is BudgetMoved moved ? moved.Uses.Aggregate(state.Spent, static (spent, use) => spent.With(use)) : state.Spent);
    }

    private static ImmutableArray<Rule> With(ImmutableArray<Rule> rules, RulePublished published, int revision)
    {
        var version = new RuleVersion(published.Version, revision, published.Terms);
        return published.Version == 1
            ? rules.Add(new(published.Rule, published.Id, published.State, [version]))
            : rules.SetItem(
                published.Rule - 1,
                rules[published.Rule - 1] with { State = published.State, Versions = rules[published.Rule - 1].Versions.Add(version) });
    }

    private static Rule Switched(Rule rule, bool enabled) => rule with { State = rule.State with { Enabled = enabled } };
}

/// <summary>What happened to a program: the rows of its grain's stream.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(ProgramCreated), "created")]
[JsonDerivedType(typeof(ProgramChanged), "changed")]
[JsonDerivedType(typeof(RulePublished), "published")]
[JsonDerivedType(typeof(RuleSwitched), "switched")]
[JsonDerivedType(typeof(BudgetMoved), "budget_moved")]
public abstract record ProgramEvent
{
    private protected ProgramEvent()
    {
    }
}

/// <summary>A program was started. Its currency and its time zone are for good.</summary>
public sealed record ProgramCreated(
    CallerId Id, string Name, string Currency, string TimeZone, Discount? NewCustomer = null, PaymentDiscount? Payment = null, string? ShareUrl = null) : ProgramEvent;

/// <summary>Settings of a program changed (S1, G2). Holds all of them as they are then, not only what changed.</summary>
public sealed record ProgramChanged(string Name, bool Disabled, Discount? NewCustomer, PaymentDiscount? Payment, string By, string? ShareUrl = null) : ProgramEvent;

/// <summary>A new rule, or a new version of one (S7).</summary>
/// <param name="Rule">The rule's number in the program.</param>
public sealed record RulePublished(int Rule, CallerId Id, int Version, RewardRule Terms, RuleState State) : ProgramEvent;

/// <summary>A rule was disabled or enabled (R8).</summary>
public sealed record RuleSwitched(int Rule, bool Enabled, string By) : ProgramEvent;

/// <summary>
/// One turn used shared budgets, or looked at them: committed in one append with its decisions, which hold only if this is the last row (X5).
/// </summary>
/// <param name="Uses">What is used by now, for the months for which that has changed.</param>
public sealed record BudgetMoved([property: JsonPropertyName("b")] ImmutableArray<BudgetUse> Uses) : ProgramEvent;
