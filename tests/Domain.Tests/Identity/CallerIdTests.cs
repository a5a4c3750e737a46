using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Tests.Identity;

public class CallerIdTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("inv_536365")]
    [InlineData("Anna.B:c@d-e_9")]
    [InlineData("...")]
    [InlineData(".a")]
    [InlineData("auth0|abc")]
    [InlineData("jane+x@y.z")]
    [InlineData("#1001")]
    [InlineData("gid://shopify/Order/1")]
    [InlineData("a%2Fb")]
    public void X7_an_id_is_taken_as_it_is(string id) => Assert.True(CallerId.IsValid(id));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a\0")]
    [InlineData("ä")]
    [InlineData("é")]
    [InlineData("\u202Eabc")]
    [InlineData("😀")]
    [InlineData("';drop--")]
    [InlineData("a\n")]
    public void Anything_else_is_refused(string id) => Assert.False(CallerId.IsValid(id));

    [Fact]
    public void An_id_has_at_most_two_hundred_characters()
    {
        Assert.True(CallerId.IsValid(new string('x', 200)));
        Assert.False(CallerId.IsValid(new string('x', 201)));
    }

    [Fact]
    public void X7_every_other_ascii_character_is_refused()
    {
        const string Allowed = "!#$%&()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~";
        for (var c = '\0'; c < 256; c++) Assert.Equal(Allowed.Contains(c), CallerId.IsValid($"x{c}"));
    }

    [Fact]
    public void Ids_are_ordered_by_their_characters_whatever_the_culture()
    {
        Assert.True(new CallerId("B") < new CallerId("a"));
        Assert.True(new CallerId("a") <= new CallerId("a"));
        Assert.True(new CallerId("b") > new CallerId("a"));
        Assert.True(new CallerId("b") >= new CallerId("b"));
    }
}
