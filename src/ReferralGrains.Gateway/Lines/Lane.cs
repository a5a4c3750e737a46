using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// The lines of one grain, in order. One Ask is under way at a time, and what comes meanwhile goes together in the next: so lines of
/// one referee take effect in line order, and a busy referee costs few Asks.
/// </summary>
internal sealed class Lane<TItem, TReply>(GrainAddress to)
{
    private const int MaxTogether = 256;

    private readonly Lock gate = new();
    private List<Slot<TItem, TReply>> waiting = [];
    private List<Slot<TItem, TReply>> asked = [];
    private bool isRunning;

    public GrainAddress To => to;

    /// <summary>Whether it may be forgotten.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate) return !isRunning && waiting.Count == 0;
        }
    }

    /// <returns>Whether nobody is asking for it yet, so that somebody must start.</returns>
    public bool Add(Slot<TItem, TReply> slot)
    {
        lock (gate)
        {
            waiting.Add(slot);
            return !isRunning && waiting.Count == 1;
        }
    }

    /// <summary>What goes into the next Ask, or nothing, which ends the run.</summary>
    public List<Slot<TItem, TReply>> Take()
    {
        lock (gate)
        {
            asked.Clear();
            isRunning = waiting.Count > 0;
            if (waiting.Count <= MaxTogether) (waiting, asked) = (asked, waiting);
            else
            {
                asked.AddRange(waiting[..MaxTogether]);
                waiting.RemoveRange(0, MaxTogether);
            }

            return asked;
        }
    }
}
