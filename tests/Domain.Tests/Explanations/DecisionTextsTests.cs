using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Explanations;

namespace ReferralGrains.Domain.Tests.Explanations;

public class DecisionTextsTests
{
    [Fact]
    public void D20_every_code_has_one_sentence_of_its_own()
    {
        var texts = Enum.GetValues<DecisionCode>().Select(DecisionTexts.Of).ToList();

        Assert.All(texts, text => Assert.Matches("^[A-Z][^_]{10,160}\\.$", text));
        Assert.Equal(texts.Count, texts.Distinct().Count());
    }

    [Theory]
    [InlineData(DecisionCode.ReferralMissing, "referred this referee")]
    [InlineData(DecisionCode.ReferralPending, "not approved yet")]
    [InlineData(DecisionCode.SaleMissing, "has not arrived yet")]
    public void D10_a_parked_action_is_told_what_it_waits_for(DecisionCode code, string words)
    {
        Assert.Contains(words, Because.Undecided(code), StringComparison.Ordinal);
        Assert.Contains("takes effect by itself", Because.Undecided(code), StringComparison.Ordinal);
    }
}
