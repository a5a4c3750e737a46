using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>What a client knows of its own actions: what it sent, and which answers came.</summary>
public sealed class ClientLog
{
    private readonly ConcurrentDictionary<string, Entry> entries = new();

    /// <summary>In no order.</summary>
    public IEnumerable<Entry> Entries => entries.Values;

    public int Acknowledged => entries.Values.Count(entry => entry.Decision is not null);

    /// <summary>Whether an action is acknowledged.</summary>
    public bool Knows(string id) => entries[id].Decision is not null;

    /// <summary>Before the first byte of it leaves: from now on its outcome is unknown.</summary>
    public void Sends(SentAction action) => entries.TryAdd(action.Id, new(action));

    public void Answered(JsonNode answer)
    {
        Assert.True(entries.TryGetValue((string)answer["action_id"]!, out var entry), $"An answer to nothing that was sent: {answer}");
        entry.Answered(answer);
    }

    /// <summary>Sends it until it is acknowledged, as a client does that wants to be sure.</summary>
    public async Task SendUntilAcknowledged(Api api, SentAction action)
    {
        Sends(action);
        await Eventually.Holds($"{action.Id} is acknowledged", async () =>
        {
            switch (await api.Try("/v1/actions", action.Json))
            {
                case { IsSuccess: true } answer:
                    Answered(answer.Json);
                    return true;
                case { Status: 503 or 429 } busy:
                    Assert.NotNull(busy.RetryAfter);
                    return false;
                case null:
                    return false;
                case var refused:
                    entries[action.Id].Complain($"was refused: {refused.Status} {refused.Body}");
                    return true;
            }
        });
    }

    /// <summary>Sends everything once more on one stream and takes the answers in.</summary>
    public async Task SendAgain(Uri address, IReadOnlyCollection<SentAction> actions)
    {
        foreach (var action in actions) Sends(action);
        await using var stream = await LineSocket.Open(address);
        var sending = Task.Run(async () =>
        {
            await stream.SendLines(actions.Select(action => action.Json));
            await stream.End();
        });
        await foreach (var answer in stream.Answers())
            if (answer["summary"] is null) Take(answer);
        await sending;
    }

    /// <summary>A line of a stream: an answer or an error.</summary>
    public void Take(JsonNode line)
    {
        if (line["error"] is null) Answered(line);
        else if ((string?)line["action_id"] is { } id && (int)line["error"]!["status"]! != 503) entries[id].Complain($"was refused: {line}");
    }

    /// <summary>One action and what is known of it.</summary>
    public sealed class Entry(SentAction sent)
    {
        private readonly Lock gate = new();
        private int first;

        public SentAction Sent => sent;

        /// <summary>The decision that was acknowledged; null while the outcome is unknown.</summary>
        public string? Decision { get; private set; }

        /// <summary>What contradicts an earlier answer, or is no answer at all.</summary>
        public List<string> Complaints { get; } = [];

        public void Answered(JsonNode answer)
        {
            lock (gate)
            {
                var decision = DecisionOf(answer);
                if (answer["duplicate"] is null && ++first > 1) Complain("was taken for new twice");
                if (answer["duplicate"] is null && Decision is not null) Complain("was acknowledged and then taken for new");
                if (Decision is not null && Decision != decision) Complain($"was decided again:\n  {Decision}\n  {decision}");
                Decision ??= decision;
            }
        }

        public void Complain(string what)
        {
            lock (gate) Complaints.Add($"{sent.Id} {what}");
        }
    }

    // What must never change again. A reward's state is not part of it: it is released or reversed later.
    private static string DecisionOf(JsonNode answer) => string.Join(
        ' ',
        answer["decisions"]!.AsArray().Select(decision =>
            $"{decision!["enrollment_id"]} v{decision["rule_version"]} {decision["code"]} {decision["reward"]?["id"]} {decision["reward"]?["amount_minor"]}")
            .Prepend((string)answer["status"]!));
}
