using System.Text.Json.Nodes;

namespace Torture;

/// <summary>The clients, each of which goes through its steps one after the other and writes down what it sends and hears.</summary>
internal sealed class Clients(Work work, Caller caller, LogFile log, TimeProvider time, int? rate)
{
    private const int LinesOfAStream = 40;

    // HttpClient hears of no answer before it has sent the whole request: one with the actions of an hour would be given up.
    private const int LinesAskedAgain = 10_000;

    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan second = TimeSpan.FromSeconds(1);
    private int done;

    /// <summary>Steps that are acknowledged.</summary>
    public int Done => Volatile.Read(ref done);

    public Task Run(CancellationToken stop) => Task.WhenAll(work.Lanes.Select((steps, lane) => Task.Run(() => lane < Plan.StreamLanes ? Streams(steps, lane, stop) : Singles(steps, lane, stop), stop)));

    /// <summary>Asks once more for everything, as a client does that wants to know what is there now.</summary>
    public async Task Again(CancellationToken stop)
    {
        var left = work.Actions.ToDictionary(static action => action.Id, static action => action.Body);
        for (var attempt = 0; left.Count > 0 && attempt < 20; attempt++)
        {
            foreach (var part in left.Values.ToList().Chunk(LinesAskedAgain))
                await caller.Stream("/v1/actions:stream", string.Join('\n', part), 1, attempt, Take, stop);
            if (left.Count > 0) await Task.Delay(pause, time, stop);
        }

        void Take(JsonNode answer)
        {
            if (answer["error"] is not null || (string?)answer["action_id"] is not { } id) return;
            var line = Answered("again", id, answer, 0);
            line["answer"] = answer["duplicate"] is null ? "new" : "known";
            log.Write(line);
            left.Remove(id);
        }
    }

    private async Task Singles(IReadOnlyList<Step> steps, int lane, CancellationToken stop)
    {
        foreach (var step in steps)
        {
            await Slowly(1, stop);
            switch (step)
            {
                case Step.Act { Action: var action }:
                    Sent(action, lane);
                    Heard(action.Id, await caller.Send(HttpMethod.Post, "/v1/actions", action.Body, lane, stop, action.Id), lane);
                    break;
                case Step.Contradict { Action: var action }:
                    var answer = await caller.Send(HttpMethod.Post, "/v1/actions", action.OtherBody, lane, stop);
                    log.Write(new() { ["k"] = "contradicted", ["id"] = action.Id, ["http"] = answer.Status });
                    break;
                case Step.Checkout checkout:
                    await Checkout(checkout, lane, stop);
                    break;
            }

            Interlocked.Increment(ref done);
        }
    }

    // Lines of a stream may be refused for a while and sent again, so only actions come here whose order decides nothing.
    private async Task Streams(IReadOnlyList<Step> steps, int lane, CancellationToken stop)
    {
        foreach (var chunk in steps.Chunk(LinesOfAStream))
        {
            await Slowly(chunk.Length, stop);
            var actions = chunk.OfType<Step.Act>().Select(static step => step.Action).DistinctBy(static action => action.Id).ToDictionary(static action => action.Id);
            foreach (var action in actions.Values) Sent(action, lane);
            for (var attempt = 0; actions.Count > 0; attempt++)
            {
                var why = await caller.Stream("/v1/actions:stream", string.Join('\n', actions.Values.Select(static action => action.Body)), lane, attempt, answer =>
                {
                    if ((string?)answer["action_id"] is not { } id) return;
                    if (answer["error"] is { } error && (int)error["status"]! is 429 or >= 500) return;
                    Heard(id, new(answer["error"] is { } refused ? (int)refused["status"]! : 200, answer), lane);
                    actions.Remove(id);
                }, stop);
                foreach (var id in actions.Keys) log.Write(new() { ["k"] = "unknown", ["id"] = id, ["why"] = why ?? "busy" });
                if (actions.Count > 0) await Task.Delay(pause, time, stop);
            }

            Interlocked.Add(ref done, chunk.Length);
        }
    }

    // Asked and given up, asked again and paid; a third invoice has none. Each step has a name: a question that is given up and comes late, after
    // the payment that it asked for was released, would be a new question.
    private async Task Checkout(Step.Checkout checkout, int lane, CancellationToken stop)
    {
        var steps = 0;
        var (first, second, third) = ($"{checkout.Referee}-i1", $"{checkout.Referee}-i2", $"{checkout.Referee}-i3");
        await Quote(first);
        await Quote(first);
        await End(first, "release");
        await Quote(second);
        await End(second, "confirm");
        await End(second, "confirm");
        await Quote(third);

        async Task Quote(string payment)
        {
            var body = new JsonObject { ["program_id"] = Terms.Program(Kind.First), ["referee_id"] = checkout.Referee, ["payment_id"] = payment, ["amount_minor"] = checkout.Minor };
            Write(payment, "quote", await caller.Send(HttpMethod.Post, "/v1/checkout_discounts", body.ToJsonString(), lane, stop, payment, Name()));
        }

        async Task End(string payment, string how) =>
            Write(payment, how, await caller.Send(HttpMethod.Post, $"/v1/checkout_discounts/{payment}/{how}", "{}", lane, stop, payment, Name()));

        string Name() => $"{checkout.Referee}-{++steps}";

        void Write(string payment, string what, Answer answer) => log.Write(new()
        {
            ["k"] = "discount",
            ["payment"] = payment,
            ["referee"] = checkout.Referee,
            ["amount"] = checkout.Minor,
            ["what"] = what,
            ["ok"] = answer.IsOk,
            ["state"] = (string?)answer.Body?["state"],
            ["minor"] = (long?)answer.Body?["discount_minor"],
        });
    }

    private void Sent(SentAction action, int lane) => log.Write(new()
    {
        ["k"] = "send",
        ["id"] = action.Id,
        ["lane"] = lane,
        ["program"] = Terms.Program(action.Kind),
        ["type"] = action.Type,
        ["referee"] = action.Referee,
        ["minor"] = action.Minor,
        ["of"] = action.Of,
    });

    private void Heard(string id, Answer answer, int lane)
    {
        if (!answer.IsOk)
        {
            log.Write(new() { ["k"] = "refused", ["id"] = id, ["http"] = answer.Status, ["code"] = (string?)(answer.Body?["error"]?["code"] ?? answer.Body?["code"]) });
            return;
        }

        var line = Answered("answer", id, answer.Body!, lane);
        line["answer"] = answer.Body!["duplicate"] is null ? "new" : "known";
        log.Write(line);
    }

    // What must never change again. A reward's state is not part of it: it is released or reversed later.
    private static JsonObject Answered(string kind, string id, JsonNode answer, int lane)
    {
        var decisions = answer["decisions"]!.AsArray();
        return new()
        {
            ["k"] = kind,
            ["id"] = id,
            ["lane"] = lane,
            ["status"] = (string?)answer["status"],
            ["decision"] = string.Join(' ', decisions.Select(static one => $"{one!["enrollment_id"]} v{one["rule_version"]} {one["code"]} {one["reward"]?["id"]} {one["reward"]?["amount_minor"]}")),
            ["rewards"] = new JsonArray([.. decisions.Where(static one => (long?)one!["reward"]?["amount_minor"] > 0).Select(static one => (JsonNode)(string)one!["reward"]!["id"]!)]),
            ["minor"] = decisions.Sum(static one => (long?)one!["reward"]?["amount_minor"] ?? 0),
        };
    }

    private async Task Slowly(int steps, CancellationToken stop)
    {
        if (rate is { } most) await Task.Delay(second * (steps * (double)Plan.Lanes / most), time, stop);
    }
}
