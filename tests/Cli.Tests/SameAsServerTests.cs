using ReferralGrains.Cli.Files;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace Cli.Tests;

/// <summary>What the command line checks by itself, it checks as the server does: it may not see the server's code, so this holds the two together.</summary>
public sealed class SameAsServerTests
{
    [Fact]
    public void D1_currencies_are_the_same_and_have_the_same_exponents()
    {
        var letters = Enumerable.Range('A', 26).Select(letter => (char)letter).ToList();
        var codes = from a in letters from b in letters from c in letters select $"{a}{b}{c}";

        foreach (var code in codes) Assert.Equal((code, Currency.IsKnown(code) ? Currency.ExponentOf(code) : -1), (code, FileAmounts.IsKnown(code) ? FileAmounts.ExponentOf(code) : -1));
    }

    [Fact]
    public void X7_ids_are_the_same()
    {
        var texts = Enumerable.Range(0, 300).Select(code => $"a{(char)code}").Concat(["", ".", "..", "...", new('a', 200), new('a', 201)]);

        Assert.All(texts, text => Assert.Equal(CallerId.IsValid(text), Ids.IsValid(text)));
    }
}
