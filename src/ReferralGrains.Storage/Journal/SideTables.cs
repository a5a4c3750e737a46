using System.Collections.Immutable;
using Npgsql;

namespace ReferralGrains.Storage.Journal;

/// <summary>All side rows of a commit, table by table.</summary>
internal sealed class SideTables
{
    private readonly List<Table> tables = [];

    public SideTables(List<PendingAppend> appends)
    {
        foreach (var pending in appends)
            foreach (var rows in pending.Append.SideRows) rows.AddTo(this, pending.Append.Tenant);
        tables.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
    }

    public void AddTo(NpgsqlBatch batch)
    {
        foreach (var table in tables) table.AddTo(batch);
    }

    /// <summary>Whether an index by this name says that a row is taken.</summary>
    public bool IsUniqueness(string? index) => index is not null && tables.Exists(table => table.Uniqueness == index);

    /// <summary>Asks which rows are taken by now.</summary>
    public async Task LookUp(NpgsqlConnection connection)
    {
        foreach (var table in tables) await table.LookUp(connection);
    }

    /// <summary>Whether a row of an append is taken. Appends are asked for in their order, after <see cref="LookUp"/>.</summary>
    public bool AnyTaken(Append append)
    {
        foreach (var rows in append.SideRows)
            if (rows.AreTaken(this, append.Tenant)) return true;
        return false;
    }

    // There are few, so looking through them costs less than hashing.
    internal Table<TRow> Of<TRow>()
        where TRow : ISideRow<TRow>
    {
        foreach (var table in tables)
            if (table is Table<TRow> found) return found;
        var begun = new Table<TRow>();
        tables.Add(begun);
        return begun;
    }

    internal abstract class Table
    {
        public abstract string Name { get; }

        public abstract string? Uniqueness { get; }

        public abstract void AddTo(NpgsqlBatch batch);

        public abstract Task LookUp(NpgsqlConnection connection);
    }

    internal sealed class Table<TRow> : Table
        where TRow : ISideRow<TRow>
    {
        private readonly List<(int Tenant, TRow Row)> rows = [];
        private Func<int, TRow, bool>? isTaken;

        public override string Name => TRow.Table;

        public override string? Uniqueness => TRow.Uniqueness;

        public void Add(int tenant, ImmutableArray<TRow> added)
        {
            foreach (var row in added) rows.Add((tenant, row));
        }

        public override void AddTo(NpgsqlBatch batch) => TRow.Write(batch, rows);

        public override async Task LookUp(NpgsqlConnection connection)
        {
            if (Uniqueness is not null) isTaken = await TRow.Taken(connection, rows);
        }

        public bool AnyTaken(int tenant, ImmutableArray<TRow> asked)
        {
            if (isTaken is null) return false;
            foreach (var row in asked)
                if (isTaken(tenant, row)) return true;
            return false;
        }
    }
}
