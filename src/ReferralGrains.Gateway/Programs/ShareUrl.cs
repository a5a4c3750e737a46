using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Programs;

/// <summary>Where referees sign up, with a place for the code.</summary>
internal static class ShareUrl
{
    public const string Place = "{code}";
    public const int MaxLength = 500;
    public const string Form = @"^https?://.*\{code\}.*$";

    public static string? Of(string? text, string param)
    {
        if (Json.Text.Of(text, param, MaxLength) is not { } url) return null;
        var parsed = Uri.TryCreate(url.Replace(Place, "X", StringComparison.Ordinal), UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http";
        return parsed && url.Contains(Place, StringComparison.Ordinal)
            ? url
            : throw Problem.InvalidField(param, $"An address is expected, with {Place} in the place of the code.").AsException();
    }
}
