using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Which entries of a collection are asked for, and which page of them. What a collection has no index for it is not asked: the door
/// refuses such a combination.
/// </summary>
/// <param name="After">The id of the last entry of the page before; null for the first page.</param>
public sealed record ListFilter(int Tenant, int Limit, string? After = null)
{
    public CallerId? Program { get; init; }

    public CallerId? Referrer { get; init; }

    public CallerId? Referee { get; init; }

    /// <summary>From this moment on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this moment.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>What the entries' ids begin with.</summary>
    public string? Prefix { get; init; }

    /// <summary>Of one referral: the last row that can hold an entry. Nobody looks for more behind it, however many rows there are.</summary>
    public int? LastRow { get; init; }

    /// <summary>One more than the page holds tells whether another follows.</summary>
    internal int Rows => Limit + 1;

    internal Page<T> Page<T>(List<T> rows) => new([.. rows.Take(Limit)], rows.Count > Limit);

    // Ids are printable ASCII and compared byte by byte, so this comes after everything that begins like that.
    internal NpgsqlParameter PrefixEnd => Questions.Text(Prefix is null ? null : Prefix + '\x7f');
}
