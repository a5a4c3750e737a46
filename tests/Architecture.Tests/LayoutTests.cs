using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>
/// A new version is started beside older ones that go on reading and writing the same tables, so a layout only grows: what is there keeps its
/// name, its type and its meaning, and what is new is nothing that an older version would have to say. An index is nobody's business but the
/// database's, and a constraint may be loosened.
/// </summary>
public sealed partial class LayoutTests
{
    public static TheoryData<string> Files =>
    [
        .. ((string[])["Storage", "Grains"]).SelectMany(static project => Directory.GetFiles(Path.Combine(Repository.Folder, "src", $"ReferralGrains.{project}", "Migrations"), "*.sql"))
            .Select(static file => Path.GetRelativePath(Repository.Folder, file)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_layout_only_grows(string file) => Assert.Empty(Shrinking(File.ReadAllText(Path.Combine(Repository.Folder, file))));

    [Theory]
    [InlineData("alter table event drop column note", "drop column")]
    [InlineData("drop table if exists due", "drop table")]
    [InlineData("alter table due rename to later", "rename")]
    [InlineData("alter table due rename column at to due_at", "rename")]
    [InlineData("alter table due alter column at set not null", "set not null")]
    [InlineData("alter table due alter column at type text", "alter column at type")]
    [InlineData("alter table due add column x int not null, add column y int", "add column x int not null")]
    [InlineData("alter table due add column x int not null default 0, add column y int", null)]
    [InlineData("drop index due_at; -- drop table due", null)]
    public void What_an_older_version_would_trip_over_is_found(string sql, string? found) => Assert.Equal(found, Shrinking(sql).SingleOrDefault());

    private static IEnumerable<string> Shrinking(string sql) => Shrinks().Matches(Comment().Replace(sql, "")).Select(static match => match.Value);

    [GeneratedRegex(@"\bdrop\s+(table|column|schema|type|view|sequence)\b|\brename\b|\bset\s+not\s+null\b|\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b|\badd\s+column\s+[^,;]*?\bnot\s+null\b(?![^,;]*\b(default|generated)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Shrinks();

    [GeneratedRegex("--.*")]
    private static partial Regex Comment();
}
