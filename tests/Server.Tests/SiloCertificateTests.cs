using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    public void A_certificate_that_is_signed_again_is_trusted_by_the_silos_that_still_have_the_one_before()
    {
        var options = Made("ours");
        Shorten(options, days: 89);
        var before = SiloCertificate.Load(options)!;

        var after = SiloCertificate.Load(Made("ours"))!;

        Assert.InRange(after.Own.NotAfter, before.Own.NotAfter.AddDays(700), DateTime.MaxValue);
        Assert.True(before.Trusts(after.Own) && after.Trusts(before.Own));
    }

    [Fact]
    public void A_certificate_that_has_time_stays_and_a_lost_one_is_signed_by_the_same_authority()
    {
        var first = SiloCertificate.Load(Made("ours"))!;
        Assert.Equal(first.Own.SerialNumber, SiloCertificate.Load(Made("ours"))!.Own.SerialNumber);

        File.Delete(Path.Combine(folder.FullName, "ours", "silo.crt"));
        Assert.True(first.Trusts(SiloCertificate.Load(Made("ours"))!.Own));
    }

    [Fact]
    public void Without_the_authoritys_key_no_other_authority_takes_its_place()
    {
        Shorten(Made("ours"), days: 1);
        File.Delete(Path.Combine(folder.FullName, "ours", "ca.key"));

        var (exitCode, error) = Run(Path.Combine(folder.FullName, "ours"));

        Assert.Equal(1, exitCode);
        Assert.Contains("ca.key is missing", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_authoritys_key_can_be_kept_where_no_silo_sees_it()
    {
        Made("ours");
        var (silos, authority) = (Path.Combine(folder.FullName, "ours"), Path.Combine(folder.FullName, "authority"));

        Assert.Equal(0, Run(silos, "", authority).ExitCode);

        Assert.Equal(["ca.crt", "silo.crt", "silo.key"], Directory.GetFiles(silos).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["ca.crt", "ca.key"], Directory.GetFiles(authority).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_authorities_in_one_file_are_both_trusted_while_one_takes_the_others_place()
    {
        var (ours, next) = (Made("ours"), Made("next"));
        File.AppendAllText(ours.TlsAuthority!, File.ReadAllText(next.TlsAuthority!));

        Assert.True(SiloCertificate.Load(ours)!.Trusts(SiloCertificate.Load(next)!.Own));
    }

    [Fact]
    public void Without_one_silos_talk_in_clear() => Assert.Null(SiloCertificate.Load(new()));

    // By the script that operators are told to use.
    private ServerOptions Made(string name)
    {
        var path = Path.Combine(folder.FullName, name);
        var (exitCode, error) = Run(path);
        Assert.True(exitCode == 0, error);
        return new() { TlsCertificate = Path.Combine(path, "silo.crt"), TlsKey = Path.Combine(path, "silo.key"), TlsAuthority = Path.Combine(path, "ca.crt") };
    }

    private static (int ExitCode, string Error) Run(params string[] arguments)
    {
        using var script = Process.Start(new ProcessStartInfo(Path.Combine(Checkout.Folder, "deploy", "certificates.sh"), arguments) { RedirectStandardError = true })!;
        var error = script.StandardError.ReadToEnd();
        script.WaitForExit();
        return (script.ExitCode, error);
    }

    // As the one that is there will be when it has so many days left.
    private static void Shorten(ServerOptions options, int days)
    {
        using var authority = X509Certificate2.CreateFromPemFile(options.TlsAuthority!, Path.Combine(Path.GetDirectoryName(options.TlsAuthority!)!, "ca.key"));
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(options.TlsKey!));
        var request = new CertificateRequest("CN=referralgrains-silo", key, HashAlgorithmName.SHA256);
        using var signed = request.Create(authority, authority.NotBefore, TimeProvider.System.GetUtcNow().AddDays(days), [1]);
        File.WriteAllText(options.TlsCertificate!, signed.ExportCertificatePem());
    }
}
