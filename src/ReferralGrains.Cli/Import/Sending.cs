using System.Runtime.CompilerServices;
using ReferralGrains.Cli.Api;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>Sends what was found to be right: referrers, referrals, actions, in this order, for each needs those before it.</summary>
internal sealed class Sending(ApiClient api, LineExchange exchange, Stages stages, ImportReport report)
{
    // A batch of referrals is answered as a whole or as it goes; of this size either is fine.
    private const int ReferralsPerRequest = 5_000;
    private const string ActionStream = "/v1/actions:stream";

    public async Task Run(ActionFile actions, ReferralFile? referrals, Rejects? rejects, ImportOptions options, CancellationToken stop)
    {
        using var sort = options.Sort ? new TimeSort() : null;
        if (sort is not null) await stages.Stage("sorted", 0, advance => sort.Take(Counted(actions.Lines(stop), advance, stop), stop));
        try
        {
            if (referrals is not null) await SendReferrals(referrals, stop);
            await SendActions(sort?.Lines(stop) ?? Fit(actions, stop), rejects, stop);
            if (report.Paid is { Entries: > 0 } paid) await stages.Stage("paid before", paid.Entries, advance => paid.Book(api, advance, stop));
        }
        finally
        {
            (report.Interruptions, report.SentAgain) = (exchange.Interruptions, exchange.SentAgain);
        }
    }

    private async Task SendReferrals(ReferralFile referrals, CancellationToken stop)
    {
        var referrers = report.Referrers = new ReferrerCreation(api);
        await stages.Stage("referrers", report.Look.Referrers.Count, advance => referrers.Run(report.Look.Referrers, advance, stop));

        var tally = report.Referrals = new LineTally();
        var lines = referrals.Lines().Select(line => line.Line.Line).ToAsyncEnumerable();
        await stages.Stage("referrals", report.Look.Referrals.Fit, advance => exchange.Run("/v1/referrals:batch", lines, ReferralsPerRequest, (line, answer) =>
        {
            tally.Add(line, answer);
            report.Paid?.Attribute(line, answer);
            advance(1);
        }, stop));
    }

    private async Task SendActions(IAsyncEnumerable<NumberedLine> lines, Rejects? rejects, CancellationToken stop)
    {
        using var parked = new ParkedLines();
        var tally = report.Actions = new LineTally();
        await stages.Stage("actions", report.Look.Actions.Fit, advance => exchange.Run(ActionStream, lines, long.MaxValue, (line, answer) =>
        {
            if (tally.Add(line, answer) is { } refused) rejects?.Add(line.Number, line.Source, $"line {line.Number}, {refused}");
            if (LineTally.IsParked(answer)) parked.Add(line);
            else report.Paid?.Add(line, answer);
            advance(1);
        }, stop));

        if (parked.Count == 0) return;
        await stages.Stage("parked ones again", parked.Count, advance => exchange.Run(ActionStream, parked.Lines(stop), long.MaxValue, (line, answer) =>
        {
            tally.Settle(answer);
            report.Paid?.Add(line, answer);
            advance(1);
        }, stop));
    }

    private static async IAsyncEnumerable<NumberedLine> Fit(ActionFile actions, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var line in actions.Lines(stop))
            if (line.IsFit) yield return line.Line;
    }

    private static async IAsyncEnumerable<FileLine> Counted(IAsyncEnumerable<FileLine> lines, Action<long> advance, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var line in lines.WithCancellation(stop))
        {
            advance(1);
            yield return line;
        }
    }
}
