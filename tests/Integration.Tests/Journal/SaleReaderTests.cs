using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A sale is read by hand: as the serializer, which has written it, would read it, whatever a part of it gains.</summary>
public sealed class SaleReaderTests
{
    private static readonly short Sale = EventCodec.NumberOf(typeof(SaleDecided));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sale_with_every_field_is_read_whole(bool identityIsInTheData)
    {
        var sale = (SaleDecided)Filled(typeof(SaleDecided));
        var text = JsonSerializer.Serialize(sale, JournalJson.Default.SaleDecided);
        var known = identityIsInTheData ? default : (Id: sale.Action.Id.Value, Hash: (Guid?)sale.Action.Hash.ToGuid());
        if (!identityIsInTheData) text = Without(text, "id", "#");

        Assert.Equal(JsonSerializer.Serialize(sale), JsonSerializer.Serialize(Read(text, known.Id, known.Hash)));
    }

    [Fact]
    public void A_field_that_is_not_there_or_null_or_unknown_is_what_the_serializer_makes_of_it()
    {
        var whole = JsonNode.Parse(JsonSerializer.Serialize((SaleDecided)Filled(typeof(SaleDecided)), JournalJson.Default.SaleDecided))!.AsObject();
        foreach (var (part, members) in new[] { ("", whole), ("a", whole["a"]!.AsObject()), ("d", whole["d"]![0]!.AsObject()) })
            foreach (var name in members.Select(static member => member.Key).ToList())
            {
                var without = whole.DeepClone();
                Of(without, part).Remove(name);
                if (part.Length > 0 || name is not ("a" or "d")) AsTheSerializer(without);
                Of(without, part).Add("later", new JsonArray(1, new JsonObject { ["a"] = 2 }));
                if (part.Length > 0 || name is not ("a" or "d")) AsTheSerializer(without);
            }

        foreach (var name in new[] { "m", "c", "of", "n", "x", "y" }) AsTheSerializer(With("a", name));
        foreach (var name in new[] { "s", "l", "t", "p", "y", "o", "w" }) AsTheSerializer(With("d", name));

        JsonNode With(string part, string nothing)
        {
            var with = whole.DeepClone();
            Of(with, part)[nothing] = null;
            return with;
        }

        static JsonObject Of(JsonNode sale, string part) => part switch { "" => sale, "a" => sale["a"]!, _ => sale["d"]![0]! } as JsonObject ?? throw new InvalidOperationException();
    }

    private static void AsTheSerializer(JsonNode sale)
    {
        var text = sale.ToJsonString();
        Assert.Equal(All(JsonSerializer.Deserialize(text, JournalJson.Default.SaleDecided)!), All(Read(text, null, null)));
    }

    private static SaleDecided Read(string text, string? id, Guid? hash) => EventCodec.Decode<SaleDecided>(Sale, EventCodec.Version, Encoding.UTF8.GetBytes(text), id, hash);

    // What has no array at all is not to be taken for what has an empty one.
    private static string All(SaleDecided sale) => JsonSerializer.Serialize(sale, JournalJson.Default.SaleDecided);

    private static string Without(string text, params string[] names)
    {
        var sale = JsonNode.Parse(text)!;
        foreach (var name in names) sale["a"]!.AsObject().Remove(name);
        return sale.ToJsonString();
    }

    // Each field has a value, and no two of a kind have the same.
    private static object Filled(Type type)
    {
        var number = 0;
        return Of(type);

        object Of(Type kind)
        {
            number++;
            if (Nullable.GetUnderlyingType(kind) is { } present) return Of(present);
            if (kind == typeof(int)) return number;
            if (kind == typeof(long)) return 10_000_000_000L + number;
            if (kind == typeof(bool)) return true;
            if (kind == typeof(string)) return $"text \"ü\" {number}";
            if (kind == typeof(UInt128)) return UInt128.MaxValue - (UInt128)number;
            if (kind == typeof(DateTimeOffset)) return DateTimeOffset.UnixEpoch.AddDays(number).AddMicroseconds(number);
            if (kind == typeof(ActionKind)) return ActionKind.RefundFailed;
            if (kind == typeof(DecisionCode)) return DecisionCode.WindowClosed;
            if (kind.IsGenericType && kind.GetGenericTypeDefinition() == typeof(ImmutableArray<>)) return Several(kind.GetGenericArguments()[0]);
            var constructor = kind.GetConstructors().Where(one => one.GetParameters() is not [{ } only] || only.ParameterType != kind).MaxBy(static one => one.GetParameters().Length)!;
            return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Of(parameter.ParameterType))]);
        }

        object Several(Type element)
        {
            var several = Array.CreateInstance(element, 2);
            for (var i = 0; i < 2; i++) several.SetValue(Of(element), i);
            return typeof(ImmutableArray).GetMethods().Single(static method => method is { Name: nameof(ImmutableArray.Create), IsGenericMethod: true } && method.GetParameters() is [{ ParameterType.IsArray: true }])
                .MakeGenericMethod(element).Invoke(null, [several])!;
        }
    }
}
