using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Reads what <see cref="JournalJson"/> has written of a sale, which nearly every row of a journal is. The serializer puts the arguments of
/// a constructor of more than four into boxes first, which was three fifths of what a draft over history took in the server
/// (docs/decisions/0025-sales-are-read-by-hand.md).
/// </summary>
internal static class SaleReader
{
    private const int Id = ('i' << 8) | 'd';
    private const int Of = ('o' << 8) | 'f';

    /// <param name="id">Of the action, and its hash: where they are columns, and so not in the data; null where they are in it.</param>
    public static SaleDecided Read(ReadOnlySpan<byte> data, (CallerId Id, ContentHash Hash)? id)
    {
        var json = new Utf8JsonReader(data);
        json.Read();
        var (action, referrer, decisions, counts, replays) = ((ReferralAction?)null, default(StreamId), default(ImmutableArray<RuleDecision>), false, 0);
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case 'a': action = Action(ref json, id); break;
                case 'r': referrer = new(json.GetInt64()); break;
                case 'd': decisions = Decisions(ref json); break;
                case 'n': counts = json.GetBoolean(); break;
                case 'q': replays = json.GetInt32(); break;
                default: json.Skip(); break;
            }
        }

        return new(action!, referrer, decisions, counts, replays);
    }

    private static ReferralAction Action(ref Utf8JsonReader json, (CallerId Id, ContentHash Hash)? known)
    {
        var (id, hash) = known ?? default;
        var (kind, amount, currency, occurredAt) = (default(ActionKind), (long?)null, (string?)null, default(DateTimeOffset));
        var (about, products, note, metadata, detail) = ((CallerId?)null, default(ImmutableArray<string>), (string?)null, (string?)null, (ActionDetail?)null);
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case Id: id = new(json.GetString()!); break;
                case '#': hash = JsonSerializer.Deserialize(ref json, JournalJson.Default.ContentHash); break;
                case 'k': kind = (ActionKind)json.GetInt32(); break;
                case 'm': amount = json.GetInt64(); break;
                case 'c': currency = json.GetString(); break;
                case 't': occurredAt = MicrosecondsJson.At(json.GetInt64()); break;
                case Of: about = new(json.GetString()!); break;
                case 'p': products = JsonSerializer.Deserialize(ref json, JournalJson.Default.ImmutableArrayString); break;
                case 'n': note = json.GetString(); break;
                case 'x': metadata = json.GetString(); break;
                case 'y': detail = JsonSerializer.Deserialize(ref json, JournalJson.Default.ActionDetail); break;
                default: json.Skip(); break;
            }
        }

        return new(id, hash, kind, amount, currency, occurredAt, about, products, note, metadata, detail);
    }

    private static ImmutableArray<RuleDecision> Decisions(ref Utf8JsonReader json)
    {
        var decisions = ImmutableArray.CreateBuilder<RuleDecision>(1);
        while (json.Read() && json.TokenType == JsonTokenType.StartObject) decisions.Add(Decision(ref json));
        return decisions.DrainToImmutable();
    }

    private static RuleDecision Decision(ref Utf8JsonReader json)
    {
        var (enrollment, rule, version, code, adjustedBy, tier, countBefore) = (0, 0, 0, default(DecisionCode), 0, 0, 0);
        var (asset, minor, valueMinor, netBefore, tally, baseMinor) = ((Asset?)null, 0L, 0L, 0L, (long?)null, (long?)null);
        var (held, releasesItself, checksCustomer, releaseAt) = (false, false, false, (DateTimeOffset?)null);
        var (product, tags, further) = ((string?)null, (SeenTags?)null, (FurtherSeen?)null);
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case 'e': enrollment = json.GetInt32(); break;
                case 'u': rule = json.GetInt32(); break;
                case 'v': version = json.GetInt32(); break;
                case 'c': code = (DecisionCode)json.GetInt32(); break;
                case 's': asset = new(json.GetString()!); break;
                case 'm': minor = json.GetInt64(); break;
                case 'h': held = json.GetBoolean(); break;
                case 'z': releasesItself = json.GetBoolean(); break;
                case 'l': releaseAt = MicrosecondsJson.At(json.GetInt64()); break;
                case 'i': tier = json.GetInt32(); break;
                case 'g': valueMinor = json.GetInt64(); break;
                case 'b': netBefore = json.GetInt64(); break;
                case 'n': countBefore = json.GetInt32(); break;
                case 'j': adjustedBy = json.GetInt32(); break;
                case 't': tally = json.GetInt64(); break;
                case 'p': product = json.GetString(); break;
                case 'y': tags = JsonSerializer.Deserialize(ref json, JournalJson.Default.SeenTags); break;
                case 'o': baseMinor = json.GetInt64(); break;
                case 'w': further = JsonSerializer.Deserialize(ref json, JournalJson.Default.FurtherSeen); break;
                case 'k': checksCustomer = json.GetBoolean(); break;
                default: json.Skip(); break;
            }
        }

        return new(
            enrollment, rule, version, code, asset, minor, held, releasesItself, releaseAt, tier, valueMinor, netBefore, countBefore, adjustedBy, tally, product, tags, baseMinor,
            further, checksCustomer);
    }

    // The next member and its value. One that is null is as if it were not there.
    private static bool Next(ref Utf8JsonReader json, out int name)
    {
        do
        {
            name = 0;
            if (!json.Read() || json.TokenType != JsonTokenType.PropertyName) return false;
            foreach (var letter in json.ValueSpan) name = (name << 8) | letter;
            json.Read();
        }
        while (json.TokenType == JsonTokenType.Null);
        return true;
    }
}
