using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Files;

/// <summary>An action on its way from a file to the wire, with all that is wrong with it.</summary>
internal sealed class ActionDraft(long number)
{
    public static readonly IReadOnlyList<string> Types = ["sale", "refund", "refund_failed", "chargeback", "chargeback_won"];

    private const int MaxNote = 1_000;
    private const int MaxProducts = 1_000;

    private readonly List<Fault> faults = [];

    public long Number => number;

    public string? ActionId { get; set; }

    public string? Type { get; set; }

    public string? RefereeId { get; set; }

    public DateTimeOffset? OccurredAt { get; set; }

    public DateTimeOffset? SortAt { get; set; }

    public long? AmountMinor { get; set; }

    /// <summary>What commission is earned on, where that is less than what was paid (X1).</summary>
    public long? BaseMinor { get; set; }

    public string? Currency { get; set; }

    public string? RefundOf { get; set; }

    public string? ChargebackOf { get; set; }

    public List<string> Products { get; } = [];

    public string? Note { get; set; }

    /// <summary>As it stands in the file; null where nobody asked for it.</summary>
    public byte[]? Source { get; set; }

    public ActionFacts Facts => new(Type ?? "", OccurredAt, OccurredAt ?? SortAt, AmountMinor, Currency);

    public void Wrong(Fault fault) => faults.Add(fault);

    /// <summary>What the server would refuse at its door, found before anything is sent.</summary>
    /// <param name="columnOf">Where a field stands in the file: its column's name and place.</param>
    public IReadOnlyList<Fault> Check(Func<string, (string Name, long Column)> columnOf)
    {
        CheckId("action_id", ActionId, isRequired: true);
        CheckId("referee_id", RefereeId, isRequired: true);
        if (Type is null) Missing("type");
        else if (!Types.Contains(Type)) Invalid("type", $"'{Type}' is none of {string.Join(", ", Types)}");
        CheckLink("refund_of", RefundOf, Type is "refund" or "refund_failed");
        CheckLink("chargeback_of", ChargebackOf, Type is "chargeback" or "chargeback_won");
        if (AmountMinor is < 0 or > FileAmounts.MaxMinor) Invalid("amount_minor", $"{AmountMinor} is not from 0 to {FileAmounts.MaxMinor}");
        else if (AmountMinor == 0 && Type is not ("sale" or null)) Invalid("amount_minor", $"a {Type} is above zero");
        if (BaseMinor is { } share && Type == "sale" && (share < 0 || AmountMinor is null || share > AmountMinor))
            Invalid("base_minor", $"{share} is not from 0 to the amount");
        if (Currency is { } code && !FileAmounts.IsKnown(code)) Invalid("currency", $"'{code}' is not a code such as GBP");
        if (Note is { Length: > MaxNote }) Invalid("note", $"it has {Note.Length:N0} characters, and {MaxNote:N0} are possible");
        if (Products.Count > MaxProducts) Invalid("products", $"there are {Products.Count:N0}, and {MaxProducts:N0} are possible");
        if (Products.Find(static product => product.Length > Ids.MaxLength) is { } longest) Invalid("products", $"'{longest[..50]}…' has more than {Ids.MaxLength} characters");
        return faults;

        void CheckLink(string field, string? id, bool belongs)
        {
            CheckId(field, id, belongs);
            if (id is not null && !belongs && Type is not null && Types.Contains(Type)) Invalid(field, $"a {Type} has none");
        }

        void CheckId(string field, string? id, bool isRequired)
        {
            if (id is null && isRequired) Missing(field);
            else if (id is not null && !Ids.IsValid(id)) Wrong(new("invalid_id", columnOf(field).Name, columnOf(field).Column, Ids.Reason(id)));
        }

        // One slip is said once: where a cell could not be read, its absence is no second one.
        void Missing(string field)
        {
            var (name, column) = columnOf(field);
            if (!faults.Exists(fault => fault.Field == name)) Wrong(Fault.Missing(name, column));
        }

        void Invalid(string field, string reason) => Wrong(Fault.Invalid(columnOf(field).Name, columnOf(field).Column, reason));
    }

    public NumberedLine Line(string program) => new(number, JsonLine.Write(json =>
    {
        json.WriteString("action_id", ActionId);
        json.WriteString("program_id", program);
        json.WriteString("type", Type);
        json.WriteString("referee_id", RefereeId);
        if (OccurredAt is { } time) json.WriteString("occurred_at", JsonLine.Time(time));
        if (AmountMinor is { } amount) json.WriteNumber("amount_minor", amount);
        if (BaseMinor is { } share && Type == "sale") json.WriteNumber("base_minor", share);
        Text(json, "currency", Currency);
        Text(json, "refund_of", RefundOf);
        Text(json, "chargeback_of", ChargebackOf);
        Text(json, "note", Note);
        if (Products.Count == 0) return;
        json.WriteStartArray("product_ids");
        foreach (var product in Products) json.WriteStringValue(product);
        json.WriteEndArray();
    }), Source);

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }
}

/// <summary>Ids as callers have them (X7): what the server takes.</summary>
internal static class Ids
{
    public const int MaxLength = 200;

    public static bool IsValid(string id) =>
        id.Length is > 0 and <= MaxLength && id is not ("." or "..") && !id.Any(character => character is <= ' ' or > '~' or '"' or '\'' or '`' or '\\' or '<' or '>');

    public static string Reason(string id) =>
        $"'{(id.Length <= 50 ? id : id[..50] + "…")}' is not an id: 1 to {MaxLength} printable ASCII characters without blanks, quotes, backslash, < and >";
}
