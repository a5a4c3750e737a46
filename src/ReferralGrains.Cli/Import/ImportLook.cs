using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>The first reading of both files, to their ends: all that is wrong with them is known before anything is sent.</summary>
internal sealed class ImportLook(ActionFile actions, ReferralFile? referrals, Rejects? rejects, string currency)
{
    private readonly HashSet<string> referrers = new(StringComparer.Ordinal);

    public FileFindings Actions { get; } = new();

    public FileFindings Referrals { get; } = new();

    /// <summary>Every referrer once. This is the one thing that is held in memory for the whole file.</summary>
    public IReadOnlyCollection<string> Referrers => referrers;

    public long Bad => Actions.Bad + Referrals.Bad;

    /// <summary>Whether anything may be sent: all is right, or what is wrong has its place in a file of rejects.</summary>
    public bool MayGoOn => Bad == 0 || (rejects is not null && Referrals.Bad == 0 && !Actions.IsCutShort);

    public async Task Run(Action<long> advance, CancellationToken stop)
    {
        foreach (var (line, _, referrer) in referrals?.Lines() ?? [])
        {
            stop.ThrowIfCancellationRequested();
            Referrals.Add(line, currency);
            if (referrer is not null) referrers.Add(referrer);
            advance(1);
        }

        await foreach (var line in actions.Lines(stop))
        {
            Actions.Add(line, currency);
            if (line.Faults is [var first, ..]) rejects?.Add(line.Line.Number, line.Line.Source, $"line {line.Line.Number}, {first.Field ?? first.Code}: {first.Reason}");
            advance(1);
        }
    }
}
