using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace ReferralGrains.Server.Options;

/// <summary>One thing that an operator may decide, wherever it is said: command line, environment or file.</summary>
/// <param name="Name">As on the command line, without the dashes, and in the file.</param>
/// <param name="Value">What it takes, and its range.</param>
/// <param name="Default">What holds when nothing is said.</param>
/// <param name="Meaning">What it does, and what one pays for more or less of it.</param>
/// <param name="Apply">Reads a value.</param>
internal sealed record Setting(string Name, string Value, string Default, string Meaning, Func<ServerOptions, string, ServerOptions> Apply)
{
    /// <summary>A secret: any user of the machine can read a command line, so it is not taken there.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Said alone, it is meant.</summary>
    public bool IsSwitch { get; init; }

    public string Variable => "GRAINS_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>How a person calls it.</summary>
    public string Called => IsSecret ? Variable : "--" + Name;
}

/// <summary>Reads values; what is wrong is a line that says what would be right.</summary>
internal static class Values
{
    private static readonly (string Unit, TimeSpan Length)[] units =
        [("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1))];

    public static int Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"takes a whole number from {least} to {most}");

    public static int Port(string text) => Number(text, 1, 65_535);

    public static TimeSpan Duration(string text, TimeSpan least, TimeSpan most)
    {
        foreach (var (unit, length) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) continue;
            var duration = number * length;
            if (duration >= least && duration <= most) return duration;
        }

        throw new FormatException($"takes a duration such as 500ms, 8s or 30m, from {Text(least)} to {Text(most)}");
    }

    public static IReadOnlyList<string> Origins(string text)
    {
        var origins = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var origin in origins)
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.GetLeftPart(UriPartial.Authority) != origin)
                throw new FormatException("takes origins such as https://shop.example, without a path, separated by commas");
        return origins;
    }

    public static Uri HttpUrl(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new FormatException("takes a URL such as http://127.0.0.1:8080");

    /// <summary>Whoever can change what it says on the way decides who signs in.</summary>
    public static Uri Issuer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback)) && url.Query.Length == 0 && url.Fragment.Length == 0
            ? url
            : throw new FormatException("takes an https URL such as https://accounts.shop.example (http only on this machine)");

    public static string Visible(string text) => text.Length > 0 && text.All(static letter => letter is > ' ' and < '\u007f') ? text : throw new FormatException("takes visible ASCII characters");

    public static IReadOnlyList<string> Scopes(string text)
    {
        var scopes = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return scopes.Contains("openid") ? scopes : throw new FormatException("takes scopes separated by blanks, openid among them");
    }

    public static ImmutableArray<IPNetwork> Networks(string text)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            networks.Add(IPNetwork.TryParse(part, out var network) ? network : throw new FormatException("takes networks such as 10.1.0.0/16, separated by commas"));
        return networks.ToImmutable();
    }

    public static T Word<T>(string text)
        where T : struct, Enum =>
        Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
            ? Enum.Parse<T>(name)
            : throw new FormatException($"takes {string.Join(", ", Enum.GetNames<T>().Select(one => one.ToLowerInvariant()))}");

    public static bool YesOrNo(string text) => text.ToUpperInvariant() switch
    {
        "1" or "TRUE" => true,
        "0" or "FALSE" or "" => false,
        _ => throw new FormatException("takes 1 or 0"),
    };

    /// <summary>A host name that is misspelt must not end up as "every interface", so only addresses are taken, and <c>localhost</c>.</summary>
    public static string Listen(string text) => text == "localhost" ? text : Address(text).ToString();

    // IPAddress reads 127.1 and 1 as well, which nobody means.
    public static IPAddress Address(string text) =>
        IPAddress.TryParse(text, out var address) && (text.Contains(':', StringComparison.Ordinal) || text.Count(letter => letter == '.') == 3)
            ? address
            : throw new FormatException("takes an IP address, such as 127.0.0.1, or 0.0.0.0 for every interface");

    public static string AdminKey(string text) =>
        text.Length is >= 32 and <= 512 && text.All(letter => letter is > ' ' and < '\u007f')
            ? text
            : throw new FormatException("takes 32 to 512 visible ASCII characters: whoever guesses it owns every tenant ('openssl rand -hex 32' makes one)");

    public static string ExistingFile(string text) =>
        File.Exists(text) ? Path.GetFullPath(text) : throw new FormatException($"names {text}, which is no file");

    private static string Text(TimeSpan duration)
    {
        var (unit, length) = units.Last(one => duration >= one.Length && duration.Ticks % one.Length.Ticks == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{duration / length}{unit}");
    }
}
