using System.Diagnostics;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>A program's whole history through a draft of its rule: another rate, and a most for each referral.</summary>
internal static class WhatIfMeasurement
{
    private const long MaxAmountMinor = 1_000_000_000_000;

    /// <returns>Actions replayed per second.</returns>
    public static async Task<double> Run(BenchProgram program, CancellationToken stop)
    {
        using var api = new ApiClient(program.Access);
        var began = Stopwatch.GetTimestamp();
        var answer = (await api.Post(
            "/v1/rules:what_if",
            new
            {
                program_id = program.Id,
                rule = new
                {
                    id = program.Id + "_rule",
                    trigger = "recurring_action",
                    reward = new { kind = "cash", type = "percent", basis_points = 2 * BenchProgram.BasisPoints },
                    limits = new { max_amount_minor = MaxAmountMinor },
                },
            },
            stop)).Json();
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var actions = answer.GetProperty("actions").GetInt64();
        var (asIs, draft) = (Earned("as_is"), Earned("draft"));
        // No referral reaches the most: each reward doubles, but for its rounding.
        if (asIs == 0 || draft < asIs || Math.Abs(draft - (2 * asIs)) > actions)
            throw new CommandFailed($"what_if: twice the rate made {draft} of {asIs}");
        return actions / seconds;

        long Earned(string side) => answer.GetProperty(side).GetProperty("earned_minor").GetInt64();
    }
}
