namespace Torture.Tests;

/// <summary>The smallest run there is, on real processes, lest torture breaks and nobody sees it.</summary>
public sealed class TinyRunTests
{
    private const int Seed = 20_261_129;

    [Fact]
    public async Task Three_silos_of_which_one_is_killed_and_one_replaced_keep_what_they_acknowledged()
    {
        var folder = Directory.CreateTempSubdirectory("rg-torture-");
        folder.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        using var output = new StringWriter();
        var verdict = await new Run(Plan.Tiny(Seed), folder.FullName, new(output, isTerminal: false), TimeProvider.System).Go(TestContext.Current.CancellationToken);
        Assert.True(verdict.IsClean, output.ToString());
        folder.Delete(recursive: true);
    }
}
