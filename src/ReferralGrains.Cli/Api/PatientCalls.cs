namespace ReferralGrains.Cli.Api;

/// <summary>Calls that are safe to repeat, made again while the server restarts or is busy.</summary>
internal sealed class PatientCalls(ApiClient api, ExchangeLimits limits, TimeProvider time)
{
    public Task<ApiAnswer> Post(string call, object body, CancellationToken stop) => Again(() => api.Post(call, body, stop), stop);

    public Task<ApiAnswer> Get(string call, CancellationToken stop) => Again(() => api.Get(call, stop), stop);

    private async Task<ApiAnswer> Again(Func<Task<ApiAnswer>> ask, CancellationToken stop)
    {
        for (var failures = 1; ; failures++)
        {
            TimeSpan? asked = null;
            try
            {
                var answer = await ask();
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
