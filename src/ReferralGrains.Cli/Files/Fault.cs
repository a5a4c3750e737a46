namespace ReferralGrains.Cli.Files;

/// <summary>What is wrong with a line, by the code that the server has for the same slip.</summary>
/// <param name="Code">Such as missing_field.</param>
/// <param name="Field">The column, or the field of an object; null when the line as a whole is meant.</param>
/// <param name="Column">Where in the line, as an editor counts.</param>
/// <param name="Reason">What a person reads.</param>
internal sealed record Fault(string Code, string? Field, long Column, string Reason)
{
    /// <summary>Behind such a fault nothing of the file can be read.</summary>
    public const string Malformed = "malformed_csv";

    public static readonly Fault NotUtf8 = new("not_utf8", null, 1, "the text is not UTF-8");

    public static Fault Missing(string field, long column) => new("missing_field", field, column, "is empty");

    public static Fault Invalid(string field, long column, string reason) => new("invalid_field", field, column, reason);

    public static Fault InvalidJson(string? field, long column, string reason) => new("invalid_json", field, column, reason);
}
