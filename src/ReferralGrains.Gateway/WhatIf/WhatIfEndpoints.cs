using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.WhatIf;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.WhatIf;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;

namespace ReferralGrains.Gateway.WhatIf;

/// <summary>
/// What a program's history would have cost under a rule that is not saved. Memory does not grow with the history; where all share a budget it
/// grows with the referrals between their first event and their last (docs/performance.md).
/// </summary>
internal sealed class WhatIfEndpoints(IFacts facts, IWhatIf whatIf, ITenantClock clock, WhatIfPages pages) : IEndpoints
{
    private static readonly QueryParameter Limit = new("limit", "integer", "How many referrers; 20 when it is left out.", new WholeAttribute(1, Paging.Most));
    private static readonly QueryParameter After = new("starting_after", "string", "The id of the last referrer of the page before.");

    public void Map(IEndpointRouteBuilder routes) =>
        routes.Post("/v1/rules:what_if", Run).Needs(KeyRole.Admin)
            .WithSummary("Replay a program's history through a draft rule; to Accept: application/x-ndjson with lines of progress before the result")
            .Takes<WhatIfBody>().Answers<WhatIfAnswer>().Query(Limit, After);

    private async Task<IResult> Run(HttpContext context)
    {
        var tenant = context.Caller().Tenant;
        var paging = Paging.Of(context, static text => CallerId.IsValid(text));
        var body = await Body.Read(context, GatewayJson.Default.WhatIfBody);
        var program = await facts.Program(tenant, body.ProgramId, context.RequestAborted);
        if (program is null) return new ProblemAnswer(Problem.NotFound("program", "program_id"));
        if (body.From >= body.To) throw Problem.InvalidField("to", "A time after from is expected.").AsException();
        var id = body.Rule.Id ?? new CallerId("draft");
        var (terms, sent) = Parse(body.Rule, id, program);
        var draft = Draft.Of(program, id, terms, sent.Over(program.Rule(id)?.State), body.From, body.To, await clock.Now(tenant));
        var key = WhatIfPages.KeyOf(tenant, body);
        if (paging.After is not null && pages.Find(key) is { } kept) return Answers.Ok(Answer(draft, kept, paging), GatewayJson.Default.WhatIfAnswer);
        if (context.Request.Headers.Accept.ToString().Contains(RouteDescription.Lines, StringComparison.OrdinalIgnoreCase)) return new Answered(whatIf, pages, tenant, draft, key, paging);
        var result = await whatIf.Run(tenant, draft, static _ => { }, context.RequestAborted);
        pages.Keep(key, result);
        return Answers.Ok(Answer(draft, result, paging), GatewayJson.Default.WhatIfAnswer);
    }

    // A rule says what is wrong with it as if it were the body.
    private static (RewardRule Terms, SentState State) Parse(RuleBody rule, CallerId id, ProgramTerms program)
    {
        try
        {
            return RuleParser.Parse(rule, id, program);
        }
        catch (ProblemException refused) when (refused.Problem.Param is { } param)
        {
            throw (refused.Problem with { Param = "rule." + param }).AsException();
        }
    }

    private static WhatIfAnswer Answer(Draft draft, WhatIfResult result, Paging paging)
    {
        var from = paging.After is null ? 0 : result.Referrers.TakeWhile(one => one.Referrer.Value != paging.After).Count() + 1;
        return new(
            result.Actions, draft.Asset.Name, !draft.IsAlone, EarningsAnswer.Of(result.AsIs), EarningsAnswer.Of(result.Draft),
            [.. result.Referrers.Skip(from).Take(paging.Limit).Select(static one => new ReferrerDifferenceAnswer(one.Referrer, one.AsIsNetMinor, one.DraftNetMinor))],
            result.Referrers.Length > from + paging.Limit,
            draft.AsksForCustomers ? ["Whether a referee's customer was still active at the end of a hold is not asked again: the draft earns those rewards, too."] : null);
    }

    /// <summary>Progress twice a second, for whoever waits, and then the result.</summary>
    private sealed class Answered(IWhatIf whatIf, WhatIfPages pages, int tenant, Draft draft, string key, Paging paging) : IResult
    {
        private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = RouteDescription.Lines;
            WhatIfProgress? latest = null;
            var running = whatIf.Run(tenant, draft, progress => Volatile.Write(ref latest, progress), httpContext.RequestAborted);
            while (await Task.WhenAny(running, Task.Delay(Every, TimeProvider.System, httpContext.RequestAborted)) != running)
                if (Volatile.Read(ref latest) is { } seen) await Write(httpContext, new(Progress: new(seen.Referrers, seen.OfReferrers, seen.Actions)));
            try
            {
                var result = await running;
                pages.Keep(key, result);
                await Write(httpContext, new(Result: Answer(draft, result, paging)));
            }
            catch (Exception exception) when (Faults.IsUnavailable(exception))
            {
                // The status has been sent.
                await Write(httpContext, new(Error: new(Problem.Unavailable.Status, Problem.Unavailable.Code, Problem.Unavailable.Detail)));
            }
        }

        private static async Task Write(HttpContext context, WhatIfLine line)
        {
            await context.Response.WriteAsync(JsonSerializer.Serialize(line, GatewayJson.Default.WhatIfLine) + "\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}

/// <summary>The last results, so that further pages of one are of the same replay.</summary>
internal sealed class WhatIfPages(TimeProvider time)
{
    private const int Most = 8;
    private static readonly TimeSpan Term = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, (WhatIfResult Result, long At)> kept = new();

    public static string KeyOf(int tenant, WhatIfBody body) =>
        $"{tenant}:{Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body, GatewayJson.Default.WhatIfBody)))}";

    public WhatIfResult? Find(string key) => kept.TryGetValue(key, out var entry) && time.GetElapsedTime(entry.At) < Term ? entry.Result : null;

    public void Keep(string key, WhatIfResult result)
    {
        foreach (var (other, entry) in kept)
            if (kept.Count >= Most || time.GetElapsedTime(entry.At) >= Term) kept.TryRemove(other, out _);
        kept[key] = (result, time.GetTimestamp());
    }
}

/// <param name="Rule">As it would be published. One of the program's rules by its id stands in for that one; any other, alone, for all of them.</param>
/// <param name="From">Only sales that occurred from this instant on, and what became of them.</param>
/// <param name="To">Only sales that occurred before this instant, and what became of them.</param>
[Example("""
    {"program_id":"friends","rule":{"id":"classic10","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1200},
     "limits":{"max_amount_minor":8000}},"from":"2026-01-01T00:00:00Z","to":"2027-01-01T00:00:00Z"}
    """)]
internal sealed record WhatIfBody(CallerId ProgramId, RuleBody Rule, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <param name="Actions">That were replayed.</param>
/// <param name="Asset">What is counted: that of the draft.</param>
/// <param name="Replaces">Whether the draft stood in for a rule of its id; otherwise it ran alone.</param>
/// <param name="AsIs">What the program's rules made of these actions.</param>
/// <param name="Draft">What they would have made of them, imported now.</param>
/// <param name="Referrers">The largest difference first.</param>
internal sealed record WhatIfAnswer(
    long Actions,
    string Asset,
    bool Replaces,
    EarningsAnswer AsIs,
    EarningsAnswer Draft,
    ImmutableArray<ReferrerDifferenceAnswer> Referrers,
    bool HasMore,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Warnings);

/// <summary>net = earned − clawed back.</summary>
internal sealed record EarningsAnswer(long EarnedMinor, long ClawedBackMinor, long NetMinor)
{
    public static EarningsAnswer Of(Earnings earnings) => new(earnings.EarnedMinor, earnings.ClawedBackMinor, earnings.NetMinor);
}

internal sealed record ReferrerDifferenceAnswer(CallerId ReferrerId, long AsIsNetMinor, long DraftNetMinor);

/// <summary>A line of an answer with progress: one of the three.</summary>
internal sealed record WhatIfLine(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] WhatIfProgressAnswer? Progress = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] WhatIfAnswer? Result = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LineError? Error = null);

internal sealed record WhatIfProgressAnswer(int Referrers, int OfReferrers, long Actions);
