using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Turns;

/// <summary>
/// Turns that were handed up and are decided together. A group that did not hold is decided again one by one, so that each hears of its own
/// fault only; one alone that does not hold goes back to whoever handed it up.
/// </summary>
internal sealed class HandedGroup
{
    private int size;
    private int singly;

    /// <summary>Why the last one alone did not hold: it is to be given back.</summary>
    public AppendOutcome? Lost { get; private set; }

    /// <summary>Whether only one is to be decided now.</summary>
    public bool IsSingle => singly > 0;

    public void Began(int turns) => size = turns;

    public void DidNotHold(AppendOutcome why)
    {
        if (size > 1) singly = size;
        else if (size == 1) Lost = why;
    }

    public void Done() => (size, singly, Lost) = (0, Math.Max(0, singly - 1), null);
}
