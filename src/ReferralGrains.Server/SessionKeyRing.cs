using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using ReferralGrains.Storage.Sessions;

namespace ReferralGrains.Server;

/// <summary>Keeps the ring of keys of ASP.NET Core's data protection in PostgreSQL.</summary>
internal sealed class SessionKeyRing(SessionKeys keys) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() => [.. keys.All().Select(XElement.Parse)];

    public void StoreElement(XElement element, string friendlyName) => keys.Add(friendlyName, element.ToString(SaveOptions.DisableFormatting));
}

internal static class SharedSessionKeys
{
    /// <summary>A session goes on at whichever gateway the browser comes to, and after a restart.</summary>
    public static IServiceCollection AddSharedSessionKeys(this IServiceCollection services)
    {
        services.AddOptions<KeyManagementOptions>().Configure<SessionKeyRing>((options, ring) => options.XmlRepository = ring);
        return services.AddSingleton<SessionKeys>().AddSingleton<SessionKeyRing>();
    }
}
