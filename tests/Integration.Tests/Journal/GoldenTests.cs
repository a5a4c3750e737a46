using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>
/// The journal, rule 8: what was written once is read for ever. A golden row is never edited; an event that must change gets a new
/// version, and a golden row more.
/// </summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Files => [.. System.IO.Directory.GetFiles(Folder(), "*.json").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_row_of_every_type_and_version_is_still_read(string file)
    {
        var row = GoldenRow.Read(Path.Combine(Folder(), file));
        var expected = GoldenEvents.Added.GetValueOrDefault(file.Split('.')[^2]) ?? GoldenEvents.All.Single(e => EventCodec.NumberOf(e.GetType()) == row.Type);

        Assert.Equal(All(expected), All(row.Decode(expected)));
    }

    [Fact]
    public void Every_type_in_the_version_that_is_written_now_has_a_golden_row()
    {
        var there = Files.Select(file => GoldenRow.Read(Path.Combine(Folder(), file.Data))).Select(row => (row.Type, row.Version)).ToHashSet();

        Assert.Equal(EventCodec.Known.Count, GoldenEvents.All.Count);
        Assert.All(EventCodec.Known, type => Assert.Contains((EventCodec.NumberOf(type), EventCodec.Version), there));
    }

    [Fact]
    public void Every_event_is_written_as_it_can_be_read() => Assert.All([.. GoldenEvents.All, .. GoldenEvents.Added.Values], e =>
    {
        var row = GoldenEvents.Write(e);
        var again = new GoldenRow(row.Type, row.Version, row.ActionId?.Value, row.Hash?.ToGuid(), Encoding.UTF8.GetString(row.Data!)).Decode(e);
        Assert.Equal(All(e), All(again));
    });

    [Fact]
    public void A_version_that_is_not_known_is_never_guessed_at() =>
        Assert.Throws<InvalidOperationException>(() => EventCodec.Decode<ReferralEvent>(1, 2, "{}"u8, null, null));

    // Every property of every part, whatever the journal leaves out.
    private static string All(object e) => JsonSerializer.Serialize(e, e.GetType());

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}

/// <summary>A journal row as one line of JSON: the columns that an event is read from.</summary>
public sealed record GoldenRow(short Type, short Version, string? ActionId, Guid? Hash, string Data)
{
    public static GoldenRow Read(string file)
    {
        using var line = JsonDocument.Parse(File.ReadAllText(file));
        var row = line.RootElement;
        return new(
            row.GetProperty("type").GetInt16(), row.GetProperty("version").GetInt16(), row.GetProperty("action_id").GetString(),
            row.GetProperty("action_hash") is { ValueKind: JsonValueKind.String } hash ? hash.GetGuid() : null, row.GetProperty("data").GetRawText());
    }

    private byte[] Bytes => Encoding.UTF8.GetBytes(Data);

    public object Decode(object like) => like switch
    {
        ReferralEvent => EventCodec.Decode<ReferralEvent>(Type, Version, Bytes, ActionId, Hash),
        ReferrerEvent => EventCodec.Decode<ReferrerEvent>(Type, Version, Bytes, ActionId, Hash),
        PayoutBatchEvent => EventCodec.Decode<PayoutBatchEvent>(Type, Version, Bytes, ActionId, Hash),
        PayoutItemEvent => EventCodec.Decode<PayoutItemEvent>(Type, Version, Bytes, ActionId, Hash),
        PayoutAccountEvent => EventCodec.Decode<PayoutAccountEvent>(Type, Version, Bytes, ActionId, Hash),
        PayoutPlanEvent => EventCodec.Decode<PayoutPlanEvent>(Type, Version, Bytes, ActionId, Hash),
        ProgramEvent => EventCodec.Decode<ProgramEvent>(Type, Version, Bytes, ActionId, Hash),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
