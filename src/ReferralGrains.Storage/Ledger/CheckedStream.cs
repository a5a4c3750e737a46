using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Storage.Ledger;

/// <summary>One stream while it is read. A row that is missing or cannot be folded ends it: what follows would only repeat the fault.</summary>
internal sealed class CheckedStream(StreamId stream, KeptBeside? beside, Differences differences, KeptTotals totals)
{
    private readonly List<CheckedRow> one = [];
    private readonly ICheckedFold? fold = beside is null ? null : CheckedFolds.Of(stream, beside);
    private int last;
    private bool isBroken;

    public StreamId Stream => stream;

    public void Add(CheckedRow row)
    {
        if (isBroken) return;
        if (row.Row.Seq != last + 1) Break($"Row ({stream}, {last + 1}) is missing.");
        else if (row.Row.Seq == 1 && beside!.Kind is null) Break($"Row ({stream}, 1) belongs to a stream that the directory does not know.");
        else if (row.Row.Seq == 1 && beside!.Tenant != row.Tenant) Break($"Row ({stream}, 1) is of tenant {row.Tenant}, its stream of {beside.Tenant}.");
        else if (row.Row.Seq > 1 && row.Tenant != one[0].Tenant) Break($"Row ({stream}, {row.Row.Seq}) is of another tenant than its stream.");
        if (isBroken) return;

        last = row.Row.Seq;
        if (row.Row.Type != 0 && one.Count > 0) Fold();
        one.Add(row);
    }

    public void Finish()
    {
        if (!isBroken) Fold();
        if (!isBroken) fold?.Finish(differences, totals);
    }

    // An event and the rows that continue it.
    private void Fold()
    {
        var first = one[0].Row.Seq;
        try
        {
            if (fold?.Add(one) is { } fault) Break($"Row ({stream}, {first}) {fault}.");
        }
        catch (Exception exception)
        {
            // The fold may not fail on what we wrote; on what somebody else wrote it is this check that must not fail.
            Break($"Row ({stream}, {first}) cannot be read as what it says it is ({exception.GetType().Name}).");
        }

        one.Clear();
    }

    private void Break(string detail)
    {
        isBroken = true;
        if (beside?.Tenant is { } tenant) totals.Misses(tenant);
        differences.Add("row", detail);
    }
}
