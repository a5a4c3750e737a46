using System.Collections.Immutable;

namespace ReferralGrains.Storage.Ledger;

/// <summary>What did not agree; the first ones are enough for a person to begin with.</summary>
internal sealed class Differences
{
    private const int Most = 100;

    private readonly ImmutableArray<LedgerDifference>.Builder found = ImmutableArray.CreateBuilder<LedgerDifference>();

    public bool IsFull => found.Count >= Most;

    public ImmutableArray<LedgerDifference> Found => found.ToImmutable();

    public void Add(string what, string detail)
    {
        if (!IsFull) found.Add(new(what, detail));
    }
}
