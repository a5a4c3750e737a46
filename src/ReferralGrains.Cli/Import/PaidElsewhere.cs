using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ReferralGrains.Cli.Api;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>
/// What was paid before this server kept the books. All that a history has earned would become payable once more; so what occurred
/// before a day is booked for each referrer as already paid (X6), under an id that makes a second run harmless.
/// </summary>
/// <param name="until">Actions that occurred before it were paid for.</param>
/// <param name="program">Where they are imported.</param>
internal sealed class PaidElsewhere(DateTimeOffset until, string program)
{
    private const int AtOnce = 16;

    // Null for one whose referral was refused: whatever it earned is not of the referrer whom the file names.
    private readonly Dictionary<string, string?> referrers = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Referrer, string Asset), Int128> sums = [];

    // Hashes of the actions that are counted: an id has one effect however many lines have it, and a second run is of duplicates alone, so that
    // nothing in the answers tells a line that is there twice.
    private readonly HashSet<UInt128> counted = [];

    /// <summary>Entries that are new, and that were there.</summary>
    public int Booked { get; private set; }

    public int Existing { get; private set; }

    /// <summary>By the line of no file.</summary>
    public Refusals Refusals { get; } = new();

    public int Refused { get; private set; }

    /// <summary>Actions before that day of referees that the file of referrals does not have: whose they are is not known here.</summary>
    public long Unknown { get; private set; }

    /// <summary>Lines whose action an earlier line of the file has counted.</summary>
    public long Repeats { get; private set; }

    /// <summary>Such actions of referees whose referral was refused: somebody else may have earned by them.</summary>
    public long Elsewhere { get; private set; }

    /// <summary>The first of these referees.</summary>
    public string? FirstElsewhere { get; private set; }

    public int Entries => sums.Count(sum => sum.Value > 0);

    /// <summary>What it comes to, by asset.</summary>
    public IReadOnlyDictionary<string, Int128> Totals =>
        sums.Where(sum => sum.Value > 0).GroupBy(sum => sum.Key.Asset).OrderBy(asset => asset.Key, StringComparer.Ordinal)
            .ToDictionary(asset => asset.Key, asset => asset.Aggregate(Int128.Zero, (total, sum) => total + sum.Value));

    /// <summary>Takes in whose a referee is, by the answer to its line: the first that is not refused is the one that counts (D16).</summary>
    public void Attribute(NumberedLine line, JsonElement answer)
    {
        using var referral = JsonDocument.Parse(line.Json);
        var referee = referral.RootElement.Text("referee_id")!;
        if (answer.Object("error") is not null) referrers.TryAdd(referee, null);
        else referrers[referee] = answer.Text("referrer_id") ?? referral.RootElement.Text("referrer_id");
    }

    /// <summary>Counts an action whose state is known.</summary>
    public void Add(NumberedLine line, JsonElement answer)
    {
        var rewards = answer.Items("decisions").Select(decision => decision.Object("reward")).OfType<JsonElement>()
            .Where(reward => reward.Text("state") != "cancelled").ToList();
        if (rewards.Count == 0) return;
        using var action = JsonDocument.Parse(line.Json);
        if (action.RootElement.Text("occurred_at") is not { } time || FileTimes.Exact.Read(time) is not { } occurred || occurred >= until) return;
        if (!counted.Add(BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(action.RootElement.Text("action_id") ?? "")))))
        {
            Repeats++;
            return;
        }

        var referee = action.RootElement.Text("referee_id") ?? "";
        if (!referrers.TryGetValue(referee, out var referrer))
        {
            Unknown++;
            return;
        }

        if (referrer is null)
        {
            Elsewhere++;
            FirstElsewhere ??= referee;
            return;
        }

        foreach (var reward in rewards)
        {
            var key = (referrer, reward.Text("asset")!);
            sums[key] = sums.GetValueOrDefault(key) + (reward.Number("amount_minor") ?? 0);
        }
    }

    public Task Book(ApiClient api, Action<long> advance, CancellationToken stop) => Parallel.ForEachAsync(
        sums.Where(sum => sum.Value > 0), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (sum, token) =>
        {
            var (referrer, asset) = sum.Key;
            var entry = new
            {
                entry_id = Id(referrer, asset),
                asset,
                amount_minor = (long)sum.Value,
                already_paid = true,
                reason = $"Paid elsewhere for what occurred before {until.UtcDateTime:u}",
            };
            var answer = await api.Post($"/v1/referrers/{Uri.EscapeDataString(referrer)}/entries", entry, token);
            lock (sums)
            {
                if (answer.Refusal is { } refused) Refuse(referrer, refused);
                else if (answer.Json().IsTrue("duplicate")) Existing++;
                else Booked++;
                advance(1);
            }
        });

    // One for each referrer and asset, for an id is unique in its tenant; what it is of may be longer than an id is.
    private string Id(string referrer, string asset)
    {
        var of = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((string[])[program, referrer, asset]));
        return $"paid-before:{until.UtcDateTime:yyyy-MM-dd'T'HHmmss'Z'}:{Convert.ToHexStringLower(of.AsSpan(0, 16))}";
    }

    private void Refuse(string referrer, Problem problem)
    {
        Refused++;
        Refusals.Add(0, problem.Code ?? problem.Status.ToString(), problem.Parameter, $"{referrer}: {problem.Detail}");
    }
}
