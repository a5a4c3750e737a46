using System.Text.RegularExpressions;

namespace Architecture.Tests;

public sealed partial class BehaviourTests
{
    /// <summary>A comment that cites what the repository does not hold explains nothing.</summary>
    [Fact]
    public void Every_number_that_code_or_tests_cite_is_explained()
    {
        var explained = Row().Matches(File.ReadAllText(Path.Combine(Repository.Folder, "docs", "behaviour.md"))).Select(row => row.Groups[1].Value).ToHashSet();
        var cited = Sources().SelectMany(file => File.ReadLines(file)
            .SelectMany(line => Number().Matches(line).Select(number => number.Value))
            .Where(number => !explained.Contains(number))
            .Select(number => $"{number} in {Path.GetRelativePath(Repository.Folder, file)}"));
        Assert.Empty(cited.Distinct());
    }

    /// <summary>What is said to hold has a test that carries its number; what is not built yet says so, and has none.</summary>
    [Fact]
    public void Every_number_names_a_test_that_is_there_or_says_that_it_is_not_built()
    {
        var tests = Sources().Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && file.Contains("/tests/", StringComparison.Ordinal))
            .SelectMany(file => Test().Matches(File.ReadAllText(file)).Select(test => test.Groups[1].Value)).ToHashSet();
        var rows = Row().Matches(File.ReadAllText(Path.Combine(Repository.Folder, "docs", "behaviour.md"))).ToList();
        Assert.Equal(85, rows.Count);
        Assert.All(rows, row =>
        {
            var (number, held) = (row.Groups[1].Value, row.Groups[2].Value);
            var carry = tests.Where(test => Heads(test).Contains(number)).ToList();
            if (held == "not yet") Assert.True(carry.Count == 0, $"{number} is said not to be built, and {string.Join(", ", carry)} hold it.");
            else Assert.True(carry.Contains(held.Trim('`')), $"{number} is said to be held by {held}, which is no test that carries its number.");
        });
    }

    // The numbers at the head of a test's name: D8_D20_refunds_….
    private static IEnumerable<string> Heads(string test) => test.Split('_').TakeWhile(part => Number().IsMatch(part + "_a"));

    private static IEnumerable<string> Sources() => new[] { "src", "tests" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Folder, folder), "*", SearchOption.AllDirectories))
        .Where(file => Path.GetExtension(file) is ".cs" or ".sql" or ".razor")
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    // In a comment, as (D8), or at the head of a test's name, as D8_; not :D2, which is a format, nor X1 within a text.
    [GeneratedRegex(@"(?<=(?://|--).*[\s(])[VSRHGDX]\d{1,2}\b(?!')|(?<=\b)[VSRHGDX]\d{1,2}(?=_[A-Za-z])")]
    private static partial Regex Number();

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex Test();

    [GeneratedRegex(@"^\| ([VSRHGDX]\d{1,2}) \|.*\| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
