namespace ReferralGrains.Cli.Files;

/// <summary>What one row says: an action, perhaps with its refund; more rows may add products to it.</summary>
internal sealed class ActionRow
{
    private readonly ActionColumns columns;
    private readonly ActionReading reading;
    private readonly FileMap map;
    private readonly string?[] ids;

    public ActionRow(TableRow row, ActionColumns columns, ActionReading reading)
    {
        (this.columns, this.reading, map) = (columns, reading, reading.Map);
        Draft = new(row.Line) { Source = reading.KeepsSource ? row.Source : null };
        Draft.ActionId = columns.Text(row, null, "action_id");
        ids = columns.Texts(row, "action_id");
        Skipped = WhyLeftOut(row);
        if (Skipped is not null) return;
        Read(row);
        Refund = ReadRefund(row);
    }

    public ActionDraft Draft { get; }

    /// <summary>The refund that stands in the same row.</summary>
    public ActionDraft? Refund { get; private set; }

    public string? Skipped { get; }

    private string Currency => Draft.Currency ?? reading.Currency;

    /// <summary>Whether a row has this action's id. A further row of an order may leave out the one of two that is the action's.</summary>
    public bool IsAlsoIn(TableRow row)
    {
        var both = columns.Texts(row, "action_id").Zip(ids).Where(static id => id.First is not null && id.Second is not null).ToList();
        return both.Count > 0 && both.TrueForAll(static id => id.First == id.Second);
    }

    /// <summary>A row of the same action: another product of the same order.</summary>
    public void AddRow(TableRow row)
    {
        AddProducts(row);
        // Each row but the last gets the cell of a file of rejects that says why, and the last has the reason.
        if (Draft.Source is { } source) Draft.Source = [.. source, (byte)columns.Separator, (byte)'\n', .. row.Source];
        if (Refund is not null) Refund.Source = Draft.Source;
    }

    private string? WhyLeftOut(TableRow row)
    {
        foreach (var (column, name, words) in columns.Only)
        {
            var word = row.Cell(column);
            if (!Has(words, word)) return $"{name} is {(word is null ? "empty" : $"'{word}'")}";
        }

        Draft.Type = TypeOf(row, out var why);
        if (why is not null) return why;
        return map.SkipWithout.FirstOrDefault(field => columns.Text(row, Draft.Type, field) is null) is { } empty
            ? $"{columns.PlaceOf(Draft.Type, empty).Name} is empty"
            : null;
    }

    private string? TypeOf(TableRow row, out string? leftOut)
    {
        leftOut = null;
        if (map.Types is not { } types) return columns.Text(row, null, "type") ?? (map.IsOurs ? null : "sale");
        var word = row.Cell(columns.TypeColumn!.Value) ?? "";
        var known = types.Values.FirstOrDefault(value => value.Key.Equals(word, StringComparison.OrdinalIgnoreCase));
        if (known.Value is not null) return known.Value;
        if (known.Key is not null || types.SkipOthers) leftOut = $"{types.Column} is '{word}'";
        else Draft.Wrong(Fault.Invalid(types.Column, columns.TypeColumn.Value + 1, $"the map says nothing about '{word}'"));
        return null;
    }

    private void Read(TableRow row)
    {
        var amount = Amount(row);
        if (amount < 0 && map.Negative == NegativeAmounts.Refund) Draft.Type = "refund";
        Draft.AmountMinor = amount < 0 && map.Negative != NegativeAmounts.Wrong ? -amount : amount;
        Draft.BaseMinor = Base(row);
        var type = Draft.Type;
        Draft.ActionId = columns.Text(row, type, "action_id");
        Draft.RefereeId = columns.Text(row, type, "referee_id");
        Draft.RefundOf = columns.Text(row, type, "refund_of");
        Draft.ChargebackOf = columns.Text(row, type, "chargeback_of");
        Draft.Note = columns.Text(row, type, "note");
        if (columns.Text(row, type, "occurred_at") is { } time)
        {
            Draft.OccurredAt = reading.Times.Read(time);
            if (Draft.OccurredAt is null) Wrong("occurred_at", reading.Times.Reason(time));
        }

        AddProducts(row);
    }

    private long? Amount(TableRow row)
    {
        // Exports write currencies in small letters, and the server reads these too: the code is one of them all the same.
        Draft.Currency = columns.Text(row, Draft.Type, "currency")?.ToUpperInvariant();
        return Number(row, "amount_minor");
    }

    private long? Base(TableRow row)
    {
        var given = Number(row, "base_minor");
        if (given is not null || columns.Subtract.Count == 0) return given;
        if (Draft.AmountMinor is not { } amount) return null;
        var whole = columns.Whole is { } column ? Number(row, column) ?? amount : amount;
        var left = columns.Subtract.Aggregate(whole, (rest, of) => rest - (Number(row, of) ?? 0));

        // The rest was paid otherwise, as by a balance or a gift card: what was paid holds as large a part of the tax as of the whole.
        // Half away from zero, as the server rounds. A discount may make the tax more than what is left, and none of it earns then.
        return whole == amount || whole <= 0 || amount < 0 || left <= 0
            ? Math.Clamp(left, 0, Math.Max(0, amount))
            : Math.Min(amount, (long)((((Int128)amount * Math.Min(left, whole) * 2) + whole) / ((Int128)whole * 2)));
    }

    private long? Number(TableRow row, string field)
    {
        if (columns.Text(row, Draft.Type, field) is not { } text) return null;
        var (minor, why) = FileAmounts.Read(text, reading.Decimals, Currency);
        if (why is not null) Wrong(field, why);
        return minor;
    }

    private long? Number(TableRow row, int column)
    {
        if (row.Cell(column) is not { } text) return null;
        var (minor, why) = FileAmounts.Read(text, reading.Decimals, Currency);
        if (why is not null) Draft.Wrong(Fault.Invalid(columns.NameOf(column), column + 1, why));
        return minor;
    }

    private ActionDraft? ReadRefund(TableRow row)
    {
        if (map.Refund is null || Draft is not { Type: "sale", ActionId: { } sale, AmountMinor: > 0 and var sold }) return null;
        var back = columns.RefundAmount.Select(column => Number(row, column)).FirstOrDefault(minor => minor is not null);
        if (back is { } sent) back = Math.Abs(sent);
        if (back is null or 0)
        {
            if (!columns.WholeIf.Any(whole => Has(whole.Words, row.Cell(whole.Column)))) return null;
            back = sold;
        }

        var refund = new ActionDraft(row.Line)
        {
            Source = Draft.Source,
            ActionId = sale + ":refund",
            Type = "refund",
            RefereeId = Draft.RefereeId,
            RefundOf = sale,
            AmountMinor = back,
            Currency = Draft.Currency,
            SortAt = Draft.OccurredAt,
        };
        if (ActionColumns.First(row, columns.RefundTime) is not { } time) return refund;
        refund.OccurredAt = reading.Times.Read(time);
        if (refund.OccurredAt is null) refund.Wrong(Fault.Invalid(columns.NameOf(columns.RefundTime[0]), columns.RefundTime[0] + 1, reading.Times.Reason(time)));
        return refund;
    }

    private void AddProducts(TableRow row)
    {
        if (columns.Text(row, Draft.Type, "products") is not { } text) return;
        Draft.Products.AddRange(text.Split(map.ProductSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private void Wrong(string field, string reason)
    {
        var (name, column) = columns.PlaceOf(Draft.Type, field);
        Draft.Wrong(Fault.Invalid(name, column, reason));
    }

    private static bool Has(Names words, string? word) => word is not null && words.All.Contains(word, StringComparer.OrdinalIgnoreCase);
}
