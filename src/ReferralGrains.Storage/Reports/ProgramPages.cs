using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>Programs and rules: there are few of them, so whether one is enabled is looked at as they are read.</summary>
internal sealed class ProgramPages(NpgsqlDataSource database)
{
    private const int AtOnce = 200;

    public async Task<Page<ProgramTerms>> Programs(ListFilter filter, bool? enabled, CancellationToken stop)
    {
        var found = new List<ProgramTerms>();
        for (var after = filter.After ?? ""; found.Count <= filter.Limit;)
        {
            var read = await database.Rows(
                $"""
                select f.body::text from stream s join fact f on f.stream = s.id
                where s.tenant = $1 and s.kind = {Directory.Program} and s.a > $2 and ($3 is null or s.a >= $3 and s.a < $4)
                order by s.a limit {AtOnce}
                """,
                static reader => Terms(reader, 0), stop, Questions.Int(filter.Tenant), Questions.Text(after), Questions.Text(filter.Prefix), filter.PrefixEnd);
            found.AddRange(read.Where(program => enabled is null || program.Disabled != enabled));
            if (read.Count < AtOnce) break;
            after = read[^1].Id.Value;
        }

        return filter.Page(found);
    }

    public async Task<Page<(ProgramTerms Program, Rule Rule)>> Rules(ListFilter filter, bool? enabled, CancellationToken stop)
    {
        var found = new List<(ProgramTerms Program, Rule Rule)>();
        for (var after = filter.After ?? ""; found.Count <= filter.Limit;)
        {
            var read = await database.Rows(
                $"""
                select r.id, f.body::text from rule r join stream s on s.id = r.program join fact f on f.stream = r.program
                where r.tenant = $1 and r.id > $2 and ($3 is null or r.id >= $3 and r.id < $4) and ($5 is null or s.a = $5)
                order by r.id limit {AtOnce}
                """,
                static reader => (Id: new CallerId(reader.GetString(0)), Program: Terms(reader, 1)), stop,
                Questions.Int(filter.Tenant), Questions.Text(after), Questions.Text(filter.Prefix), filter.PrefixEnd, Questions.Text(filter.Program?.Value));
            found.AddRange(read.Select(static pair => (pair.Program, Rule: pair.Program.Rule(pair.Id)!)).Where(pair => enabled is null || pair.Rule.State.Enabled == enabled));
            if (read.Count < AtOnce) break;
            after = read[^1].Id.Value;
        }

        return filter.Page(found);
    }

    private static ProgramTerms Terms(NpgsqlDataReader reader, int column) =>
        JsonSerializer.Deserialize(reader.GetString(column), JournalJson.Default.ProgramTerms)!;
}
