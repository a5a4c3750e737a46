namespace ReferralGrains.Cli.Api;

/// <summary>Calls that are safe to repeat, made again while the server restarts or is busy.</summary>
internal sealed class PatientCalls(ApiClient api, ExchangeLimits limits, TimeProvider time)
{
    public async Task<ApiAnswer> Post(string call, object body, CancellationToken stop)
    {
        for (var failures = 1; ; failures++)
        {
            TimeSpan? asked = null;
            try
            {
                var answer = await api.Post(call, body, stop);
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
