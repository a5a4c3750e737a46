using System.Threading.Channels;

namespace ReferralGrains.Storage.Database;

/// <summary>
/// Gathers single questions that arrive close together into one query: while a query is under way the next questions collect. So
/// thousands of cold grains load in a handful of round trips, and one alone does not wait.
/// </summary>
internal sealed class Coalescer<TQuestion, TAnswer> : IAsyncDisposable
{
    private readonly Channel<Asked> asked = Channel.CreateUnbounded<Asked>();
    private readonly Func<IReadOnlyList<TQuestion>, Task<IReadOnlyList<TAnswer>>> query;
    private readonly Task[] loops;
    private readonly int most;

    /// <param name="query">Answers in the order of the questions.</param>
    /// <param name="most">Questions in one query.</param>
    /// <param name="queries">Queries under way at once.</param>
    public Coalescer(Func<IReadOnlyList<TQuestion>, Task<IReadOnlyList<TAnswer>>> query, int most, int queries)
    {
        (this.query, this.most) = (query, most);
        loops = [.. Enumerable.Range(0, queries).Select(_ => Task.Run(Run))];
    }

    public Task<TAnswer> Ask(TQuestion question)
    {
        var one = new Asked(question, new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!asked.Writer.TryWrite(one)) throw new InvalidOperationException("Nothing is asked after the end.");
        return one.Answer.Task;
    }

    public async ValueTask DisposeAsync()
    {
        asked.Writer.TryComplete();
        await Task.WhenAll(loops);
    }

    private async Task Run()
    {
        var batch = new List<Asked>();
        while (await asked.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < most && asked.Reader.TryRead(out var one)) batch.Add(one);
            if (batch.Count > 0) await Answer(batch);
        }
    }

    // A failed query is the failure of each who asked; the loop itself goes on.
    private async Task Answer(List<Asked> batch)
    {
        try
        {
            var answers = await Questions.Reached(() => query([.. batch.Select(one => one.Question)]));
            for (var i = 0; i < batch.Count; i++) batch[i].Answer.SetResult(answers[i]);
        }
        catch (Exception exception)
        {
            foreach (var one in batch) one.Answer.TrySetException(exception);
        }
    }

    private readonly record struct Asked(TQuestion Question, TaskCompletionSource<TAnswer> Answer);
}
