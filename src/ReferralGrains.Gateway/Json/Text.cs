using System.Buffers;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>Free text of a caller: kept as it is, within bounds; empty is the same as absent (D11).</summary>
internal static class Text
{
    // NUL is what PostgreSQL cannot keep; the other control characters would only mislead a reader of a log or a terminal.
    private static readonly SearchValues<char> Control =
        SearchValues.Create([.. Enumerable.Range(0, 32).Except(['\t', '\n', '\r']).Append(127).Select(code => (char)code)]);

    public static string? Of(string? text, string param, int maxLength)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return Fault(text, maxLength) is { } fault ? throw Problem.InvalidField(param, fault).AsException() : text;
    }

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Fault(string text, int maxLength)
    {
        if (text.Length > maxLength) return $"At most {maxLength} characters are expected.";
        return text.AsSpan().ContainsAny(Control) ? "It holds a control character." : null;
    }
}
