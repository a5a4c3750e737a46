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

    private static IEnumerable<string> Sources() => new[] { "src", "tests" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Folder, folder), "*", SearchOption.AllDirectories))
        .Where(file => Path.GetExtension(file) is ".cs" or ".sql" or ".razor")
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    // In a comment, as (D8), or at the head of a test's name, as D8_; not :D2, which is a format, nor X1 within a text.
    [GeneratedRegex(@"(?<=(?://|--).*[\s(])[VSRHGDX]\d{1,2}\b(?!')|(?<=\b)[VSRHGDX]\d{1,2}(?=_[A-Za-z])")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\| ([VSRHGDX]\d{1,2}) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
