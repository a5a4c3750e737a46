using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Turns.Tests.World;

/// <summary>
/// Fills a value of any type through its longest constructor, no two numbers alike and nothing at its default. Where a type is one of
/// several, each list holds all of them.
/// </summary>
public sealed class Samples
{
    private readonly Dictionary<Type, int> turns = [];
    private int next = 1;

    public object Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return Of(inner);
        if (type.IsEnum) return Enum.GetValues(type).Cast<object>().Last();
        if (Plain(type) is { } plain) return plain;
        if (type.IsGenericType) return Gathered(type);
        return type.IsAbstract ? Of(OneOf(type)) : Made(type);
    }

    /// <summary>Everything in a value, by the parameters of its constructors, for comparing what went in with what came out.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "null",
        DateTimeOffset at => at.ToString("O", CultureInfo.InvariantCulture),
        string or int or long or short or bool or Enum or CallerId or StreamId or Asset or ContentHash => value.ToString()!,
        System.Collections.IEnumerable many => $"[{string.Join(", ", many.Cast<object?>().Select(Describe))}]",
        _ => $"{value.GetType().Name}({string.Join(", ", Parameters(value.GetType()).Select(parameter => Described(value, parameter)))})",
    };

    private static string Described(object value, ParameterInfo parameter)
    {
        var property = value.GetType().GetProperty(parameter.Name!, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)!;
        return $"{parameter.Name}: {Describe(property.GetValue(value))}";
    }

    private object? Plain(Type type) =>
        type == typeof(string) ? $"text {next++}"
        : type == typeof(int) ? next++
        : type == typeof(long) ? (long)next++ << 33
        : type == typeof(short) ? (short)next++
        : type == typeof(bool) ? true
        : type == typeof(DateTimeOffset) ? new DateTimeOffset(2026, 3, 29, 1, 59, 59, TimeSpan.Zero).AddTicks(next++ * 10)
        : type == typeof(CallerId) ? new CallerId($"id-{next++}")
        : type == typeof(StreamId) ? new StreamId(next++)
        : type == typeof(Asset) ? Asset.Credit("GBP")
        : type == typeof(ContentHash) ? new ContentHash(UInt128.MaxValue - (UInt128)next++)
        : null;

    private object Gathered(Type type)
    {
        var (definition, arguments) = (type.GetGenericTypeDefinition(), type.GetGenericArguments());
        if (definition == typeof(ImmutableArray<>)) return Filled(arguments[0]);
        if (definition == typeof(ImmutableDictionary<,>)) return Mapped(typeof(ImmutableDictionary), arguments);
        if (definition == typeof(ImmutableSortedDictionary<,>)) return Mapped(typeof(ImmutableSortedDictionary), arguments);
        throw new NotSupportedException($"No sample of {type}.");
    }

    private object Filled(Type item)
    {
        var items = System.Array.CreateInstance(item, Math.Max(2, Kinds(item)));
        for (var i = 0; i < items.Length; i++) items.SetValue(Of(item), i);
        return typeof(Samples).GetMethod(nameof(Array), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(item).Invoke(null, [items])!;
    }

    private object Mapped(Type factory, Type[] arguments)
    {
        var pairs = typeof(Dictionary<,>).MakeGenericType(arguments);
        var map = (System.Collections.IDictionary)Activator.CreateInstance(pairs)!;
        for (var i = 0; i < 2; i++) map.Add(Of(arguments[0]), Of(arguments[1]));
        var create = factory.GetMethods().First(method => method.Name == "CreateRange" && method.GetParameters().Length == 1);
        return create.MakeGenericMethod(arguments).Invoke(null, [map])!;
    }

    private static ImmutableArray<T> Array<T>(T[] items) => [.. items];

    private object Made(Type type) => Longest(type) is { } constructor
        ? constructor.Invoke([.. constructor.GetParameters().Select(parameter => Of(parameter.ParameterType))])
        : Activator.CreateInstance(type)!;

    // One after the other, so that a list that is long enough holds each.
    private Type OneOf(Type family)
    {
        var cases = Cases(family);
        var turn = turns[family] = turns.GetValueOrDefault(family) + 1;
        return cases[turn % cases.Length];
    }

    // Of the item itself, or of what it wraps.
    private static int Kinds(Type item) =>
        item.IsAbstract
            ? Cases(item).Length
            : Parameters(item).Select(parameter => parameter.ParameterType).Where(type => type.IsAbstract).Select(type => Cases(type).Length).DefaultIfEmpty().Max();

    private static Type[] Cases(Type family) => [.. family.GetCustomAttributes<JsonDerivedTypeAttribute>().Select(attribute => attribute.DerivedType)];

    private static ParameterInfo[] Parameters(Type type) => Longest(type)?.GetParameters() ?? [];

    private static ConstructorInfo? Longest(Type type) => type.GetConstructors().MaxBy(constructor => constructor.GetParameters().Length);
}
