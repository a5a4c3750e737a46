using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Tests.Conventions;

/// <summary>The domain is values and pure functions: checked on what the compiler made of it.</summary>
public class DomainConventionTests
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Domain = typeof(Referral).Assembly;

    [Fact]
    public void The_domain_references_only_the_base_library() => Assert.All(
        Domain.GetReferencedAssemblies(), reference => Assert.Matches(@"^System\.[A-Za-z.]+$", reference.Name!));

    [Fact]
    public void Nothing_public_can_be_set_after_it_was_made() => Assert.Empty(
        from type in Domain.GetTypes()
        from property in type.GetProperties(Everything)
        where property.SetMethod is { IsPublic: true } set && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
        select $"{type.Name}.{property.Name}");

    [Fact]
    public void No_field_can_be_written_from_outside() => Assert.Empty(
        from type in Domain.GetTypes()
        where !type.IsEnum
        from field in type.GetFields(Everything)
        where field is { IsPublic: true, IsInitOnly: false, IsLiteral: false } && !IsGenerated(type)
        select $"{type.Name}.{field.Name}");

    [Fact]
    public void Every_record_that_is_not_a_family_is_sealed() => Assert.Empty(
        from type in Domain.GetTypes()
        where type is { IsClass: true, IsSealed: false, IsAbstract: false } && !IsGenerated(type)
        select type.Name);

    [Fact]
    public void D1_nothing_is_floating_point() => Assert.Empty(
        from type in Domain.GetTypes()
        from use in Uses(type)
        where use.Type == typeof(double) || use.Type == typeof(float) || use.Type == typeof(double?) || use.Type == typeof(float?)
        select $"{type.Name}: {use.Name}");

    [Fact]
    public void D1_nothing_floating_point_is_called() =>
        Assert.Empty(CalledMembers().Where(member => member.Takes.Contains("double") || member.Takes.Contains("float")).Select(member => member.Name));

    [Theory]
    [InlineData("DateTime.get_Now")]
    [InlineData("DateTime.get_UtcNow")]
    [InlineData("DateTime.get_Today")]
    [InlineData("DateTimeOffset.get_Now")]
    [InlineData("DateTimeOffset.get_UtcNow")]
    [InlineData("TimeProvider.get_System")]
    [InlineData("Stopwatch.")]
    [InlineData("Environment.")]
    [InlineData("Random.")]
    [InlineData("Guid.NewGuid")]
    [InlineData("Task.")]
    [InlineData("Thread.")]
    [InlineData("File.")]
    [InlineData("TimeZoneInfo.get_Local")]
    public void There_is_no_clock_no_chance_and_no_input_or_output(string member) =>
        Assert.DoesNotContain(CalledMembers(), called => called.Name.StartsWith(member, StringComparison.Ordinal));

    private static IEnumerable<(string Name, Type Type)> Uses(Type type) =>
    [
        .. type.GetFields(Everything).Select(field => (field.Name, field.FieldType)),
        .. type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)).SelectMany(method =>
            method.GetParameters().Select(parameter => (method.Name, parameter.ParameterType))
                .Append((method.Name, method is MethodInfo info ? info.ReturnType : typeof(void)))
                .Concat(method.GetMethodBody()?.LocalVariables.Select(local => (method.Name, local.LocalType)) ?? [])),
    ];

    private static List<(string Name, string[] Takes)> CalledMembers()
    {
        using var file = new PEReader(File.OpenRead(Domain.Location));
        var metadata = file.GetMetadataReader();
        var members = new List<(string Name, string[] Takes)>();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference || member.GetKind() != MemberReferenceKind.Method) continue;
            var parent = metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name);
            var signature = member.DecodeMethodSignature(new TypeNames(), genericContext: null);
            members.Add(($"{parent}.{metadata.GetString(member.Name)}", [.. signature.ParameterTypes, signature.ReturnType]));
        }

        return members;
    }

    private static bool IsGenerated(Type type) => type.Name.Contains('<') || type.GetCustomAttribute<CompilerGeneratedAttribute>() is not null;
}
