using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Webhooks;

/// <summary>What tenants are told, as a list that only grows at its end.</summary>
/// <remarks>Every member throws <see cref="JournalUnavailableException"/> while the database cannot be reached.</remarks>
public interface IWebhookFeed
{
    /// <summary>In their order. Who reads them has them gathered for a week from then on, endpoint or not.</summary>
    /// <param name="after">The last one of the page before.</param>
    /// <param name="latest">Those at the end, instead of those at the beginning.</param>
    /// <returns>Null when there is no event <paramref name="after"/>, or no more.</returns>
    Task<Page<WebhookMessage>?> Page(int tenant, WebhookEventName? after, bool latest, int limit, CancellationToken stop);

    Task<WebhookMessage?> Find(int tenant, WebhookEventName name, CancellationToken stop);

    /// <summary>In a sandbox: an event of which nothing is true, for all who are told.</summary>
    /// <returns>Its id.</returns>
    Task<string> MakeUp(int tenant, WebhookEventType type, DateTimeOffset at, CancellationToken stop);
}

/// <inheritdoc cref="IWebhookFeed"/>
public sealed class WebhookFeed(NpgsqlDataSource database, IFacts facts, ISiloLease lease) : IWebhookFeed
{
    private readonly WebhookBodies bodies = new(database, facts);

    public async Task<Page<WebhookMessage>?> Page(int tenant, WebhookEventName? after, bool latest, int limit, CancellationToken stop)
    {
        await database.Rows(
            """
            insert into webhook_reader as r (tenant, until) select $1, now() + interval '7 days' where is_alive($2)
            on conflict (tenant) do update set until = excluded.until where r.until < now() + interval '6 days'
            """,
            static _ => 0, stop, Questions.Int(tenant), Questions.Long(lease.Silo));
        var position = 0L;
        if (after is { } name && (position = await Position(tenant, name, stop)) == 0) return null;
        var rows = await Rows(tenant, position, latest && after is null, limit + 1, stop);
        var shown = latest && after is null ? rows[Math.Max(0, rows.Count - limit)..] : rows[..Math.Min(rows.Count, limit)];
        return new([.. await bodies.Messages(shown, stop)], rows.Count > limit && !(latest && after is null));
    }

    public async Task<WebhookMessage?> Find(int tenant, WebhookEventName name, CancellationToken stop)
    {
        var rows = await database.Rows(
            $"with v as materialized (select * from webhook_event where tenant = $1 and stream = $2 and seq = $3 and n = $4) {WebhookBodies.Select}",
            WebhookBodies.Read, stop, Questions.Int(tenant), Questions.Long(name.Stream), Questions.Long(name.Seq), Questions.Int(name.Part));
        return (await bodies.Messages(rows, stop)).SingleOrDefault();
    }

    /// <summary>What comes after a position, in its order.</summary>
    internal async Task<IReadOnlyList<WebhookMessage>> After(int tenant, long position, int limit, CancellationToken stop) =>
        await bodies.Messages(await Rows(tenant, position, latest: false, limit, stop), stop);

    public async Task<string> MakeUp(int tenant, WebhookEventType type, DateTimeOffset at, CancellationToken stop) => (await database.Row(
        "insert into webhook_told (tenant, type, at, data) select $1, $2, $3, $4 where is_alive($5) returning id",
        static row => new WebhookEventName(0, row.GetInt64(0), 0), stop,
        Questions.Int(tenant), Questions.Int((int)type), Questions.Time(at), new NpgsqlParameter { Value = WebhookSamples.Of(type), NpgsqlDbType = NpgsqlDbType.Json },
        Questions.Long(lease.Silo))).ToString();

    private Task<List<WebhookRow>> Rows(int tenant, long position, bool latest, int limit, CancellationToken stop) => database.Rows(
        $"""
        with v as materialized (select * from webhook_event where tenant = $1 and id > $2 order by id {(latest ? "desc" : "")} limit $3)
        {WebhookBodies.Select} order by v.id
        """,
        WebhookBodies.Read, stop, Questions.Int(tenant), Questions.Long(position), Questions.Int(limit));

    private async Task<long> Position(int tenant, WebhookEventName name, CancellationToken stop) => await database.Row(
        "select id from webhook_event where tenant = $1 and stream = $2 and seq = $3 and n = $4", static row => row.GetInt64(0), stop,
        Questions.Int(tenant), Questions.Long(name.Stream), Questions.Long(name.Seq), Questions.Int(name.Part));
}
