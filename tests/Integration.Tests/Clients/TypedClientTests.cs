using System.Diagnostics;
using ReferralGrains.Client;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Clients;

/// <summary>The clients that we bring, against a real server: from a program to a balance.</summary>
[Collection(OneServer.Name)]
public sealed class TypedClientTests(LivingServer server)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_csharp_client_goes_from_a_program_to_a_balance()
    {
        using var http = new HttpClient { BaseAddress = server.Process.Address };
        var client = new ReferralGrainsClient(http, ServerProcess.AdminKey);
        await client.CreateProgramAsync(new() { Id = "typed", Name = "Typed", Currency = "USD", TimeZone = "UTC" }, Stop);
        await client.CreateProgramRuleAsync("typed", new() { Id = "typed-ten", Trigger = RuleBodyTrigger.RecurringAction, Reward = new() { Kind = RewardBodyKind.Cash, Type = RewardBodyType.Percent, BasisPoints = 1000 } }, stop: Stop);
        await client.CreateReferrerAsync(new() { Id = "typed|jane" }, Stop);
        await client.CreateReferralAsync(new() { ProgramId = "typed", RefereeId = "kiera", ReferrerId = "typed|jane" }, Stop);
        var outcomes = new List<OutcomeLineBody>();
        await foreach (var outcome in client.StreamActionsAsync(Sales(30), Stop)) outcomes.Add(outcome);
        Assert.All(outcomes, outcome => Assert.Equal(OutcomeLineBodyStatus.Rewarded, outcome.Status));
        Assert.Equal(30 * 490, Assert.Single((await client.GetReferrerBalanceAsync("typed|jane", Stop)).Balances).PayableMinor);
        var rewards = new List<RewardAnswer>();
        await foreach (var reward in client.ListReferrerRewardsAsync("typed|jane", limit: 7, stop: Stop)) rewards.Add(reward);
        Assert.Equal(30, rewards.Select(reward => reward.ActionId).Distinct().Count());
        Assert.Equal("action_not_found", (await Assert.ThrowsAsync<ReferralGrainsException>(() => client.GetActionAsync("none", Stop))).Problem.Code);
    }

    [Fact]
    public async Task The_typescript_client_compiles_strictly_and_does_the_same()
    {
        var folder = Directory.CreateTempSubdirectory("grains-typescript-").FullName;
        try
        {
            await Run(folder, $"cp -r '{Path.Combine(Checkout.Folder, "src", "client-typescript")}/.' . && rm -rf node_modules dist && npm ci --ignore-scripts --no-audit --no-fund && npx tsc --strict");
            await File.WriteAllTextAsync(Path.Combine(folder, "run.mjs"), """
                import { ReferralGrains, ReferralGrainsError } from "./dist/index.js";
                const client = new ReferralGrains({ url: process.env.GRAINS_URL, key: process.env.GRAINS_KEY });
                await client.createProgram({ id: "script", name: "Script", currency: "USD", time_zone: "UTC" });
                await client.createProgramRule("script", { id: "script-ten", trigger: "recurring_action", reward: { kind: "cash", type: "percent", basis_points: 1000 } });
                await client.createReferrer({ id: "script|jane" });
                await client.createReferral({ program_id: "script", referee_id: "kiera", referrer_id: "script|jane" });
                const sales = Array.from({ length: 30 }, (_, i) => ({ action_id: `script-${i}`, program_id: "script", type: "sale", referee_id: "kiera", amount_minor: 4900, currency: "USD" }));
                let last = 0;
                for await (const outcome of client.streamActions(sales)) if (outcome.status === "rewarded") last = outcome.line;
                const ids = new Set();
                for await (const reward of client.listReferrerRewards("script|jane", { limit: 7 })) ids.add(reward.action_id);
                const refused = await client.getAction("none").catch((error) => error);
                const gone = await new ReferralGrains({ url: "http://127.0.0.1:9", key: "none", retries: 1, firstPause: 1 }).getAction("none").catch((error) => error);
                const leave = (url, init) => fetch(url, { ...init, signal: AbortSignal.abort() });
                const left = await new ReferralGrains({ url: process.env.GRAINS_URL, key: "none", firstPause: 60_000, fetch: leave }).getAction("none").catch((error) => error);
                let [requests, cancelled, unread] = [0, 0, true];
                const keeper = (url, init) => {
                  requests++;
                  const lines = init.body.trim().split("\n").map((line, i) => JSON.stringify(unread && i === 1 ? { line: i + 1, error: { status: 429, code: "answers_unread" } } : { line: i + 1, action_id: JSON.parse(line).action_id, status: "rewarded" }) + "\n");
                  unread = false;
                  const chunks = [...lines.map((line) => new TextEncoder().encode(line))];
                  return Promise.resolve(new Response(new ReadableStream({ pull: (stream) => (chunks.length > 0 ? stream.enqueue(chunks.shift()) : new Promise(() => {})), cancel: () => void cancelled++ })));
                };
                const again = [];
                for await (const outcome of new ReferralGrains({ url: "http://none", key: "none", firstPause: 1, fetch: keeper }).streamActions(sales.slice(0, 3))) {
                  again.push(outcome.action_id?.at(-1) ?? outcome.error.code);
                  if (again.length === 2 && requests === 2) break;
                }
                // Undefined is left out; what may pass is sent again by line; a line end is none of a key; a body may be anything.
                const fails = (body) => () => Promise.resolve(new Response(body, { status: 503 }));
                const patient = await new ReferralGrains({ url: "http://none", key: "none\n", retries: undefined, firstPause: 1, linesARequest: undefined, fetch: fails("null") }).getAction("none").catch((error) => error);
                let refusals = ["busy", "unavailable"];
                const later = (url, init) => Promise.resolve(new Response(JSON.stringify(refusals.length > 0 ? { line: 1, error: { status: 503, code: refusals.pop() } } : { line: 1, status: "rewarded" }) + "\n"));
                const taken = [];
                for await (const outcome of new ReferralGrains({ url: "http://none", key: "none", firstPause: 1, fetch: later }).streamActions(sales.slice(0, 1))) taken.push(outcome.status ?? outcome.error.code);
                const given = new AbortController();
                setTimeout(() => given.abort(new Error("enough")), 50);
                const pausing = await new ReferralGrains({ url: "http://none", key: "none", firstPause: 600_000, fetch: fails("{}"), signal: given.signal }).getAction("none").catch((error) => error);
                const passed = await new ReferralGrains({ url: process.env.GRAINS_URL, key: "none", firstPause: 600_000, signal: AbortSignal.abort(new DOMException("late", "TimeoutError")) }).getAction("none").catch((error) => error);
                let odd;
                try { new ReferralGrains({ url: "http://none", key: "a\r\nb" }); } catch (error) { odd = error.name; }
                console.log(patient.status, taken.join(), pausing.message, passed.name, odd);
                const balance = await client.getReferrerBalance("script|jane");
                console.log(last, ids.size, refused instanceof ReferralGrainsError && refused.code, balance.balances[0].payable_minor, gone.name, left.name, again.join(), requests, cancelled);
                """, Stop);
            Assert.Equal("503 rewarded enough TimeoutError TypeError\n30 30 action_not_found 14700 ReferralGrainsUnreachable AbortError 0,1 2 2", (await Run(folder, "node run.mjs")).Trim());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async IAsyncEnumerable<ActionBody> Sales(int count)
    {
        for (var i = 0; i < count; i++) yield return new() { ActionId = $"typed-{i}", ProgramId = "typed", RefereeId = "kiera", Type = ActionBodyType.Sale, AmountMinor = 4900, Currency = "USD" };
        await Task.CompletedTask;
    }

    private async Task<string> Run(string folder, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["GRAINS_URL"] = server.Process.Address.ToString().TrimEnd('/'), ["GRAINS_KEY"] = ServerProcess.AdminKey },
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
        await process.WaitForExitAsync(Stop).WaitAsync(TimeSpan.FromMinutes(10), Stop);
        Assert.True(process.ExitCode == 0, $"{command}: {await errors} {await output}");
        return await output;
    }
}
