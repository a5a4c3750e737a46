using ReferralGrains.Server;

namespace Server.Tests;

public sealed class RestoredCopyTests
{
    /// <summary>Nobody parts a copy in a PostgreSQL of one's own, so the page has the statements, with the schemas that are on our search path.</summary>
    [Fact]
    public void The_page_parts_a_copy_by_the_same_statements()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Folder, "docs/operations.md"));
        var from = page.IndexOf("delete from orleans.membership", StringComparison.Ordinal);
        var statements = page[from..page.IndexOf("```", from, StringComparison.Ordinal)];
        Assert.Equal(RestoredCopy.Parting + ";\n", statements.Replace("orleans.", "", StringComparison.Ordinal).Replace("grains.", "", StringComparison.Ordinal));
    }
}
