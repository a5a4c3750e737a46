using System.Diagnostics;
using ReferralGrains.Server;
using ReferralGrains.Server.Options;

namespace Server.Tests;

public sealed class SiloCertificateTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grains-tls-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Silos_of_one_authority_trust_each_other_and_no_one_else()
    {
        var (ours, other) = (SiloCertificate.Load(Made("ours"))!, SiloCertificate.Load(Made("other"))!);
        Assert.True(ours.Trusts(ours.Own));
        Assert.False(ours.Trusts(other.Own));
        Assert.False(ours.Trusts(null));
    }

    [Fact]
    public void A_certificate_of_another_authority_is_found_at_the_start()
    {
        var mixed = Made("ours") with { TlsAuthority = Made("other").TlsAuthority };
        Assert.Contains("is not, or no longer, signed by", Assert.Throws<InvalidOperationException>(() => SiloCertificate.Load(mixed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_holds_no_certificate_is_one_line()
    {
        var options = Made("ours");
        File.WriteAllText(options.TlsCertificate!, "no certificate");
        Assert.StartsWith("the silo's certificate cannot be read", Assert.Throws<InvalidOperationException>(() => SiloCertificate.Load(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_one_silos_talk_in_clear() => Assert.Null(SiloCertificate.Load(new()));

    // By the script that operators are told to use.
    private ServerOptions Made(string name)
    {
        var path = Path.Combine(folder.FullName, name);
        using var made = Process.Start(new ProcessStartInfo(Path.Combine(Checkout.Folder, "deploy", "certificates.sh"), [path]) { RedirectStandardError = true })!;
        made.StandardError.ReadToEnd();
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        return new() { TlsCertificate = Path.Combine(path, "silo.crt"), TlsKey = Path.Combine(path, "silo.key"), TlsAuthority = Path.Combine(path, "ca.crt") };
    }
}
