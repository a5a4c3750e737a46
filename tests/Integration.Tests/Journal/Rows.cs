using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>Rows and appends for tests of the journal itself, which does not look into its rows.</summary>
public static class Rows
{
    public static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly StreamId Program = new(1_000_001);
    public static readonly StreamId Referrer = new(1_000_002);
    public static readonly Asset Gbp = Asset.Cash("GBP");

    /// <summary>A row of a sale that gives its referrer an amount, pending.</summary>
    public static EventRow Sale(string? action, long? minor = null, StreamId? referrer = null) => new(
        1, 1, null, At, minor is { } amount ? Reward(amount, referrer ?? Referrer) : null, action is null ? null : new CallerId(action),
        action is null ? null : Hash(action), "{}"u8.ToArray());

    public static Posting Reward(long minor, StreamId referrer) =>
        new(new(Program, AccountKind.Rewards), new(referrer, AccountKind.Pending), new(minor, Gbp));

    public static Append Append(long stream, int firstSeq, params EventRow[] rows) => Append((stream, firstSeq, rows));

    public static Append Append(params (long Stream, int FirstSeq, EventRow[] Rows)[] streams) =>
        new() { Tenant = 1, Streams = [.. streams.Select(part => new StreamRows(new(part.Stream), part.FirstSeq, [.. part.Rows]))] };

    public static ContentHash Hash(string content) => new(new UInt128(0, BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(content)))));

    /// <summary>The first rows of a stream that is entered in the directory with them.</summary>
    public static Append Begin(long stream, StreamKey key, params EventRow[] rows) =>
        new() { Tenant = key.Tenant, Streams = [new(new(stream), 1, [.. rows], key)] };
}
