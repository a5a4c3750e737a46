using System.Collections.Immutable;
using Npgsql;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// A row of a table that a capability keeps beside the journal and that commits with the events of its append. The capability brings
/// the SQL with the row: the journal batches what it is handed, and knows no such table.
/// </summary>
public interface ISideRow<TSelf>
    where TSelf : ISideRow<TSelf>
{
    /// <summary>Every commit writes its tables in the order of their names, so that two never wait for each other in a circle.</summary>
    static abstract string Table { get; }

    /// <summary>The index that refuses a row which is taken already; null where rows cannot meet.</summary>
    static virtual string? Uniqueness => null;

    /// <summary>Adds one statement for all rows of a commit, which come in the order of its appends.</summary>
    static abstract void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, TSelf Row)> rows);

    /// <summary>
    /// After the index has refused some of these rows: tells of one after the other whether it is taken by now, be it by one before it
    /// that was not. Its append is decided again.
    /// </summary>
    static virtual Task<Func<int, TSelf, bool>> Taken(NpgsqlConnection connection, IReadOnlyList<(int Tenant, TSelf Row)> rows) =>
        throw new NotSupportedException($"Rows of {TSelf.Table} are unique, and nobody says which of them are taken.");
}

/// <summary>The rows of one table that an append brings.</summary>
public abstract class SideRows
{
    public static SideRows Of<TRow>(ImmutableArray<TRow> rows)
        where TRow : ISideRow<TRow> => rows.IsEmpty ? SideRows<TRow>.None : new SideRows<TRow>(rows);

    internal abstract void AddTo(SideTables tables, int tenant);

    internal abstract bool AreTaken(SideTables tables, int tenant);
}

/// <inheritdoc cref="SideRows"/>
public sealed class SideRows<TRow> : SideRows
    where TRow : ISideRow<TRow>
{
    internal static readonly SideRows<TRow> None = new([]);

    internal SideRows(ImmutableArray<TRow> rows) => Rows = rows;

    public ImmutableArray<TRow> Rows { get; }

    internal override void AddTo(SideTables tables, int tenant)
    {
        if (!Rows.IsEmpty) tables.Of<TRow>().Add(tenant, Rows);
    }

    internal override bool AreTaken(SideTables tables, int tenant) => !Rows.IsEmpty && tables.Of<TRow>().AnyTaken(tenant, Rows);
}
