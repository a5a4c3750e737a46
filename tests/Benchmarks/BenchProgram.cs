using System.Globalization;
using System.Text;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;
using ReferralGrains.Cli.Import;

namespace Benchmarks;

/// <summary>A program with its rule, its referrers and its referees, all made over the API.</summary>
internal sealed record BenchProgram(Access Access, string Id, int Referrers, int Referees)
{
    /// <summary>The rate of the flat rule, in basis points.</summary>
    public const int BasisPoints = 1_000;

    private static readonly object[] noTiers = [];

    // The last bound is beyond what a run can add up to: every action has to fall in a tier.
    private static readonly object[] valueTiers =
    [
        new { by = "value", min_minor = 0L, max_minor = 10_000_000L, basis_points = 500 },
        new { by = "value", min_minor = 10_000_001L, max_minor = 1_000_000_000L, basis_points = 700 },
        new { by = "value", min_minor = 1_000_000_001L, max_minor = 1_000_000_000_000_000L, basis_points = 1_000 },
    ];

    public static string Referrer(int index) => $"ref_{index:D4}";

    public static string Referee(int index) => $"cus_{index:D7}";

    /// <summary>Whom a referee was referred by.</summary>
    public int ReferrerOf(int referee) => referee % Referrers;

    /// <param name="isTiered">Whether the referrer's accumulated value chooses the rate, instead of one rate for all.</param>
    /// <param name="time">The clock for waiting.</param>
    /// <param name="stop">Abandons it.</param>
    /// <param name="others">Silos that take in a share of the referrals each, so that each holds its share of the grains.</param>
    public async Task Create(bool isTiered, TimeProvider time, CancellationToken stop, params IReadOnlyList<Access> others)
    {
        using var api = new ApiClient(Access, ApiClient.Patience(time) with { NameRequests = false });
        (await api.Post("/v1/programs", new { id = Id, name = Id, currency = "GBP", time_zone = "Europe/London" }, stop)).Json();
        object reward = isTiered
            ? new { kind = "cash", type = "percent" }
            : new { kind = "cash", type = "percent", basis_points = BasisPoints };
        (await api.Post(
            $"/v1/programs/{Id}/rules",
            new
            {
                id = Id + "_rule",
                name = Id,
                trigger = "recurring_action",
                reward,
                tiers = isTiered ? valueTiers : noTiers,
                hold = new { mode = "days", days = 30 },
                enabled = true,
                acknowledge_warnings = true,
            },
            stop)).Json();

        var names = Enumerable.Range(0, Referrers).Select(Referrer);
        await new ReferrerCreation(api).Run(names, _ => { }, stop);
        Access[] silos = [Access, .. others];
        for (var silo = 0; silo < silos.Length; silo++) await Refer(silos[silo], silo, silos.Length, time, stop);
    }

    private async Task Refer(Access access, int first, int step, TimeProvider time, CancellationToken stop)
    {
        var lines = Enumerable.Range(0, Referees).Where(referee => referee % step == first).Select(referee => new NumberedLine(referee + 1, Encoding.ASCII.GetBytes(
            $$"""{"program_id":"{{Id}}","referee_id":"{{Referee(referee)}}","referrer_id":"{{Referrer(ReferrerOf(referee))}}","status":"approved","approved_at":"2020-01-01T00:00:00Z"}""")));
        var tally = new LineTally();
        await new LineExchange(access, ExchangeLimits.Default, time).Run("/v1/referrals:batch", lines.ToAsyncEnumerable(), 5_000, (line, answer) => tally.Add(line, answer), stop);
        if (tally.Refusals.Kinds is [var refusal, ..])
            throw new CommandFailed(string.Create(CultureInfo.InvariantCulture, $"{tally.Refused} referrals were refused: {refusal.Code}: {refusal.First[0].Reason}"));
    }
}
