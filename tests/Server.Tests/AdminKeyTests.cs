using ReferralGrains.Server;
using ReferralGrains.Server.Options;

namespace Server.Tests;

public sealed class AdminKeyTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grains-key-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData(LogFormat.Auto, true, true)]
    [InlineData(LogFormat.Auto, false, true)] // Redirected by whoever started it, who has no other way to see it.
    [InlineData(LogFormat.Text, false, true)]
    [InlineData(LogFormat.Json, true, true)]
    [InlineData(LogFormat.Json, false, false)]
    public void A_key_that_is_made_is_shown_once_and_never_to_a_collector_of_logs(LogFormat log, bool isTerminal, bool isShown)
    {
        var options = new ServerOptions { DataDirectory = folder.FullName, Log = log };
        using var output = new StringWriter();

        var key = AdminKey.Find(options, output, isTerminal);

        Assert.Equal(isShown, output.ToString().Contains(key, StringComparison.Ordinal));
        Assert.Contains($"kept in {folder.FullName}/admin.key", output.ToString(), StringComparison.Ordinal);

        using var again = new StringWriter();
        Assert.Equal((key, ""), (AdminKey.Find(options, again, isTerminal), again.ToString()));
    }
}
