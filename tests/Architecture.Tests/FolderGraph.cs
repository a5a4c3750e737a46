using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Architecture.Tests;

/// <summary>Which folders of one project use which: read from what was compiled, so that no way of writing a name is missed.</summary>
internal sealed class FolderGraph
{
    /// <summary>The files that lie in no folder.</summary>
    public const string Root = "(root)";

    private readonly string rootNamespace;
    private readonly Dictionary<string, SortedSet<string>> uses = [];
    private readonly Dictionary<(string, string), SortedSet<string>> reasons = [];

    /// <param name="assemblyPath">What was built of the project.</param>
    /// <param name="rootNamespace">Its namespace.</param>
    /// <param name="leftOut">Types that may use everything.</param>
    public FolderGraph(string assemblyPath, string rootNamespace, IReadOnlySet<string> leftOut)
    {
        this.rootNamespace = rootNamespace;
        using var assembly = AssemblyDefinition.ReadAssembly(assemblyPath);
        foreach (var type in assembly.MainModule.Types)
            if (!leftOut.Contains(type.Name)) Add(type, FolderOf(type));
    }

    public IEnumerable<string> Folders => uses.Keys;

    public IReadOnlySet<string> UsedBy(string folder) => uses.GetValueOrDefault(folder) ?? [];

    /// <summary>The types that make one folder depend on another.</summary>
    public string Reason(string folder, string other) => $"{folder} -> {other}: {string.Join("; ", reasons[(folder, other)])}";

    /// <summary>Each set of such folders that can reach one another.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Knots(Func<string, bool> counts) => [.. uses.Keys.Where(counts)
        .Select(folder => uses.Keys.Where(counts).Where(other => other == folder || (Reaches(folder, other, counts) && Reaches(other, folder, counts))).Order().ToList())
        .Where(knot => knot.Count > 1)
        .DistinctBy(knot => string.Join(' ', knot))];

    private bool Reaches(string from, string to, Func<string, bool> counts)
    {
        var seen = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out var folder))
        {
            foreach (var next in UsedBy(folder).Where(counts))
            {
                if (next == to) return true;
                if (seen.Add(next)) open.Push(next);
            }
        }

        return false;
    }

    private void Add(TypeDefinition type, string? folder)
    {
        if (folder is null) return;
        uses.TryAdd(folder, []);
        Note(folder, type, type.BaseType);
        foreach (var one in type.Interfaces) Note(folder, type, one.InterfaceType);
        foreach (var field in type.Fields) Note(folder, type, field.FieldType);
        foreach (var method in type.Methods) AddMethod(folder, type, method);
        foreach (var nested in type.NestedTypes) Add(nested, folder);
    }

    private void AddMethod(string folder, TypeDefinition type, MethodDefinition method)
    {
        Note(folder, type, method.ReturnType);
        foreach (var parameter in method.Parameters) Note(folder, type, parameter.ParameterType);
        if (!method.HasBody) return;
        foreach (var variable in method.Body.Variables) Note(folder, type, variable.VariableType);
        foreach (var instruction in method.Body.Instructions) AddOperand(folder, type, instruction);
    }

    private void AddOperand(string folder, TypeDefinition type, Instruction instruction)
    {
        if (instruction.Operand is TypeReference used) Note(folder, type, used);
        if (instruction.Operand is not MemberReference member) return;
        Note(folder, type, member.DeclaringType);
        if (member is GenericInstanceMethod generic)
            foreach (var argument in generic.GenericArguments) Note(folder, type, argument);
    }

    private void Note(string folder, TypeDefinition by, TypeReference? used)
    {
        if (used is null) return;
        if (used is GenericInstanceType generic)
            foreach (var argument in generic.GenericArguments) Note(folder, by, argument);
        if (FolderOf(used.GetElementType()) is not { } other || other == folder) return;
        uses[folder].Add(other);
        if (!reasons.TryGetValue((folder, other), out var names)) reasons[(folder, other)] = names = [];
        names.Add($"{Outermost(by).Name} uses {used.GetElementType().Name}");
    }

    /// <summary>Null for what is another project's, and for what the compiler made without a namespace.</summary>
    private string? FolderOf(TypeReference type)
    {
        var name = Outermost(type).Namespace;
        if (name == rootNamespace) return Root;
        return name.StartsWith(rootNamespace + ".", StringComparison.Ordinal) ? name[(rootNamespace.Length + 1)..].Split('.')[0] : null;
    }

    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type;
    }
}
