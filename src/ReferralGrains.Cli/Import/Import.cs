using System.Diagnostics;
using ReferralGrains.Cli.Api;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>
/// One run of an import: read the files to their ends, then create the referrers, send the referrals, then the actions. Nothing is
/// sent before all is known to be right, for what was sent once stays.
/// </summary>
internal sealed class Import(Access access, ImportOptions options, ExchangeLimits limits, Surroundings around)
{
    public async Task<int> Run(bool json, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        using var actionInput = await InputFile.Take(options.Actions, around.In, stop);
        using var referralInput = options.Referrals is null ? null : await InputFile.Take(options.Referrals, around.In, stop);
        // What it sends has ids of its own: to be sent again it needs no other name.
        using var api = new ApiClient(access, ApiClient.Patience(around.Time) with { NameRequests = false });
        var program = await ProgramRules.Read(api, access, options.Program, stop);
        var actions = new ActionFile(actionInput, Reading(program.Currency));
        var referrals = referralInput is null ? null : new ReferralFile(referralInput, options.Program, options.ReferralTimes());
        using var rejects = options.Rejects is { } path ? new Rejects(path, actions.Table) : null;
        var paidBefore = options.PaidBefore(program.TimeZone);
        var look = new ImportLook(actions, referrals, rejects, program.Currency);
        var report = new ImportReport(options.Program, look) { Paid = paidBefore is { } until ? new(until, options.Program) : null };

        await Stages.Show(around, json, stages => stages.Stage("checked", 0, advance => look.Run(advance, stop)));
        var cautions = new Cautions(options, look, program, around.Time.GetUtcNow());
        Say(cautions.Notes(actionInput.Name, actions.Table));
        if (!options.DryRun && look.MayGoOn)
        {
            cautions.CheckPaid();
            if (around.IsTerminal) cautions.AskFirst();
            var changed = await cautions.SettleHolds(stop);
            Say(changed);
            var exchange = new LineExchange(access, limits, around.Time);
            try
            {
                await Stages.Show(around, json, stages =>
                    new Sending(api, exchange, stages, report).Run(actions, referrals, rejects, options, stop));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                around.Note($"{report.Actions?.Lines ?? 0:N0} of {look.Actions.Fit:N0} actions were answered; run the same command again to go on, nothing is taken twice", json);
                throw;
            }

            Say(report.Afterthoughts(holdsChanged: changed.Count > 0));
        }

        report.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (json) around.Out.WriteLine(report.ToJson());
        else report.Print(around.Out);
        return report.Refused == 0 ? CommandLine.Succeeded : throw Failure(report, actionInput, referralInput);

        void Say(IEnumerable<string> notes)
        {
            foreach (var note in notes)
            {
                report.Notes.Add(note);
                around.Note(note, json);
            }
        }
    }

    private ActionReading Reading(string currency) =>
        new(options.Program, currency, options.Map, options.Times(), options.Decimals ?? options.Map.Decimals, KeepsSource: options.Rejects is not null);

    private static CommandFailed Failure(ImportReport report, InputFile actions, InputFile? referrals)
    {
        if (report.Paid is { Refused: > 0 and var entries }) return new($"{entries:N0} referrers have another sum booked as paid, and {report.Refused - entries:N0} lines were refused");
        if (report.Actions is not null) return new(report.Refused == 1 ? "1 line was refused" : $"{report.Refused:N0} lines were refused");
        var (file, findings) = report.Look.Referrals.Bad > 0 ? (referrals!, report.Look.Referrals) : (actions, report.Look.Actions);
        return report.Look.Bad == 1 && findings.Only is { } only
            ? BadFile.At(file.Name, only.Line, only.Fault)
            : new($"{report.Refused:N0} lines are wrong, in {file.Name} first, and nothing was sent");
    }
}
