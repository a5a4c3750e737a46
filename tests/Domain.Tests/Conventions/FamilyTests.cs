using System.Reflection;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Domain.Tests.World;

namespace ReferralGrains.Domain.Tests.Conventions;

/// <summary>The compiler does not check that a family of events is handled as a whole, so a test walks it.</summary>
public class FamilyTests
{
    public static TheoryData<Type> Families => [typeof(ReferralEvent), typeof(ProgramEvent), typeof(ReferrerEvent), typeof(PayoutItemEvent), typeof(PayoutBatchEvent)];

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_event_has_a_name_in_the_journal_and_no_two_the_same(Type family)
    {
        var derived = family.GetCustomAttributes<JsonDerivedTypeAttribute>().ToList();

        Assert.Equal(Cases(family).Order(ByName), derived.Select(attribute => attribute.DerivedType).Order(ByName));
        Assert.Equal(derived.Count, derived.Select(attribute => attribute.TypeDiscriminator).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_family_is_closed(Type family)
    {
        Assert.All(Cases(family), type => Assert.True(type.IsSealed, type.Name));
        Assert.All(
            family.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic),
            constructor => Assert.True(constructor.IsFamilyAndAssembly || constructor.IsPrivate || IsCopy(constructor)));
    }

    [Fact]
    public void Every_event_of_a_referral_folds_and_takes_its_rows()
    {
        Assert.Equal(Cases(typeof(ReferralEvent)).Order(ByName), Samples.Events.Select(e => e.GetType()).Distinct().Order(ByName));

        var state = Referral.None;
        foreach (var e in Samples.Events)
        {
            var next = ReferralFold.Evolve(state, ReferralWorld.Start, e);
            Assert.Equal(state.Seq + Movements.RowsOf(e), next.Seq);
            state = next;
        }

        Assert.Equal(ReferralStatus.Cancelled, state.Status);
        Assert.Empty(state.Holds);
    }

    private static readonly Comparer<Type> ByName = Comparer<Type>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));

    private static List<Type> Cases(Type family) => [.. family.Assembly.GetTypes().Where(type => type.IsSubclassOf(family))];

    // A record's protected copy constructor is the compiler's own.
    private static bool IsCopy(ConstructorInfo constructor) =>
        constructor.GetParameters() is [var only] && only.ParameterType == constructor.DeclaringType;
}
