using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 5: what PostgreSQL refuses is told apart by its SQLSTATE.</summary>
public sealed class FaultTests(PostgresServer server) : JournalTest(server)
{
    [Fact]
    public async Task While_commits_are_refused_nobody_waits_for_the_same_answer_and_the_log_says_it_once()
    {
        var log = new Errors();
        var (tries, refused) = (0L, Rows.Append(1, 1, Rows.Sale("bad", 2)));
        await Refuse("53100", "nextval('met') > 0");
        await using (var writer = new JournalWriter(Database.Source, new Assets(Database.Source), new StillLease(), TimeProvider.System, log))
        {
            await Assert.ThrowsAsync<JournalUnavailableException>(() => writer.Append(refused));
            for (var i = 0; i < 1_000; i++) await Assert.ThrowsAsync<JournalUnavailableException>(() => writer.Append(Rows.Append(2, 1, Rows.Sale("bad", 2))));
            tries = await Database.Ask<long>("select last_value from met");
            await Database.Run("drop trigger refuse on event");
            await Eventually.Holds("commits are taken", () => Task.FromResult(writer.TakesCommits));
            Assert.Equal((0L, 0L), (await RowsOf(1), await Pending(Rows.Referrer.Value)));
            Assert.Equal(AppendOutcome.Committed, await writer.Append(refused));
        }

        Assert.InRange(tries, 1, 100);
        Assert.Collection(log.Messages, line => Assert.Contains("refuses commits (53100", line, StringComparison.Ordinal), line => Assert.Contains("takes commits again", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_append_that_can_never_be_written_falls_alone()
    {
        var unbalanced = Rows.Sale("b") with { Posting = Rows.Reward(0, Rows.Referrer) };
        await using var gate = await CommitGate.Close(Database);
        var first = Writer.Append(Rows.Append(9, 1, Rows.Sale("first", 1)));
        await gate.UntilSomebodyWaits();
        var (good, guilty, unreadable, other) = (
            Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 2))), Writer.Append(Rows.Append(2, 1, unbalanced)),
            Writer.Append(Rows.Append(3, 1, Rows.Sale("c") with { Data = "{"u8.ToArray() })), Writer.Append(Rows.Append(4, 1, Rows.Sale("d", 4))));
        await gate.Open();

        Assert.Equal([AppendOutcome.Committed, AppendOutcome.Committed, AppendOutcome.Committed], await Task.WhenAll(first, good, other));
        Assert.Equal(PostgresErrorCodes.CheckViolation, (await Assert.ThrowsAsync<PostgresException>(() => guilty)).SqlState);
        Assert.Equal(PostgresErrorCodes.InvalidTextRepresentation, (await Assert.ThrowsAsync<PostgresException>(() => unreadable)).SqlState);
        Assert.Equal(7, await Pending(Rows.Referrer.Value));
    }

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task A_batch_that_met_another_is_sent_again(string state)
    {
        await Refuse(state, "nextval('met') < 4");

        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.Committed], await Together(Rows.Append(1, 1, Rows.Sale("bad", 1)), Rows.Append(2, 1, Rows.Sale("a", 2))));
        Assert.Equal(4, await Database.Ask<long>("select last_value from met"));
        Assert.Equal((1L, 3L), (await Commits(1, 2), await Pending(Rows.Referrer.Value)));
    }

    [Theory]
    [InlineData("08006")]
    [InlineData("53100")]
    [InlineData("53200")]
    [InlineData("57014")]
    [InlineData("58030")]
    [InlineData("XX000")]
    public async Task A_database_that_cannot_write_now_takes_nothing_and_works_afterwards(string state)
    {
        await Refuse(state, "true");
        await using (var gate = await CommitGate.Close(Database))
        {
            var first = Writer.Append(Rows.Append(9, 1, Rows.Sale("first", 1)));
            await gate.UntilSomebodyWaits();
            Task<AppendOutcome>[] batch = [Writer.Append(Rows.Append(1, 1, Rows.Sale("bad", 2))), Writer.Append(Rows.Append(2, 1, Rows.Sale("a", 4)))];
            await gate.Open();
            await first;
            foreach (var append in batch) await Assert.ThrowsAsync<JournalUnavailableException>(() => append);
        }

        Assert.Equal((0L, 0L, 1L), (await RowsOf(1), await RowsOf(2), await Pending(Rows.Referrer.Value)));
        await Database.Run("drop trigger refuse on event");
        await Eventually.Holds("commits are taken", () => Task.FromResult(Writer.TakesCommits));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(1, 1, Rows.Sale("bad", 2))));
        Assert.Equal(3, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task A_full_disk_is_unavailable_and_space_makes_it_work_again()
    {
        await using var disk = await SmallDisk.Mount(megabytes: 4);
        await Database.Run($"create tablespace {disk.Name} location '{disk.Folder}'");
        try
        {
            await Database.Run($"alter table event set tablespace {disk.Name}");
            var (committed, large) = (0, Rows.Sale(null) with { Data = Encoding.UTF8.GetBytes($"\"{new string('x', 1_500)}\"") });
            await Assert.ThrowsAsync<JournalUnavailableException>(async () =>
            {
                while (true) await Writer.Append(Rows.Append(1, ++committed, large));
            });

            Assert.Equal(committed - 1, await RowsOf(1));
            Assert.False(Writer.TakesCommits);
            await disk.Grow(megabytes: 16);
            await Eventually.Holds("commits are taken", () => Task.FromResult(Writer.TakesCommits));
            Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(1, committed, large)));
        }
        finally
        {
            await Database.Run("alter table event set tablespace pg_default");
            await Database.Run($"drop tablespace {disk.Name}");
        }
    }

    [Fact]
    public async Task An_append_that_can_never_be_written_is_a_bug_that_is_logged_with_its_stream()
    {
        var log = new Errors();
        await using var writer = new JournalWriter(Database.Source, new Assets(Database.Source), new StillLease(), TimeProvider.System, log);
        await Assert.ThrowsAsync<PostgresException>(() => writer.Append(Rows.Append(4711, 1, Rows.Sale("a") with { Data = "{"u8.ToArray() })));

        Assert.Contains("4711", Assert.Single(log.Messages), StringComparison.Ordinal);
    }

    private sealed class Errors : ILogger<JournalWriter>
    {
        public ConcurrentQueue<string> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Enqueue(formatter(state, exception));
    }

    private Task Refuse(string state, string condition) => Database.Run(
        $"""
        create sequence met;
        grant usage on sequence met to grains;
        create function refuse() returns trigger language plpgsql as $$
        begin
          if new.action_id = 'bad' then
            if {condition} then raise exception 'a test says so' using errcode = '{state}'; end if;
          end if;
          return new;
        end $$;
        create trigger refuse before insert on event for each row execute function refuse();
        """);
}
