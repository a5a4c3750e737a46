using System.Collections.Immutable;

namespace ReferralGrains.Domain.Payouts;

/// <summary>
/// How long a payout waits for what. The defaults are also the floors, or ceilings, of live money: only sandboxes and tests go beyond.
/// </summary>
public sealed record PayoutWaits
{
    public static readonly PayoutWaits Live = new();

    private static readonly ImmutableArray<string> None = [];

    /// <summary>After its first sending a key is sent no more: Stripe may forget it after 24 hours and pay again.</summary>
    public TimeSpan KeyLife { get; init; } = TimeSpan.FromHours(20);

    /// <summary>Between two look-ups that found nothing.</summary>
    public TimeSpan LookAgain { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between the last sending and a look-up that may say that nothing was made.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Between the record that bytes may leave and their leaving: who slept for longer must not wake and pay.</summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an answer is waited for.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(80);

    /// <summary>Before the second sending; doubled for each after it.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan MostRetry { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>After an account took another's place nothing is drawn up for it: whoever took a login over must not be paid at once.</summary>
    public TimeSpan CoolingOff { get; init; } = TimeSpan.FromHours(72);

    /// <summary>A sending that was recorded and of which nothing was heard was cut short: its sender cannot still be at it.</summary>
    public TimeSpan Abandoned => FirstByte + Answer + FirstByte;

    /// <summary>
    /// The same, waiting so many times shorter, for sandboxes and tests: with live money that is among the <see cref="Dangers"/>. What a busy
    /// machine needs to send and to hear stays, and so does the cooling off.
    /// </summary>
    public PayoutWaits Hastened(int times) => this with
    {
        KeyLife = Shorter(KeyLife, times),
        LookAgain = Shorter(LookAgain, times),
        Quiet = Shorter(Quiet, times),
        FirstByte = Longer(Shorter(FirstByte, times), TimeSpan.FromSeconds(1)),
        Answer = Longer(Shorter(Answer, times), TimeSpan.FromSeconds(2)),
        Retry = Shorter(Retry, times),
        MostRetry = Shorter(MostRetry, times),
    };

    /// <summary>What live money does not allow; empty where all is well.</summary>
    public ImmutableArray<string> Dangers() =>
    [
        .. KeyLife > Live.KeyLife ? [$"a key may be sent for at most {Live.KeyLife}"] : None,
        .. LookAgain < Live.LookAgain ? [$"look-ups must be at least {Live.LookAgain} apart"] : None,
        .. Quiet < Live.Quiet ? [$"a new generation must wait at least {Live.Quiet}"] : None,
        .. FirstByte > Live.FirstByte ? [$"bytes must leave within {Live.FirstByte} of their record"] : None,
        .. CoolingOff < Live.CoolingOff ? [$"a changed account must wait at least {Live.CoolingOff}"] : None,
        .. Quiet <= Abandoned ? ["a new generation must wait for longer than a sending can take"] : None,
    ];

    /// <summary>When to send again after this many sendings: doubling, and spread over the upper half, so that many do not come back at once.</summary>
    /// <param name="roll">From 0 to 999, by chance.</param>
    public TimeSpan RetryAfter(int attempts, int roll)
    {
        var longest = Math.Min(MostRetry.Ticks, Retry.Ticks << Math.Clamp(attempts - 1, 0, 20));
        return TimeSpan.FromTicks(longest / 2 + longest / 2 * roll / 1_000);
    }

    private static TimeSpan Shorter(TimeSpan wait, int times) => new(wait.Ticks / times);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
