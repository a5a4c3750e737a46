using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Idempotency;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Integration.Tests.Idempotency;

/// <summary>What is kept of named requests, where every gateway sees it.</summary>
public sealed class NamedRequestTests(PostgresServer server) : JournalTest(server)
{
    private static readonly NamedRequest Request = new(1, "/v1/referrers", "k", Encoding.UTF8.GetBytes("content"));
    private static readonly SavedAnswer Answer = new(201, "/v1/referrers/r", Encoding.UTF8.GetBytes("{}"));

    [Fact]
    public async Task What_was_answered_here_is_answered_the_same_elsewhere()
    {
        await using var here = await Gateway();
        await using var there = await Gateway();
        Assert.IsType<Beginning.Begun>(await here.Answers.Begin(Request, Stop));
        Assert.IsType<Beginning.UnderWay>(await there.Answers.Begin(Request, Stop));
        await here.Answers.Save(Request, Answer, Stop);
        var answered = Assert.IsType<Beginning.Answered>(await there.Answers.Begin(Request, Stop)).Answer;
        Assert.Equal((201, "/v1/referrers/r", "{}"), (answered.Status, answered.Location, Encoding.UTF8.GetString(answered.Body.Span)));
        Assert.IsType<Beginning.Reused>(await there.Answers.Begin(Request with { Content = new byte[] { 1 } }, Stop));
        Assert.IsType<Beginning.Begun>(await there.Answers.Begin(Request with { Tenant = 2 }, Stop));
        Assert.IsType<Beginning.Begun>(await there.Answers.Begin(Request with { Route = "/v1/programs" }, Stop));
    }

    [Fact]
    public async Task What_failed_is_free_again()
    {
        await using var here = await Gateway();
        await here.Answers.Begin(Request, Stop);
        await here.Answers.Forget(Request, Stop);
        Assert.IsType<Beginning.Begun>(await here.Answers.Begin(Request with { Content = new byte[] { 1 } }, Stop));
    }

    [Fact]
    public async Task What_a_dead_process_began_another_does_again_and_the_dead_one_saves_nothing()
    {
        await using var here = await Gateway();
        var dead = await Gateway();
        await dead.Answers.Begin(Request, Stop);
        await dead.DisposeAsync();
        Assert.IsType<Beginning.Begun>(await here.Answers.Begin(Request, Stop));
        await new IdempotentAnswers(Database.Source, dead.Lease).Save(Request, Answer, Stop);
        Assert.IsType<Beginning.UnderWay>(await here.Answers.Begin(Request, Stop));
        await Assert.ThrowsAsync<LeaseLostException>(() => new IdempotentAnswers(Database.Source, dead.Lease).Begin(Request with { Key = "other" }, Stop));
    }

    [Fact]
    public async Task A_day_later_the_key_is_free_and_the_answer_is_deleted()
    {
        await using var here = await Gateway();
        foreach (var request in new[] { Request, Request with { Key = "old" }, Request with { Key = "new" } })
        {
            await here.Answers.Begin(request, Stop);
            await here.Answers.Save(request, Answer, Stop);
        }

        await Database.Ask<object>("update idempotent_answer set began_at = began_at - interval '24 h' where key <> 'new' returning null");
        Assert.IsType<Beginning.Begun>(await here.Answers.Begin(Request with { Content = new byte[] { 1 } }, Stop));
        await here.Answers.Sweep(Stop);
        Assert.Equal("k new", await Database.Ask<string>("select string_agg(key, ' ' order by key) from idempotent_answer"));
    }

    // A busy day leaves more than goes in one statement: all of it goes at once, and not ever less of it than comes.
    [Fact]
    public async Task However_much_is_too_old_all_of_it_is_deleted()
    {
        await using var here = await Gateway();
        await Database.Run(
            "insert into idempotent_answer (tenant, route, key, content, silo, began_at) select 1, '/v1/referrers', 'old ' || i, '\\x00', 1, now() - interval '25 h' from generate_series(1, 12000) i");
        await here.Answers.Begin(Request, Stop);
        await here.Answers.Sweep(Stop);
        Assert.Equal("k", await Database.Ask<string>("select string_agg(key, ' ') from idempotent_answer"));
    }

    private async Task<OneGateway> Gateway()
    {
        var source = Database.Process();
        var lease = await SiloLease.Begin(source, $"gateway {Guid.NewGuid():n}", "gateway", TimeProvider.System, NullLogger.Instance, Stop);
        return new(source, lease, new(source, lease));
    }

    private sealed record OneGateway(NpgsqlDataSource Source, SiloLease Lease, IdempotentAnswers Answers) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Lease.DisposeAsync();
            await Source.DisposeAsync();
        }
    }
}
