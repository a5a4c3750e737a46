using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Metrics;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>A stream of actions: the hot path.</summary>
internal sealed class ActionWork(Caller caller, IGrainRouter router, KnownPrograms known, IAliasNames aliases, ProgramsOfActions programs) : LineWork<ActionLine, ActionReply>
{
    private readonly StreamSummary summary = new();

    public override bool Summarises => true;

    // Where that is not known just now, it is asked once more, and waited for.
    public override async ValueTask<bool> Begin(CancellationToken stop)
    {
        try
        {
            return await aliases.Any(caller.Tenant, stop);
        }
        catch (Exception exception) when (Faults.IsUnavailable(exception))
        {
            return true;
        }
    }

    public override Problem? Parse(ReadOnlySpan<byte> line, out ActionLine item) => ActionParser.Parse(line, out item);

    public override GrainAddress AddressOf(ActionLine item) => GrainAddress.Referral(caller.Tenant, item.Program, item.Referee);

    public override async ValueTask<ImmutableArray<ActionLine>> Name(ImmutableArray<ActionLine> items, CancellationToken stop)
    {
        var names = await aliases.Of(caller.Tenant, [.. items.Select(static item => (item.Program, item.Referee)).Distinct()], stop);
        return names.Count == 0 ? items : [.. items.Select(item => names.TryGetValue((item.Program, item.Referee), out var referee) ? item.Of(referee) : item)];
    }

    public override async ValueTask<ImmutableArray<ActionReply>> Ask(GrainAddress to, ImmutableArray<ActionLine> items, CancellationToken stop)
    {
        if (!await known.Has(caller.Tenant, items[0].Program, stop)) return [.. items.Select(_ => new ActionReply(KnownPrograms.Missing, null))];
        var actions = ImmutableArray.CreateBuilder<ReferralAction>(items.Length);
        foreach (var item in items) actions.Add(item.Action);
        return (await router.Ask(to, new RecordActions(actions.MoveToImmutable()), stop)).Replies;
    }

    public override Problem? ProblemOf(ActionReply reply) => reply.Refusal is { } refusal ? Problem.Of(refusal) : null;

    public override ValueTask Prepare(ActionLine item, ActionReply reply, CancellationToken stop) =>
        reply.Outcome is { } outcome ? programs.Load(item.Program, outcome, stop) : ValueTask.CompletedTask;

    public override void Write(Utf8JsonWriter json, ActionLine item, ActionReply reply) =>
        OutcomeWriter.WriteMembers(json, reply.Outcome!, reply.Duplicate, programs.Loaded);

    public override void WriteName(Utf8JsonWriter json, ActionLine item) => WriteName(json, item.Action.Id.Value);

    public override void WriteName(Utf8JsonWriter json, string name) => json.WriteString("action_id", name);

    public override string? NameOf(ReadOnlySpan<byte> line) => ActionName.Find(line);

    public override void Count(ActionReply? reply, bool failed) => summary.Count(failed ? null : reply);

    public override void WriteSummary(Utf8JsonWriter json) => summary.Write(json);
}

/// <summary>An action that the door let in, and the referral that it is of.</summary>
internal readonly record struct ActionLine(CallerId Program, CallerId Referee, ReferralAction Action)
{
    /// <summary>As if it had named the referee by the id under which the referral is kept (X8).</summary>
    public ActionLine Of(CallerId referee) => this with { Referee = referee, Action = Action with { Hash = ActionContent.Renamed(Program, Referee, referee, Action) } };
}

/// <summary>What a line that was refused calls itself, so that its sender finds it again.</summary>
internal static class ActionName
{
    /// <summary>Null when no valid id can be made out.</summary>
    public static string? Find(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, Strict.Reading);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isName = reader.ValueTextEquals("action_id"u8);
                reader.Read();
                if (isName) return reader.TokenType == JsonTokenType.String && reader.GetString() is { } id && CallerId.IsValid(id) ? id : null;
                reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // It is refused as malformed already.
        }

        return null;
    }
}

/// <summary>What became of the lines of a stream. Each counts once: a duplicate is a duplicate, whatever it was when it came first.</summary>
internal sealed class StreamSummary
{
    private readonly long[] byStatus = new long[4];
    private long duplicates;
    private long errors;

    /// <param name="reply">Null for an error line.</param>
    public void Count(ActionReply? reply)
    {
        GatewayMetrics.Counted(reply);
        if (reply?.Outcome is not { } outcome) errors++;
        else if (reply.Duplicate) duplicates++;
        else byStatus[(int)outcome.Status]++;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("summary");
        json.WriteNumber("lines", byStatus.Sum() + duplicates + errors);
        json.WriteNumber("rewarded", byStatus[(int)ActionStatus.Rewarded]);
        json.WriteNumber("not_rewarded", byStatus[(int)ActionStatus.NotRewarded]);
        json.WriteNumber("reversed", byStatus[(int)ActionStatus.Reversed]);
        json.WriteNumber("parked", byStatus[(int)ActionStatus.Parked]);
        json.WriteNumber("duplicates", duplicates);
        json.WriteNumber("errors", errors);
        json.WriteEndObject();
    }
}
