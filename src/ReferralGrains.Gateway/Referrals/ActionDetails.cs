using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>What few actions carry: the lines of a sale or a refund (X2), a base (X1), attributes (X4).</summary>
internal static class ActionDetails
{
    public const int MaxLines = 500;
    public const int MaxAttributes = 20;
    public const int MaxAttributeLength = 100;

    /// <summary>Reads an array of lines; an empty one is the same as none.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? ReadLines(ref Utf8JsonReader reader, out ImmutableArray<SoldLine>? lines)
    {
        lines = null;
        if (reader.TokenType != JsonTokenType.StartArray) return Problem.InvalidField("lines", "An array of lines is expected.");
        var read = ImmutableArray.CreateBuilder<SoldLine>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (read.Count == MaxLines) return Problem.InvalidField("lines", $"At most {MaxLines} lines are possible.");
            if (ReadLine(ref reader, $"lines[{read.Count}]", out var line) is { } fault) return fault;
            read.Add(line);
        }

        if (read.Count > 0) lines = read.DrainToImmutable();
        return null;
    }

    /// <summary>Reads an object of texts; what is null or empty is absent.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? ReadAttributes(ref Utf8JsonReader reader, out ImmutableArray<ActionAttribute>? attributes)
    {
        attributes = null;
        if (reader.TokenType != JsonTokenType.StartObject) return Problem.InvalidField("attributes", "An object is expected.");
        var read = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            if (key.Length == 0 || Text.Fault(key, MaxAttributeLength) is not null) return Problem.InvalidField("attributes", $"A key is 1 to {MaxAttributeLength} characters.");
            if (!names.Add(key)) return Problem.DuplicateField("attributes." + key);
            if (names.Count > MaxAttributes) return Problem.InvalidField("attributes", $"At most {MaxAttributes} attributes are possible.");
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (reader.TokenType != JsonTokenType.String) return Problem.InvalidField("attributes." + key, "A text is expected.");
            var value = reader.GetString()!;
            if (Text.Fault(value, MaxAttributeLength) is { } fault) return Problem.InvalidField("attributes." + key, fault);
            if (value.Length > 0) read.Add(key, value);
        }

        if (read.Count > 0) attributes = [.. read.Select(pair => new ActionAttribute(pair.Key, pair.Value))];
        return null;
    }

    /// <summary>What base and lines mean together with the rest of the action.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? Check(ActionKind kind, long? amount, ActionDetail detail)
    {
        if (detail.BaseMinor is { } part && (kind != ActionKind.Sale || part < 0 || part > (amount ?? -1)))
            return Problem.Unprocessable("invalid_base", "base_minor", "Only a sale has a base: from 0 to its amount_minor, which is sent with it.");
        return detail.Lines is { } lines ? Check(kind, amount, detail.BaseMinor, lines) : null;
    }

    /// <summary>As the domain has it, after the content was hashed as sent: the base of lines is their sum, and lines say how much a refund is.</summary>
    public static ReferralAction Filled(ReferralAction action, ActionDetail detail)
    {
        if (detail.Lines is not { } lines) return action;
        if (action.Kind != ActionKind.Sale) return action with { AmountMinor = action.AmountMinor ?? lines.Sum(line => line.AmountMinor) };
        return lines[0].BaseMinor is null ? action : action with { Detail = detail with { BaseMinor = lines.Sum(line => line.BaseMinor) } };
    }

    private static Problem? Check(ActionKind kind, long? amount, long? part, ImmutableArray<SoldLine> lines)
    {
        if (kind is not (ActionKind.Sale or ActionKind.Refund)) return Wrong("lines", "Only a sale or a refund has lines.");
        if (amount is null && kind == ActionKind.Sale) return Wrong("amount_minor", "A sale with lines says its amount.");
        long sum = 0, bases = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            (sum, bases) = (sum + line.AmountMinor, bases + line.BaseMinor.GetValueOrDefault());
            if (line.BaseMinor is not null != lines[0].BaseMinor is not null) return Wrong($"lines[{i}].base_minor", "Either all lines have a base, or none.");
            if (line.BaseMinor > line.AmountMinor) return Wrong($"lines[{i}].base_minor", "A base is not more than the line's amount.");
            if (line.BaseMinor is not null && kind != ActionKind.Sale) return Wrong($"lines[{i}].base_minor", "Only a sale has bases.");
        }

        if (sum > (amount ?? sum) || sum > AmountLimits.MaxMinor) return Wrong("lines", $"The lines add up to {sum}, which is more than amount_minor.");
        if (sum == 0 && kind == ActionKind.Refund && amount is null) return Wrong("lines", "A refund is above zero.");
        return part is not null && lines[0].BaseMinor is not null && part != bases ? Wrong("base_minor", $"The bases of the lines add up to {bases}.") : null;
    }

    private static Problem? ReadLine(ref Utf8JsonReader reader, string path, out SoldLine line)
    {
        line = default;
        if (reader.TokenType != JsonTokenType.StartObject) return Problem.InvalidField(path, "A line is an object.");
        string? product = null;
        long? amount = null, part = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var param = $"{path}.{(name.Length <= 100 ? name : name[..100])}";
            if (name is not ("product_id" or "amount_minor" or "base_minor")) return Problem.UnknownField(param);
            if (!seen.Add(name)) return Problem.DuplicateField(param);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (name == "product_id") product = reader.TokenType == JsonTokenType.String ? reader.GetString() : "";
            else if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var minor) || minor is < 0 or > AmountLimits.MaxMinor)
                return Problem.InvalidField(param, $"A whole number of minor units from 0 to {AmountLimits.MaxMinor} is expected.");
            else if (name == "amount_minor") amount = minor;
            else part = minor;
        }

        if (product is null) return Problem.MissingField(path + ".product_id");
        if (product.Length == 0 || Text.Fault(product, CallerId.MaxLength) is not null)
            return Problem.InvalidField(path + ".product_id", $"A product id is 1 to {CallerId.MaxLength} characters.");
        if (amount is null) return Problem.MissingField(path + ".amount_minor");
        line = new(product, amount.Value, part);
        return null;
    }

    private static Problem Wrong(string param, string detail) => Problem.Unprocessable("invalid_lines", param, detail);
}
