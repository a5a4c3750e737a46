using System.Xml.Linq;
using Mono.Cecil;

namespace Architecture.Tests;

/// <summary>The reference table of docs/architecture.md: which project may know which, and which of the world's libraries.</summary>
public sealed class ReferenceTests
{
    private const string All = "*";

    // Project, the projects that it may name, the packages that it may name; what a project brings along is held by the second test.
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> table = new()
    {
        ["Domain"] = ([], []),
        ["Storage"] = (["Domain"], ["Npgsql", "Microsoft.Extensions.Logging.Abstractions"]),
        ["Turns"] = (["Storage"], []),
        ["Grains"] = (["Turns"], ["Microsoft.Orleans.", "Npgsql"]),
        ["Payouts"] = (["Turns", "Storage"], ["Stripe.net"]),
        ["Webhooks"] = (["Turns", "Storage"], ["StandardWebhooks"]),
        ["Gateway"] = (["Turns"], ["Microsoft.AspNetCore.", "Scalar.AspNetCore", "OpenTelemetry."]), // /metrics is one of its routes.
        ["Client"] = ([], []),
        ["Web"] = (["Client"], [All]),
        ["LocalPostgres"] = ([], ["Npgsql", "Microsoft.Extensions.Logging.Abstractions"]),
        ["Server"] = ([All], [All]),
        ["Cli"] = (["Client"], ["System.CommandLine", "Spectre.Console", "CsvHelper"]),
    };

    // Assemblies that code of a project must not name, whatever a reference of a reference would let it reach.
    private static readonly Dictionary<string, string[]> unseen = new()
    {
        ["Domain"] = ["Npgsql", "Orleans", "Microsoft.AspNetCore", "Microsoft.Extensions"],
        ["Storage"] = ["Orleans", "Microsoft.AspNetCore"],
        ["Turns"] = ["Npgsql", "Orleans", "Microsoft.AspNetCore"],
        ["Gateway"] = ["Npgsql", "Orleans", "Stripe"],
        ["Cli"] = ["Npgsql", "Orleans", "Microsoft.AspNetCore", "ReferralGrains.Domain", "ReferralGrains.Storage", "ReferralGrains.Turns"],
    };

    public static TheoryData<string> Projects => [.. Repository.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_names_only_what_the_table_lets_it(string project)
    {
        Assert.True(table.TryGetValue(project, out var row), $"{project} has no row in the table.");
        var file = XDocument.Load(Repository.ProjectFile(project));
        var projects = file.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(Name(reference))["ReferralGrains.".Length..]);
        var packages = file.Descendants("PackageReference").Select(Name);
        Assert.All(projects, name => Assert.True(row.Projects.Contains(All) || row.Projects.Contains(name), name));
        Assert.All(packages, name => Assert.True(row.Packages.Contains(All) || row.Packages.Any(allowed => Covers(allowed, name)), name));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Code_names_nothing_that_its_project_must_not_see(string project)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(Repository.Assembly(project));
        var forbidden = unseen.GetValueOrDefault(project, []);
        Assert.All(assembly.MainModule.AssemblyReferences, reference =>
            Assert.False(forbidden.Any(one => reference.Name == one || reference.Name.StartsWith(one + ".", StringComparison.Ordinal)), reference.Name));
    }

    // A name that ends with a point stands for a family.
    private static bool Covers(string allowed, string name) => allowed.EndsWith('.') ? name.StartsWith(allowed, StringComparison.Ordinal) : name == allowed;

    private static string Name(XElement reference) => reference.Attribute("Include")!.Value;
}
