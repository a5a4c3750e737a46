using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>Makes sure that every referrer is there before anything names it.</summary>
internal sealed class ReferrerCreation(ApiClient api, ExchangeLimits limits, TimeProvider time)
{
    private const int AtOnce = 16;
    private const int Conflict = 409;
    private int created;
    private int existing;

    public int Created => created;

    public int Existing => existing;

    public Task Run(IEnumerable<string> referrers, Action<long> advance, CancellationToken stop) =>
        Parallel.ForEachAsync(referrers, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (id, token) =>
        {
            var answer = await Create(id, token);
            // One that was made with a name or an e-mail is other content than the bare id, and is there all the same.
            var isNew = answer.Status != Conflict && !answer.Json().IsTrue("duplicate");
            Interlocked.Increment(ref isNew ? ref created : ref existing);
            lock (advance) advance(1);
        });

    private async Task<ApiAnswer> Create(string id, CancellationToken stop)
    {
        for (var failures = 1; ; failures++)
        {
            TimeSpan? asked = null;
            try
            {
                var answer = await api.Post("/v1/referrers", new { id }, stop);
                if (answer.Status is not (429 or 502 or 503 or 504) || failures >= limits.Attempts) return answer;
                asked = answer.RetryAfter;
            }
            catch (Unreachable) when (failures < limits.Attempts)
            {
                // A server that restarts is back in a few seconds.
            }

            await Task.Delay(limits.Wait(failures, asked), time, stop);
        }
    }
}
