using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>
/// A snapshot that was kept is read by every later version of the same fold, and folded on; one of an older fold is replayed. So a golden
/// file is never edited: a fold that keeps anything else gets a new version, and files of its own (<c>GRAINS_WRITE=1</c> writes those that
/// are not there).
/// </summary>
public sealed class GoldenSnapshotTests
{
    public static TheoryData<string> Stories => [.. GoldenSnapshots.Kinds.SelectMany(static kind => kind.Stories.Select(story => FileOf(kind, story)))];

    [Theory]
    [MemberData(nameof(Stories))]
    public void A_snapshot_is_still_read_and_folded_on(string file)
    {
        var (kind, story) = Find(file);
        var path = Path.Combine(Folder(), file);
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("GRAINS_WRITE") == "1")
            File.WriteAllText(path, JsonSerializer.Serialize(kind.Write(story), JournalJson.Default.Snapshot) + "\n");
        Assert.True(File.Exists(path), $"{file} is not there: a new fold needs a golden snapshot.");
        var kept = JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Default.Snapshot)!;

        Assert.Equal(kind.Version, kept.Fold);
        Assert.True(JsonElement.DeepEquals(kept.State, kind.Write(story).State), $"{file} is written otherwise now: the fold needs a new version.\n{kept.State}\n{kind.Write(story).State}");
        var (whole, on) = kind.Tell(story, kept);
        Assert.Equal(whole, on);
    }

    [Fact]
    public void A_snapshot_of_every_kind_has_every_field()
    {
        var missing = new List<string>();
        foreach (var kind in GoldenSnapshots.Kinds)
        {
            var (seen, known) = (new HashSet<(Type, string)>(), new HashSet<(Type, string)>());
            foreach (var story in kind.Stories) See(kind.Json, kind.Write(story).State, seen, known);
            missing.AddRange(known.Except(seen).Select(one => $"{kind.Name}: {one.Item1.Name}.{one.Item2}"));
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    private static string FileOf(IGoldenKind kind, string story) => $"{kind.Name}.v{kind.Version}.{story}.json";

    private static (IGoldenKind Kind, string Story) Find(string file) =>
        GoldenSnapshots.Kinds.SelectMany(static kind => kind.Stories.Select(story => (kind, story))).Single(one => FileOf(one.kind, one.story) == file);

    // What is written where a property of a type stands, and what could be. What has a converter of its own writes what that knows.
    private static void See(JsonTypeInfo type, JsonElement value, HashSet<(Type, string)> seen, HashSet<(Type, string)> known)
    {
        if (value.ValueKind == JsonValueKind.Array && type.ElementType is { } element)
        {
            foreach (var one in value.EnumerateArray()) See(Info(element), one, seen, known);
            return;
        }

        if (value.ValueKind != JsonValueKind.Object) return;
        if (type.Kind == JsonTypeInfoKind.Dictionary && type.ElementType is { } of)
        {
            foreach (var one in value.EnumerateObject()) See(Info(of), one.Value, seen, known);
            return;
        }

        foreach (var property in type.Properties.Where(static one => one.Get is not null && one.Set is not null))
        {
            known.Add((type.Type, property.Name));
            if (!value.TryGetProperty(property.Name, out var there)) continue;
            seen.Add((type.Type, property.Name));
            See(Info(property.PropertyType), there, seen, known);
        }
    }

    private static JsonTypeInfo Info(Type type) => JournalJson.Default.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden", "Snapshots");
}
