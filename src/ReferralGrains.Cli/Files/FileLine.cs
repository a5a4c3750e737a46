using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Files;

/// <summary>What an import wants to know of an action before it sends it.</summary>
/// <param name="Type">Such as sale; null for a line that is no action.</param>
/// <param name="OccurredAt">As the file says; null when it does not.</param>
/// <param name="SortAt">Where it belongs among the others: a refund whose time the file does not know stays with its sale.</param>
/// <param name="AmountMinor">In the currency's minor unit.</param>
/// <param name="Currency">Null is the program's.</param>
internal readonly record struct ActionFacts(string? Type, DateTimeOffset? OccurredAt, DateTimeOffset? SortAt, long? AmountMinor, string? Currency);

/// <summary>A line of a file: what is to be sent of it, or all that is wrong with it, or why it is left out.</summary>
internal readonly record struct FileLine(NumberedLine Line, ActionFacts Facts, IReadOnlyList<Fault> Faults, string? Skipped)
{
    public static FileLine Bad(long number, byte[]? source, params IReadOnlyList<Fault> faults) => new(new(number, [], source), default, faults, null);

    public static FileLine LeftOut(long number, string why) => new(new(number, []), default, [], why);

    public bool IsFit => Faults.Count == 0 && Skipped is null;
}
