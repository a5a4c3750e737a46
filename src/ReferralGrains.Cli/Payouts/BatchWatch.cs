using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Payouts;

/// <summary>Looks at a batch again and again, and says how far it is.</summary>
internal sealed class BatchWatch(ApiClient api, Surroundings around, bool json)
{
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(1);

    public static string Path(string batch, string of = "") => $"/v1/payout_batches/{Uri.EscapeDataString(batch)}{of}";

    /// <returns>The batch as it is then.</returns>
    /// <exception cref="CommandFailed">There is no such batch, or this key may not see it.</exception>
    public async Task<ApiAnswer> Until(string batch, Func<JsonElement, bool> isThere, CancellationToken stop)
    {
        for (var said = ""; ;)
        {
            var answer = await api.Get(Path(batch), stop);
            var shown = answer.Json();
            if (isThere(shown))
            {
                if (around.IsTerminal && said.Length > 0) around.Error.WriteLine();
                return answer;
            }

            if (PayoutTexts.Progress(shown) is var line && line != said)
            {
                if (around.IsTerminal) around.Error.Write("\r" + line.PadRight(said.Length));
                else around.Note(line, json);
                said = line;
            }

            await Task.Delay(pause, around.Time, stop);
        }
    }
}
