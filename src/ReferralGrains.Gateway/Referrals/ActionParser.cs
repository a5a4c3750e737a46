using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>
/// Parses one action from UTF-8 in one pass, as strictly as any other body. Written by hand because every action passes here: it
/// makes the strings that are kept and nothing else.
/// </summary>
internal ref struct ActionParser
{
    public const int MaxProducts = 1_000;
    public const int MaxNote = 1_000;

    public static readonly Words<ActionKind> Kinds = new(
        ("sale", ActionKind.Sale), ("refund", ActionKind.Refund), ("refund_failed", ActionKind.RefundFailed), ("chargeback", ActionKind.Chargeback),
        ("chargeback_won", ActionKind.ChargebackWon));

    /// <summary>The names of what an action can say.</summary>
    public static readonly FrozenSet<string> Fields = [.. Enum.GetValues<Field>().Where(static field => field != Field.None).Select(NameOf)];

    // By the three bytes as they were sent; the value is the code itself, so that gbp and GBP are the same content.
    private static readonly ConcurrentDictionary<int, string> Seen = new();

    private Utf8JsonReader reader;
    private readonly ReadOnlySpan<byte> json;
    private Field seen;
    private Field field;
    private Problem? fault;
    private CallerId? id;
    private CallerId? program;
    private CallerId? referee;
    private CallerId? refundOf;
    private CallerId? chargebackOf;
    private ActionKind kind;
    private long? amount;
    private string? currency;
    private DateTimeOffset? occurredAt;
    private ImmutableArray<string> products;
    private string? note;
    private string? metadata;
    private long? earning;
    private ImmutableArray<SoldLine>? lines;
    private ImmutableArray<ActionAttribute>? attributes;

    private ActionParser(ReadOnlySpan<byte> json)
    {
        this.json = json;
        reader = new(json, Strict.Reading);
        products = [];
    }

    [Flags]
    private enum Field
    {
        None = 0,
        ActionId = 1,
        ProgramId = 1 << 1,
        Type = 1 << 2,
        RefereeId = 1 << 3,
        AmountMinor = 1 << 4,
        Currency = 1 << 5,
        OccurredAt = 1 << 6,
        RefundOf = 1 << 7,
        ChargebackOf = 1 << 8,
        ProductIds = 1 << 9,
        Note = 1 << 10,
        Metadata = 1 << 11,
        BaseMinor = 1 << 12,
        Lines = 1 << 13,
        Attributes = 1 << 14,
    }

    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? Parse(ReadOnlySpan<byte> json, out ActionLine line)
    {
        var parser = new ActionParser(json);
        line = default;
        try
        {
            if (!parser.ReadAll() || !parser.Check()) return parser.fault;
            line = parser.Line();
            return null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Malformed JSON, or a string that is no Unicode.
            return Problem.InvalidJson(parser.field == Field.None ? null : NameOf(parser.field), "This is not JSON, or it is nested deeper than 64.");
        }
    }

    private bool ReadAll()
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return Fail(Problem.InvalidJson(null, "A JSON object is expected."));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            field = Known();
            if (field == Field.None) return Fail(Problem.UnknownField(Shown(reader.GetString()!)));
            if ((seen & field) != 0) return Fail(Problem.DuplicateField(NameOf(field)));
            seen |= field;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null && !ReadValue()) return false;
            field = Field.None;
        }

        return !reader.Read() || Fail(Problem.InvalidJson(null, "Something follows the object."));
    }

    private readonly Field Known() => reader.ValueTextEquals("action_id"u8) ? Field.ActionId
        : reader.ValueTextEquals("program_id"u8) ? Field.ProgramId
        : reader.ValueTextEquals("type"u8) ? Field.Type
        : reader.ValueTextEquals("referee_id"u8) ? Field.RefereeId
        : reader.ValueTextEquals("amount_minor"u8) ? Field.AmountMinor
        : reader.ValueTextEquals("currency"u8) ? Field.Currency
        : reader.ValueTextEquals("occurred_at"u8) ? Field.OccurredAt
        : reader.ValueTextEquals("refund_of"u8) ? Field.RefundOf
        : reader.ValueTextEquals("chargeback_of"u8) ? Field.ChargebackOf
        : reader.ValueTextEquals("product_ids"u8) ? Field.ProductIds
        : reader.ValueTextEquals("note"u8) ? Field.Note
        : reader.ValueTextEquals("metadata"u8) ? Field.Metadata
        : reader.ValueTextEquals("base_minor"u8) ? Field.BaseMinor
        : reader.ValueTextEquals("lines"u8) ? Field.Lines
        : reader.ValueTextEquals("attributes"u8) ? Field.Attributes
        : Field.None;

    private bool ReadValue() => field switch
    {
        Field.ActionId => ReadId(ref id),
        Field.ProgramId => ReadId(ref program),
        Field.RefereeId => ReadId(ref referee),
        Field.RefundOf => ReadId(ref refundOf),
        Field.ChargebackOf => ReadId(ref chargebackOf),
        Field.Type => ReadKind(),
        Field.AmountMinor => ReadAmount(),
        Field.Currency => ReadCurrency(),
        Field.OccurredAt => ReadTime(),
        Field.ProductIds => ReadProducts(),
        Field.Note => ReadNote(),
        Field.Metadata => ReadMetadata(),
        Field.BaseMinor => ReadBase(),
        Field.Lines => ActionDetails.ReadLines(ref reader, out lines) is not { } wrong || Fail(wrong),
        _ => ActionDetails.ReadAttributes(ref reader, out attributes) is not { } wrong || Fail(wrong),
    };

    private bool ReadId(scoped ref CallerId? value)
    {
        if (reader.TokenType != JsonTokenType.String) return Fail(Problem.InvalidId(NameOf(field), $"is {Strict.Found(reader)}"));
        var text = reader.GetString()!;
        if (text.Length == 0 && field is Field.RefundOf or Field.ChargebackOf) return true;
        if (!CallerId.IsValid(text)) return Fail(Problem.InvalidId(NameOf(field), CallerIdAtDoor.Fault(text)));
        value = new(text);
        return true;
    }

    private bool ReadKind()
    {
        if (reader.TokenType == JsonTokenType.String)
            kind = reader.ValueTextEquals("sale"u8) ? ActionKind.Sale
                : reader.ValueTextEquals("refund"u8) ? ActionKind.Refund
                : reader.ValueTextEquals("refund_failed"u8) ? ActionKind.RefundFailed
                : reader.ValueTextEquals("chargeback"u8) ? ActionKind.Chargeback
                : reader.ValueTextEquals("chargeback_won"u8) ? ActionKind.ChargebackWon
                : default;
        return kind != default || Invalid($"One of {string.Join(", ", Kinds.Known)} is expected");
    }

    private bool ReadAmount()
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var minor) || minor is < 0 or > AmountLimits.MaxMinor)
            return Invalid($"A whole number of minor units from 0 to {AmountLimits.MaxMinor} is expected");
        amount = minor;
        return true;
    }

    // Below zero it is a base that no sale can have, and not another type of value.
    private bool ReadBase()
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var minor) || minor > AmountLimits.MaxMinor)
            return Invalid($"A whole number of minor units from 0 to {AmountLimits.MaxMinor} is expected.");
        earning = minor;
        return true;
    }

    private bool ReadCurrency()
    {
        if (reader.TokenType != JsonTokenType.String) return Invalid("An ISO 4217 code is expected, like GBP");
        if (reader.ValueSpan.Length == 0) return true;
        if (reader.ValueSpan.Length == 3 && Seen.TryGetValue(reader.ValueSpan[0] | (reader.ValueSpan[1] << 8) | (reader.ValueSpan[2] << 16), out currency)) return true;
        var code = reader.GetString()!;
        if (Currencies.Known(code) is not { } known) return Fail(Problem.InvalidField("currency", Currencies.Expected(code)));
        currency = Seen.GetOrAdd(code[0] | (code[1] << 8) | (code[2] << 16), known);
        return true;
    }

    private bool ReadTime()
    {
        if (reader.TokenType != JsonTokenType.String) return Invalid(Instant.Expected);
        if (reader.ValueSpan.Length == 0) return true;
        Span<char> text = stackalloc char[6 * Instant.MaxLength];
        if (reader.ValueSpan.Length > text.Length || !Instant.TryParse(text[..reader.CopyString(text)], out var instant)) return Invalid(Instant.Expected);
        occurredAt = instant;
        return true;
    }

    private bool ReadProducts()
    {
        if (reader.TokenType != JsonTokenType.StartArray) return Invalid("An array of product ids is expected");
        var ids = ImmutableArray.CreateBuilder<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String || ids.Count == MaxProducts) return Fail(Problem.InvalidField("product_ids", $"An array of at most {MaxProducts} product ids is expected."));
            var product = reader.GetString()!;
            if (product.Length == 0 || Text.Fault(product, CallerId.MaxLength) is not null)
                return Fail(Problem.InvalidField($"product_ids[{ids.Count}]", $"A product id is 1 to {CallerId.MaxLength} characters."));
            ids.Add(product);
        }

        products = ids.DrainToImmutable();
        return true;
    }

    private bool ReadNote()
    {
        if (reader.TokenType != JsonTokenType.String) return Invalid("A text is expected");
        var text = reader.GetString()!;
        if (Text.Fault(text, MaxNote) is { } wrong) return Fail(Problem.InvalidField("note", wrong));
        note = text.Length == 0 ? null : text;
        return true;
    }

    private bool ReadMetadata()
    {
        var start = (int)reader.TokenStartIndex;
        if (Metadata.Read(ref reader, out metadata) is { } wrong) return Fail(wrong);
        return (int)reader.BytesConsumed - start <= Metadata.MaxBytes || Fail(Problem.InvalidField("metadata", $"At most {Metadata.MaxBytes} bytes are possible."));
    }

    // What the fields mean together; a field that belongs to another type of action is its sender's slip.
    private bool Check()
    {
        if (id is null) return Missing("action_id");
        if (program is null) return Missing("program_id");
        if (kind == default) return Missing("type");
        if (referee is null) return Missing("referee_id");
        var refunds = kind is ActionKind.Refund or ActionKind.RefundFailed;
        var charges = kind is ActionKind.Chargeback or ActionKind.ChargebackWon;
        if (refunds && refundOf is null) return Missing("refund_of");
        if (charges && chargebackOf is null) return Missing("chargeback_of");
        if (!refunds && refundOf is not null) return Fail(Problem.InvalidField("refund_of", "Only a refund, or one that failed, names it."));
        if (!charges && chargebackOf is not null) return Fail(Problem.InvalidField("chargeback_of", "Only a chargeback, lost or won, names one."));
        if (amount == 0 && kind != ActionKind.Sale) return Fail(Problem.InvalidField("amount_minor", "It must be above zero."));
        return Detail() is not { } detail || ActionDetails.Check(kind, amount, detail) is not { } wrong || Fail(wrong);
    }

    private readonly ActionDetail? Detail() =>
        earning is null && lines is null && attributes is null ? null : new(earning, lines, attributes);

    private readonly ActionLine Line()
    {
        var action = new ReferralAction(
            id!.Value, default, kind, amount, currency, occurredAt ?? default, refundOf ?? chargebackOf, products, note, metadata, Detail());
        action = action with { Hash = ActionContent.Hash(program!.Value, referee!.Value, action) };
        return new(program.Value, referee.Value, action.Detail is { } detail ? ActionDetails.Filled(action, detail) : action);
    }

    private bool Fail(Problem problem)
    {
        fault = problem;
        return false;
    }

    private bool Invalid(string expected) => Fail(Problem.InvalidField(NameOf(field), $"{expected}, not {Strict.Found(reader)}."));

    private bool Missing(string name) => Fail(Problem.MissingField(name));

    private static string Shown(string name) => name.Length <= 100 ? name : name[..100];

    private static string NameOf(Field field) => JsonNamingPolicy.SnakeCaseLower.ConvertName(field.ToString());
}
