using System.Net;
using System.Net.Sockets;
using ReferralGrains.Server;
using ReferralGrains.Server.Options;

namespace Server.Tests;

public sealed class StartCheckTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grains-start-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_port_in_use_is_said_with_its_number()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        Assert.StartsWith($"port {port} of 127.0.0.1 is in use", Refused(() => StartChecks.Ports(new() { Port = port })), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_of_another_machine_is_said() => Assert.StartsWith(
        "192.0.2.1 is no address of this machine", Refused(() => StartChecks.Ports(new() { Listen = "192.0.2.1", Port = 8080 })), StringComparison.Ordinal);

    [Fact]
    public void A_data_folder_that_is_a_file_is_said()
    {
        var file = Path.Combine(folder.FullName, "file");
        File.WriteAllText(file, "");
        Assert.Contains("choose another with --data", Refused(() => StartChecks.DataFolder(file)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_has_one_process_and_a_second_one_is_told_where_it_answers()
    {
        using (var first = FolderClaim.Take(folder.FullName))
        {
            Assert.Contains("another process, which is starting", Refused(() => FolderClaim.Take(folder.FullName)), StringComparison.Ordinal);
            first.Note("http://127.0.0.1:8080");
            var line = Refused(() => FolderClaim.Take(folder.FullName));
            Assert.Contains($"process {Environment.ProcessId}, which answers at http://127.0.0.1:8080", line, StringComparison.Ordinal);
        }

        FolderClaim.Take(folder.FullName).Dispose();
    }

    [Fact]
    public void Ports_of_a_silo_are_kept_and_differ()
    {
        var options = new ServerOptions { DataDirectory = folder.FullName };
        var first = SiloPorts.Find(options);
        Assert.NotEqual(first.Silo, first.Gateway);
        Assert.Equal(first, SiloPorts.Find(options));
    }

    [Fact]
    public void A_kept_port_that_somebody_else_has_by_now_is_replaced()
    {
        var options = new ServerOptions { DataDirectory = folder.FullName };
        var first = SiloPorts.Find(options);
        using var other = new TcpListener(IPAddress.Loopback, first.Silo);
        other.Start();
        var second = SiloPorts.Find(options);
        Assert.NotEqual(first.Silo, second.Silo);
        Assert.Equal(first.Gateway, second.Gateway);
    }

    private static string Refused(Action start)
    {
        var line = Assert.Throws<InvalidOperationException>(start).Message;
        Assert.DoesNotContain('\n', line);
        return line;
    }
}
