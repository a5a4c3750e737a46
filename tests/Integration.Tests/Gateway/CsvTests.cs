using System.Text;
using Microsoft.AspNetCore.Http;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>What a spreadsheet makes of a cell that somebody else has named.</summary>
public sealed class CsvTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1 call me", "'+1 call me")]
    [InlineData("-1 call me", "'-1 call me")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1+1", "'\t=1+1")]
    [InlineData("\r=1+1", "\"'\r=1+1\"")]
    [InlineData("\n=1+1", "\"'\n=1+1\"")]
    [InlineData("-25", "-25")]
    [InlineData("-2.50", "-2.50")]
    [InlineData("a=1", "a=1")]
    public async Task A_text_that_would_be_taken_for_a_formula_is_none(string text, string cell)
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        await new CsvAnswer(["text"], Rows(text), "texts").ExecuteAsync(context);
        Assert.Equal($"text\r\n{cell}\r\n", Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
    }

    private static async IAsyncEnumerable<IReadOnlyList<string?>> Rows(string text)
    {
        yield return [text];
        await Task.CompletedTask;
    }
}
