using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Architecture.Tests;

/// <summary>The journal batches what it is handed and knows no table but its own: a capability brings its rows with their SQL.</summary>
public sealed partial class JournalTests
{
    private const string Journal = "ReferralGrains.Storage.Journal";

    // The silo's row is the fence of every commit.
    private static readonly HashSet<string> own = ["action_moved", "asset", "balance", "commit", "event", "fact", "silo", "stream"];

    [Fact]
    public void The_journal_names_no_table_of_a_capability()
    {
        var others = Directory.GetFiles(Path.Combine(Repository.Folder, "src", "ReferralGrains.Storage", "Migrations"), "*.sql")
            .SelectMany(file => Created().Matches(File.ReadAllText(file)).Select(table => table.Groups[1].Value)).Except(own).ToHashSet();
        Assert.Contains("referral", others);

        var texts = Texts().ToList();
        var named = texts.SelectMany(text => Named().Matches(text.Value).Select(table => (Table: table.Groups[1].Value, text.Where))).ToList();
        Assert.Contains(named, one => one.Table == "event");
        Assert.DoesNotContain(named, one => others.Contains(one.Table));
        Assert.DoesNotContain(texts, text => others.Any(table => text.Value.StartsWith(table + "_", StringComparison.Ordinal)));
    }

    private static IEnumerable<(string Value, string Where)> Texts()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(Repository.Assembly("Storage"));
        foreach (var type in assembly.MainModule.Types.Where(type => type.Namespace == Journal).SelectMany(WithNested))
        {
            foreach (var field in type.Fields)
                if (field.Constant is string constant) yield return (constant, type.FullName);
            foreach (var method in type.Methods.Where(method => method.HasBody))
                foreach (var instruction in method.Body.Instructions)
                    if (instruction.Operand is string text && instruction.OpCode == OpCodes.Ldstr) yield return (text, type.FullName);
        }
    }

    private static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);

    [GeneratedRegex(@"^create table (\w+)", RegexOptions.Multiline)]
    private static partial Regex Created();

    [GeneratedRegex(@"\b(?:from|join|into|update)\s+(\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex Named();
}
