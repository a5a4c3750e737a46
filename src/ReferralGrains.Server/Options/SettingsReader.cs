using System.Net;

namespace ReferralGrains.Server.Options;

/// <summary>
/// Gathers what an operator said, in rising order: the file, the environment, the command line. What nobody can have meant stops the
/// start with one line.
/// </summary>
internal static class SettingsReader
{
    private const string File = "grains.json";
    private const string Config = "config";

    /// <exception cref="ArgumentException">With the line to show.</exception>
    public static ServerOptions Read(IReadOnlyList<string> arguments, Func<string, string?> variable)
    {
        var said = Said(arguments);
        var given = Environment(variable).Concat(said.Where(pair => pair.Key != Config)).ToList();
        var before = Options(new ConfigurationBuilder().AddInMemoryCollection(given.Where(pair => pair.Key == "data").TakeLast(1)).Build());
        var configuration = new ConfigurationBuilder();
        var file = AddFile(configuration, said.LastOrDefault(pair => pair.Key == Config).Value, before.DataDirectory);
        foreach (var pair in given) configuration.AddInMemoryCollection([pair]);
        return Checked(Options(Built(configuration, file)));
    }

    private static IEnumerable<KeyValuePair<string, string?>> Environment(Func<string, string?> variable) => Settings.All
        .Select(setting => KeyValuePair.Create(setting.Name, variable(setting.Variable)))
        .Where(pair => !string.IsNullOrEmpty(pair.Value));

    private static List<KeyValuePair<string, string?>> Said(IReadOnlyList<string> arguments)
    {
        var said = new List<KeyValuePair<string, string?>>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var parts = arguments[i].Split('=', 2);
            var name = parts[0].StartsWith("--", StringComparison.Ordinal) ? parts[0][2..] : "";
            var setting = Settings.All.FirstOrDefault(setting => setting.Name == name && !setting.IsSecret);
            if (name != Config && setting is null) throw Unknown(parts[0]);
            var value = parts.Length > 1 ? parts[1] : setting is { IsSwitch: true } ? "1" : ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{parts[0]} needs a value");
            said.Add(KeyValuePair.Create(name, (string?)value));
        }

        return said;
    }

    private static ArgumentException Unknown(string word)
    {
        var secret = Settings.All.FirstOrDefault(setting => setting.IsSecret && "--" + setting.Name == word);
        return new(secret is null
            ? $"up does not know '{word}' (./grains up --help lists what it knows)"
            : $"{word} is not taken from the command line, which every user of this machine can read: set {secret.Variable}");
    }

    private static string AddFile(ConfigurationBuilder configuration, string? named, string dataDirectory)
    {
        if (named is not null && !System.IO.File.Exists(named)) throw new ArgumentException($"--config names {named}, which is no file");
        var file = Path.GetFullPath(named ?? Path.Combine(dataDirectory, File));
        configuration.AddJsonFile(file, optional: named is null, reloadOnChange: false);
        return file;
    }

    private static IConfigurationRoot Built(ConfigurationBuilder configuration, string file)
    {
        try
        {
            return configuration.Build();
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"{file} cannot be read: {unreadable.GetBaseException().Message}");
        }
    }

    private static ServerOptions Options(IConfigurationRoot configuration)
    {
        var options = new ServerOptions();
        foreach (var (name, value) in configuration.AsEnumerable())
        {
            var setting = Settings.All.FirstOrDefault(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new ArgumentException($"the configuration file names '{name}', which is no option (docs/configuration.md lists them)");
            try
            {
                options = setting.Apply(options, value ?? "");
            }
            catch (FormatException wrong)
            {
                throw new ArgumentException($"{setting.Called} {wrong.Message}");
            }
        }

        return options;
    }

    /// <summary>What only shows when all is known.</summary>
    private static ServerOptions Checked(ServerOptions options)
    {
        string?[] tls = [options.TlsCertificate, options.TlsKey, options.TlsAuthority];
        if (tls.Any(file => file is null) && tls.Any(file => file is not null))
            throw new ArgumentException("--tls-certificate, --tls-key and --tls-authority belong together: give all or none");
        if (!IPAddress.IsLoopback(options.SiloAddress) && options.TlsCertificate is null)
            throw new ArgumentException($"--silo-address {options.SiloAddress} can be reached from other machines, and whoever reaches it is one of us: give --tls-certificate, --tls-key and --tls-authority (deploy/certificates.sh makes them)");
        if (options.SiloAddress.Equals(IPAddress.Any) || options.SiloAddress.Equals(IPAddress.IPv6Any))
            throw new ArgumentException($"--silo-address is what the others connect to, so it cannot be {options.SiloAddress}: give this machine's own address");
        string?[] oidc = [options.OidcAuthority?.AbsoluteUri, options.OidcClientId, options.OidcKeys];
        if (oidc.Any(static one => one is null) && (oidc.Any(static one => one is not null) || options.OidcClientSecret is not null))
            throw new ArgumentException("--oidc-authority, --oidc-client-id and --oidc-keys belong together: give all or none");
        if (options.Role == ProcessRole.Gateway && options.Database is null)
            throw new ArgumentException("--role gateway joins a cluster that is there: name its database with --database");
        if (options is { Role: ProcessRole.Silo, Demo: true })
            throw new ArgumentException("--demo loads over HTTP, which --role silo does not serve: give it to a process that does");
        return options;
    }
}
