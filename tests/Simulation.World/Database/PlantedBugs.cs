namespace ReferralGrains.Simulation.Database;

/// <summary>Bugs that a test plants into the stand-ins of the world, never into the product: the suite must notice each of them.</summary>
[Flags]
public enum PlantedBugs
{
    None = 0,

    /// <summary>The same action id may be recorded twice.</summary>
    NoUniqueIndex = 1,

    /// <summary>A grain is told that its append stands before it does.</summary>
    AnswerBeforeCommit = 2,

    /// <summary>A client that does not know the outcome sends its action again under another id.</summary>
    NewIdOnRetry = 4,

    /// <summary>An append is taken whatever the last row of its stream is.</summary>
    NoFence = 8,

    /// <summary>The referrer's rows of an append of several streams are committed by themselves.</summary>
    TallyApart = 16,

    /// <summary>A decision is taken although the facts that it was made on have moved.</summary>
    NoFactCheck = 32,

    /// <summary>What was seen once is answered for ever, whatever another process has written since.</summary>
    NoFreshness = 64,
}
