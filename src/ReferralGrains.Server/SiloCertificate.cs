using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ReferralGrains.Server.Options;

namespace ReferralGrains.Server;

/// <summary>
/// What this process shows the others of its cluster, and by what it knows them. The machine's own list of authorities is not asked:
/// any site of the world has a certificate of those.
/// </summary>
internal sealed record SiloCertificate(X509Certificate2 Own, X509Certificate2Collection Authority)
{
    /// <returns>Null where silos talk in clear, which is only on loopback.</returns>
    /// <exception cref="InvalidOperationException">With the line to show.</exception>
    public static SiloCertificate? Load(ServerOptions options)
    {
        if (options is not { TlsCertificate: { } certificate, TlsKey: { } key, TlsAuthority: { } authority }) return null;
        try
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPemFile(authority);
            var loaded = new SiloCertificate(X509Certificate2.CreateFromPemFile(certificate, key), trusted);
            if (!loaded.Trusts(loaded.Own)) throw new InvalidOperationException($"{certificate} is not, or no longer, signed by {authority}: the other silos would refuse it");
            return loaded;
        }
        catch (CryptographicException unreadable)
        {
            throw new InvalidOperationException($"the silo's certificate cannot be read ({unreadable.Message}): --tls-certificate, --tls-key and --tls-authority are PEM files, the key not encrypted");
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new InvalidOperationException($"the silo's certificate cannot be read: {refused.Message}");
        }
    }

    /// <summary>Whether the other end is one of us. Addresses come and go with containers, so the name in it is not compared.</summary>
    public bool Trusts(X509Certificate2? other)
    {
        if (other is null) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(other);
    }
}
