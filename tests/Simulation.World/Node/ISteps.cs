namespace ReferralGrains.Simulation.Node;

/// <summary>What decides when a step of the world runs.</summary>
public interface ISteps
{
    void Later(Action step);
}

/// <summary>Steps run on the thread pool, as soon as it takes them.</summary>
public sealed class PoolSteps : ISteps
{
    public static readonly PoolSteps Instance = new();

    public void Later(Action step) => ThreadPool.QueueUserWorkItem(static step => step(), step, preferLocal: false);
}
