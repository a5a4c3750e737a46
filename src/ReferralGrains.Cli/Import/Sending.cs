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
            if (referrals is not null) await SendReferrals(referrals, options, stop);
            await SendActions(sort?.Lines(stop) ?? Fit(actions, stop), rejects, options, stop);
            if (report.Paid is { Entries: > 0 } paid) await stages.Stage("paid before", paid.Entries, advance => paid.Book(api, advance, stop));
        }
        finally
        {
            (report.Interruptions, report.SentAgain) = (exchange.Interruptions, exchange.SentAgain);
        }
    }

    private async Task SendReferrals(ReferralFile referrals, ImportOptions options, CancellationToken stop)
    {
        var referrers = report.Referrers = new ReferrerCreation(api);
        await stages.Stage("referrers", report.Look.Referrers.Count, advance => referrers.Run(report.Look.Referrers, advance, stop));

        var tally = report.Referrals = new LineTally();
        var lines = referrals.Lines().Where(line => line.Line.IsFit).Select(line => line.Line.Line).ToAsyncEnumerable();
        await stages.Stage("referrals", report.Look.Referrals.Fit, advance => exchange.Run("/v1/referrals:batch", lines, ReferralsPerRequest, (line, answer) =>
        {
            tally.Add(line, answer);
            report.Paid?.Attribute(line, answer);
            advance(1);
        }, stop));
        CheckWhole(options.Referrals!, report.Look.Referrals, tally);
    }

    private async Task SendActions(IAsyncEnumerable<NumberedLine> lines, Rejects? rejects, ImportOptions options, CancellationToken stop)
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

        CheckWhole(options.Actions, report.Look.Actions, tally);
        if (parked.Count == 0) return;
        await stages.Stage("parked ones again", parked.Count, advance => exchange.Run(ActionStream, parked.Lines(stop), long.MaxValue, (line, answer) =>
        {
            tally.Settle(answer);
            report.Paid?.Add(line, answer);
            advance(1);
        }, stop));
    }

    // What is no longer there in a file, or no longer right, when it is read for the second time would be missed by nobody.
    private static void CheckWhole(string file, FileFindings found, LineTally sent)
    {
        if (sent.Lines != found.Fit)
            throw new CommandFailed($"{file} changed while it was read: {found.Fit:N0} lines were fit to be sent, and {sent.Lines:N0} were sent; run the same command again");
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
