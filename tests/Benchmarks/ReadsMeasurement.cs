using System.Diagnostics;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>How long people wait who look into a long history: one caller, one call after the other.</summary>
internal static class ReadsMeasurement
{
    private const int Times = 15;

    public static async Task<IReadOnlyList<(string Read, Sample Milliseconds)>> Run(BenchProgram program, CancellationToken stop)
    {
        using var api = new ApiClient(program.Access);
        var (referee, referrer) = (BenchProgram.Referee(1), BenchProgram.Referrer(1));
        var action = (await api.Get($"/v1/actions?program_id={program.Id}&referee_id={referee}&limit=1", stop)).Json().GetProperty("data")[0].Text("action_id");
        var results = new List<(string, Sample)>();
        (string Read, string Call)[] calls =
        [
            ("actions", "/v1/actions?limit=100"),
            ("actions of a referee", $"/v1/actions?program_id={program.Id}&referee_id={referee}&limit=100"),
            ("an action", $"/v1/actions/{action}"),
            ("a referral", $"/v1/referrals/{program.Id}/{referee}"),
            ("referrals by a part", $"/v1/referrals?program_id={program.Id}&q=old_1234&limit=100"),
            ("rewards on hold", "/v1/rewards?state=pending&limit=100"),
            ("rewards of a referrer", $"/v1/referrers/{referrer}/rewards?limit=100"),
            ("a balance", $"/v1/referrers/{referrer}/balance"),
            ("a statement", $"/v1/referrers/{referrer}/statement?from=2024-01-01T00:00:00Z&to=2024-02-01T00:00:00Z"),
            ("postings", "/v1/ledger/postings?limit=100"),
            ("a program's figures", $"/v1/programs/{program.Id}/figures"),
            ("the overview", "/v1/overview"),
        ];
        foreach (var (read, call) in calls) results.Add((read, await Time(api, call, stop)));
        return results;
    }

    private static async Task<Sample> Time(ApiClient api, string call, CancellationToken stop)
    {
        var milliseconds = new List<double>(Times);
        for (var i = 0; i <= Times; i++)
        {
            var began = Stopwatch.GetTimestamp();
            (await api.Get(call, stop)).Json();
            // The first one is not counted: pages of PostgreSQL are read and methods compiled.
            if (i > 0) milliseconds.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return new(milliseconds);
    }
}
