using System.Diagnostics;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>One run of an import: check the files, create the referrers, send the referrals, then the actions.</summary>
internal sealed class Import(Access access, string program, ExchangeLimits limits, Surroundings around)
{
    // A batch of referrals is answered as a whole or as it goes; of this size either is fine.
    private const int ReferralsPerRequest = 5_000;

    public async Task<int> Run(string actionPath, string? referralPath, bool json, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        using var api = new ApiClient(access);
        var referralFile = referralPath is null ? null : new ReferralFile(referralPath, program);
        var referrers = new ReferrerCreation(api, limits, around.Time);
        var exchange = new LineExchange(access, limits, around.Time);
        var referralTally = referralFile is null ? null : new LineTally();
        var actionTally = new LineTally();

        await Stages.Show(around, json, async stages =>
        {
            // Both files are read to their ends before anything is sent, so that a slip in the last line changes nothing.
            var names = referralFile?.Referrers() ?? [];
            var referrals = referralFile?.Lines().LongCount() ?? 0;
            var actions = await ActionFile.Lines(actionPath, program, stop).LongCountAsync(stop);
            await ProgramExists(api, stop);

            if (referralFile is not null)
            {
                await stages.Stage("referrers", names.Count, advance => referrers.Run(names, advance, stop));
                await stages.Stage("referrals", referrals, advance => exchange.Run(
                    "/v1/referrals:batch", referralFile.Lines().ToAsyncEnumerable(), ReferralsPerRequest, Counting(referralTally!, advance), stop));
            }

            await stages.Stage("actions", actions, advance => exchange.Run(
                "/v1/actions:stream", ActionFile.Lines(actionPath, program, stop), long.MaxValue, Counting(actionTally, advance), stop));
        });

        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var report = new ImportReport(program, referrers, referralTally, actionTally, exchange.Interruptions, exchange.SentAgain, seconds);
        if (json) around.Out.WriteLine(report.ToJson());
        else report.Print(around.Out);
        return report.IsComplete ? CommandLine.Succeeded : throw new CommandFailed($"{report.Refused:N0} lines were refused");
    }

    private static Action<NumberedLine, System.Text.Json.JsonElement> Counting(LineTally tally, Action<long> advance) => (line, answer) =>
    {
        tally.Add(line, answer);
        advance(1);
    };

    private async Task ProgramExists(ApiClient api, CancellationToken stop)
    {
        var answer = await api.Get($"/v1/programs/{Uri.EscapeDataString(program)}", stop);
        if (answer.IsNotThere)
        {
            throw new CommandFailed($"there is no program '{program}'; create it first: curl -X POST {access.Url}v1/programs -H \"Authorization: Bearer $GRAINS_ADMIN_KEY\" " +
                $"-H 'Content-Type: application/json' -d '{{\"id\":\"{program}\",\"name\":\"{program}\",\"currency\":\"GBP\",\"time_zone\":\"Europe/London\"}}'");
        }

        answer.Json();
    }
}
