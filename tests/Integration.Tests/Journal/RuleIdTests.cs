using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Programs;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A rule's id is unique in its tenant, and the database decides who was first with it.</summary>
public sealed class RuleIdTests(PostgresServer server) : JournalTest(server)
{
    [Fact]
    public async Task Who_is_second_with_an_id_in_one_batch_or_later_is_refused_and_the_rest_of_its_batch_commits()
    {
        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.FactMoved, AppendOutcome.Committed],
            await Together(Naming(1, "r"), Naming(2, "r"), Rows.Append(3, 1, Rows.Sale("plain"))));
        Assert.Equal(AppendOutcome.FactMoved, await Writer.Append(Naming(4, "r")));

        Assert.Equal((1, 0, 1, 0), (await RowsOf(1), await RowsOf(2), await RowsOf(3), await RowsOf(4)));
        Assert.Equal(1, await Database.Ask<long>("select program from rule where tenant = 1 and id = 'r'"));
    }

    [Fact]
    public async Task Of_two_writers_one_is_first()
    {
        await using var other = NewWriter(Database.Source);
        for (var i = 0; i < 20; i++)
        {
            var outcomes = await Task.WhenAll(Writer.Append(Naming(100 + i, $"r{i}")), other.Append(Naming(200 + i, $"r{i}")));
            Assert.Equal([AppendOutcome.Committed, AppendOutcome.FactMoved], outcomes.Order());
        }
    }

    [Fact]
    public async Task A_rule_leads_to_its_program_inside_its_tenant()
    {
        await using var world = await JournalWorld.Create(Database, "one", Terms.Percent(10_00));
        await using var facts = new PostgresFacts(Database.Source, TimeProvider.System);

        Assert.Equal(new CallerId("program"), await facts.ProgramOfRule(world.Tenant, new("rule1"), Stop));
        Assert.Null(await facts.ProgramOfRule(world.Tenant, new("rule2"), Stop));
        Assert.Null(await facts.ProgramOfRule(world.Tenant + 1, new("rule1"), Stop));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Naming(9_000_001, "rule1", world.Tenant + 1)));
    }

    private static Append Naming(long program, string rule, int tenant = 1) => new()
    {
        Tenant = tenant,
        Streams = [new(new(program), 1, [Rows.Sale(null)])],
        SideRows = [SideRows.Of<RuleRow>([new(new(rule), new(program))])],
    };
}
