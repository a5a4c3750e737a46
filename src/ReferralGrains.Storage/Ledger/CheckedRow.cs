using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Storage.Ledger;

/// <summary>A journal row with all its columns, the continuing ones too.</summary>
internal readonly record struct CheckedRow(StreamId Stream, StoredRow Row, int? About, Posting? Posting, int Tenant)
{
    public static CheckedRow Read(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)),
        new(
            reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt16(3), reader.GetInt16(4), reader.MaybeText(5), reader.Maybe<Guid>(6),
            reader.IsDBNull(7) ? default(ReadOnlyMemory<byte>) : reader.GetFieldValue<byte[]>(7)),
        reader.Maybe<int>(8),
        reader.IsDBNull(11)
            ? null
            : new(Account.FromNumber(reader.GetInt64(9)), Account.FromNumber(reader.GetInt64(10)), new(reader.GetInt64(11), new(reader.MaybeText(12) ?? ""))),
        reader.GetInt32(13));

    public static string Show(Posting? posting) => posting is not { } moved
        ? "nothing"
        : $"{moved.Amount.Minor} {moved.Amount.Asset} from {moved.From.Kind} of {moved.From.Owner} to {moved.To.Kind} of {moved.To.Owner}";
}

/// <summary>What is kept beside a stream and must follow from it.</summary>
/// <param name="Kind">Of the stream's grain; null when the directory does not know the stream.</param>
/// <param name="Program">Of a referral: its program's stream.</param>
/// <param name="Page">Of a referral: what its page begins from, as a <see cref="Journal.Snapshot"/>.</param>
/// <param name="Parked">Of a referral: the rows of the actions that are said to wait.</param>
internal sealed record KeptBeside(
    short? Kind, int? Tenant, StreamId? Program, DateTimeOffset? DueAt, ReferralRow? Referral, int? FactVersion, string? Fact, byte[]? Snapshot,
    KeptItem? Item = null, byte[]? Page = null, int[]? Parked = null)
{
    public static KeptBeside Read(NpgsqlDataReader reader) => new(
        reader.Maybe<short>(14),
        reader.Maybe<int>(15),
        reader.Maybe<long>(16) is { } program ? new StreamId(program) : null,
        reader.Maybe<DateTimeOffset>(17),
        reader.Maybe<long>(18) is { } of
            ? new(new(reader.GetInt64(0)), new(of), new(reader.GetInt64(19)), reader.GetInt16(20), reader.GetFieldValue<DateTimeOffset>(21), reader.Maybe<DateTimeOffset>(22), reader.GetBoolean(26))
            : null,
        reader.Maybe<int>(23),
        reader.MaybeText(24),
        reader.IsDBNull(25) ? null : reader.GetFieldValue<byte[]>(25),
        reader.Maybe<short>(27) is { } status
            ? new(status, reader.GetBoolean(28), reader.GetInt32(29), reader.MaybeText(30), reader.GetInt64(31), new(reader.GetInt64(32)))
            : null,
        reader.Maybe<int>(33) is { } seq ? KeptPage(new(reader.GetInt64(0)), seq, reader.GetInt16(34), reader.GetString(35)) : null,
        reader.IsDBNull(36) ? null : reader.GetFieldValue<int[]>(36));

    // Said as a snapshot, so that it is compared as one.
    private static byte[] KeptPage(StreamId stream, int seq, short fold, string state)
    {
        using var parsed = JsonDocument.Parse(state);
        return JsonSerializer.SerializeToUtf8Bytes(new Snapshot(stream, seq, fold, parsed.RootElement), JournalJson.Default.Snapshot);
    }
}

/// <summary>A payout item's row, as far as money hangs on it.</summary>
internal sealed record KeptItem(short Status, bool InTransit, int Generation, string? Transfer, long Minor, StreamId Referrer);
