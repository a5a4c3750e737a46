using System.Collections.Concurrent;

namespace ReferralGrains.Turns;

/// <summary>
/// Whether it pays to look actions up before deciding. A new action is cheapest decided at once: the unique index settles it. While a
/// tenant sends repeats, each of them would cost a commit, so for a while all its actions are looked up first. Only a hint: either
/// way is right.
/// </summary>
public sealed class RepeatWatch
{
    private const int LookUps = 2_000;

    private readonly ConcurrentDictionary<int, int> left = new();

    public bool LooksFirst(int tenant) => left.TryGetValue(tenant, out var count) && count > 0;

    public void Met(int tenant) => left[tenant] = LookUps;

    public void NotMet(int tenant, int actions) => left.AddOrUpdate(tenant, 0, (_, count) => Math.Max(0, count - actions));
}
