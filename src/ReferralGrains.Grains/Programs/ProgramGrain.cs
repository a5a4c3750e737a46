using Orleans.Concurrency;
using Orleans.Placement;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;

namespace ReferralGrains.Grains.Programs;

/// <summary>One program, of (tenant, program).</summary>
[Alias("program")]
public interface IProgramGrain : ITurnGrain
{
    /// <summary>For the dashboard: its terms. It only reads.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IProgramGrain"/>
/// <remarks>What it decides is in <see cref="ProgramTurns"/>.</remarks>
[GrainType("program"), Reentrant, PreferLocalPlacement]
internal sealed class ProgramGrain(IGrainContext context, Mailbox mailbox) : TurnGrain(context, mailbox), IProgramGrain
{
    public Task<string> GetState() => Task.FromResult(Mailbox.Turns.Describe());
}
