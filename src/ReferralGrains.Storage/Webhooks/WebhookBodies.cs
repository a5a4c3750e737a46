using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Webhooks;

/// <summary>
/// Says what events are about: from the journal's rows, which never change, so that every attempt and every endpoint is told the same. Ids,
/// amounts and words; no name, no address.
/// </summary>
internal sealed class WebhookBodies(NpgsqlDataSource database, IFacts facts)
{
    private const short Referrer = Reports.Directory.Referrer;
    private const short Enrollment = Reports.Directory.Enrollment;

    /// <summary>What <see cref="Read"/> reads, of <c>v</c>.</summary>
    public const string Select =
        """
        select v.id, v.tenant, v.stream, v.seq, v.n, v.type, v.at, v.about, v.data::text, s.kind, s.a, s.b,
          e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text, r.a, b.a, i.asset, i.minor
        from v left join event e on e.stream = v.stream and e.seq = v.seq
          left join stream s on s.id = coalesce(v.about, v.stream)
          left join payout_item i on i.stream = v.stream left join stream r on r.id = i.referrer left join stream b on b.id = i.batch
        """;

    public static WebhookRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt32(1), new(row.GetInt64(2), row.GetInt64(3), row.GetInt32(4)), (WebhookEventType)row.GetInt16(5), row.GetFieldValue<DateTimeOffset>(6),
        row.Maybe<long>(7), row.MaybeText(8), row.Maybe<short>(9) ?? 0, row.MaybeText(10) ?? "", row.MaybeText(11) ?? "",
        row.IsDBNull(12) ? null : ActionQuery.Row(row, 12).Decode<object>(), row.MaybeText(19), row.MaybeText(20), row.MaybeText(21), row.Maybe<long>(22));

    /// <summary>An event that a person made up, or asked for: its data is given.</summary>
    public static WebhookMessage Made(string id, WebhookEventType type, DateTimeOffset at, string data) =>
        Message(0, id, type, at, json => json.WriteRawValue(data));

    public async Task<IReadOnlyList<WebhookMessage>> Messages(IReadOnlyList<WebhookRow> rows, CancellationToken stop)
    {
        if (rows.Count == 0) return [];
        var rewards = rows.Select(static row => (Row: row, Change: Change(row))).Where(static pair => pair.Change is not null)
            .Select(static pair => (pair.Row.Name.Stream, RewardId.FromKey(pair.Change!.Reward).Seq)).ToHashSet();
        var givers = await Givers(rewards, stop);
        var names = await new Reports.Directory(database).ReferrerNames(rows.SelectMany(row => Named(row)), stop);
        var messages = new List<WebhookMessage>(rows.Count);
        foreach (var row in rows)
        {
            var program = row.Kind == Enrollment && row.First.Length > 0 ? await facts.Program(row.Tenant, new(row.First), stop)
                : row.Event is GroupReleased group && names.TryGetValue(group.Program, out var of) ? await facts.Program(row.Tenant, of, stop)
                : null;
            var told = new Telling(row, givers, names, number => program?.Rules.FirstOrDefault(rule => rule.Number == number)?.Id.Value);
            messages.Add(Message(row.Id, row.Name.ToString(), row.Type, row.At, told.Data));
        }

        return messages;
    }

    private static WebhookMessage Message(long position, string id, WebhookEventType type, DateTimeOffset at, Action<Utf8JsonWriter> data)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("type", type.ToWord());
            json.WriteString("timestamp", Instant(at));
            json.WritePropertyName("data");
            data(json);
            json.WriteEndObject();
        }

        return new(position, id, type, at, body.WrittenMemory);
    }

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    // Which rule a reward is of, and which sale earned it, is in the row that gave it.
    private async Task<Dictionary<(long Stream, int Seq), object>> Givers(HashSet<(long Stream, int Seq)> wanted, CancellationToken stop)
    {
        var found = new Dictionary<(long Stream, int Seq), object>();
        if (wanted.Count == 0) return found;
        await database.Each(
            """
            select e.stream, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
            from unnest($1, $2) as w(stream, seq) join event e on e.stream = w.stream and e.seq = w.seq where e.type <> 0
            """,
            row => found[(row.GetInt64(0), row.GetInt32(1))] = ActionQuery.Row(row, 1).Decode<object>(), stop,
            Questions.Longs(wanted.Select(static one => one.Stream)), Questions.Ints(wanted.Select(static one => one.Seq)));
        return found;
    }

    private static RewardChange? Change(WebhookRow row) => row.Event switch
    {
        ScheduleUnlocked unlocked => unlocked.Unlocked[row.Name.Part],
        RewardsReleased released => released.Released[row.Name.Part],
        SaleReversed reversed => reversed.Taken[row.Name.Part],
        ReversalUndone undone => undone.Given[row.Name.Part],
        RewardCancelled cancelled => cancelled.Taken,
        RoundReversed reversed => row.Name.Part < reversed.Taken.Length ? reversed.Taken[row.Name.Part] : reversed.Given[row.Name.Part - reversed.Taken.Length],
        _ => null,
    };

    private static IEnumerable<StreamId> Named(WebhookRow row) => row.Event switch
    {
        ReferralAttributed attributed => [attributed.Referrer],
        ReferralReassigned reassigned => [reassigned.From, reassigned.Referrer],
        SaleDecided sale => [sale.Referrer],
        RewardsGranted granted => [granted.Referrer],
        GroupReleased group => [group.Program],
        _ => Change(row) is { } change ? [change.Referrer] : [],
    };

    /// <summary>The data of one event.</summary>
    private sealed class Telling(
        WebhookRow row, Dictionary<(long Stream, int Seq), object> givers, IReadOnlyDictionary<StreamId, CallerId> names, Func<int, string?> ruleOf)
    {
        public void Data(Utf8JsonWriter json)
        {
            if (row.Event is null && row.About is null)
            {
                json.WriteRawValue(row.Data ?? "{}");
                return;
            }

            json.WriteStartObject();
            Subject(json);
            What(json);
            json.WriteEndObject();
        }

        private void Subject(Utf8JsonWriter json)
        {
            if (row.Kind == Enrollment)
            {
                json.WriteString("program_id", row.First);
                json.WriteString("referee_id", row.Second);
            }
            else if (row.Kind == Referrer)
            {
                json.WriteString("referrer_id", row.First);
            }
            else if (row.Item is not null)
            {
                json.WriteString("item_id", row.First);
                json.WriteString("batch_id", row.Batch);
                json.WriteString("referrer_id", row.ItemReferrer);
                json.WriteString("currency", row.Item);
                json.WriteNumber("amount_minor", row.ItemMinor ?? 0);
            }
            else
            {
                json.WriteString("batch_id", row.First);
            }
        }

        private void What(Utf8JsonWriter json)
        {
            switch (row.Event)
            {
                case null: Flag(json); break;
                case ReferralAttributed attributed: Name(json, "referrer_id", attributed.Referrer); break;
                case ReferralApproved approved: json.WriteString("approved_at", Instant(approved.ApprovedAt)); break;
                case ReferralReassigned reassigned:
                    Name(json, "referrer_id", reassigned.Referrer);
                    Name(json, "previous_referrer_id", reassigned.From);
                    break;
                case SaleDecided sale: Given(json, sale.Referrer, sale.Decisions[row.Name.Part], sale.Action.Id); break;
                case RewardsGranted granted: Given(json, granted.Referrer, granted.Decisions[row.Name.Part], null); break;
                case SaleReversed reversed: Changed(json, reversed.Taken[row.Name.Part], reversed.Action.Id); break;
                case ReversalUndone undone: Changed(json, undone.Given[row.Name.Part], undone.Action.Id); break;
                case ReferralCancelled or ReferrerCreated or ReferrerClosed: break;
                case EntryBooked entry:
                    json.WriteString("entry_id", entry.Id.Value);
                    Amount(json, entry.Asset, entry.Minor);
                    json.WriteBoolean("already_paid", entry.AlreadyPaid);
                    break;
                case GroupReleased group:
                    Name(json, "program_id", group.Program);
                    json.WriteString("rule_id", ruleOf(group.Rule));
                    Amount(json, group.Asset, group.Minor);
                    break;
                case PayoutItemEvent item: Item(json, item); break;
                case BatchFrozen frozen: json.WriteString("hash", frozen.Hash); break;
                case SendingPaused paused: json.WriteString("because", paused.ForFunds ? "awaiting_funds" : "review"); break;
                case PayoutBatchEvent: break;
                default:
                    if (Change(row) is { } change) Changed(json, change, null);
                    break;
            }
        }

        // The kinds as the review list words them.
        private void Flag(Utf8JsonWriter json)
        {
            using var told = JsonDocument.Parse(row.Data!);
            var kind = (FlagKind)told.RootElement.GetProperty("kind").GetInt32();
            json.WriteString("flag_id", string.Create(CultureInfo.InvariantCulture, $"flag_{row.About}_{(int)kind}"));
            json.WriteString("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()));
            json.WriteString("reason", told.RootElement.GetProperty("reason").GetString());
        }

        private void Given(Utf8JsonWriter json, StreamId referrer, RuleDecision decision, CallerId? action)
        {
            Reward(json, new((int)row.Name.Seq, row.Name.Part), decision.Enrollment, referrer, decision, action);
            Amount(json, decision.Asset!.Value, decision.Minor);
            if (decision is { Held: true, ReleaseAt: { } at }) json.WriteString("release_at", Instant(at));
        }

        private void Changed(Utf8JsonWriter json, RewardChange change, CallerId? by)
        {
            var reward = RewardId.FromKey(change.Reward);
            var (decision, action) = givers.GetValueOrDefault((row.Name.Stream, reward.Seq)) switch
            {
                SaleDecided sale => (sale.Decisions.ElementAtOrDefault(reward.Number), sale.Action.Id),
                RewardsGranted granted => (granted.Decisions.ElementAtOrDefault(reward.Number), (CallerId?)null),
                ScheduleStarted schedule => (schedule.Decision, null),
                _ => ((RuleDecision?)null, (CallerId?)null),
            };
            Reward(json, reward, change.Enrollment, change.Referrer, decision, action);
            Amount(json, change.Asset, change.Minor);
            if (by is { } id) json.WriteString("by_action_id", id.Value);
            if (change.ReleaseAt is { } at && row.Type is WebhookEventType.RewardPending or WebhookEventType.RewardRestored) json.WriteString("release_at", Instant(at));
            if (row.Type is WebhookEventType.RewardClawedBack or WebhookEventType.RewardRestored) json.WriteString("state", change.Pending ? "pending" : "payable");
        }

        private void Reward(Utf8JsonWriter json, RewardId reward, int enrollment, StreamId referrer, RuleDecision? decision, CallerId? action)
        {
            json.WriteString("reward_id", string.Create(CultureInfo.InvariantCulture, $"rwd_{row.Name.Stream}_{reward.Seq}_{reward.Number}"));
            json.WriteString("enrollment_id", string.Create(CultureInfo.InvariantCulture, $"enr_{row.Name.Stream}_{enrollment}"));
            Name(json, "referrer_id", referrer);
            if (decision is not null && ruleOf(decision.Rule) is { } rule) json.WriteString("rule_id", rule);
            if (action is { } id) json.WriteString("action_id", id.Value);
        }

        private static void Item(Utf8JsonWriter json, PayoutItemEvent e)
        {
            switch (e)
            {
                case TransferMade made: json.WriteString("transfer_id", made.Transfer); break;
                case PaidOutside paid: json.WriteString("reference", paid.Reference); break;
                case TransferRejected rejected: json.WriteString("code", rejected.Code); break;
                case PayoutReleased released: json.WriteString("because", released.By is null ? released.Why : "by_hand"); break; // What a person says may be anything.
                case ReversalStep { Step: TransferRejected rejected } step: json.WriteString("reversal_id", step.Reversal); json.WriteString("code", rejected.Code); break;
                case TransferReversed reversed: json.WriteNumber("reversed_minor", reversed.Minor); break;
                case PayoutToReview review: json.WriteString("because", JsonNamingPolicy.SnakeCaseLower.ConvertName(review.Why.ToString())); break;
                case ReviewResolved resolved: json.WriteString("answer", JsonNamingPolicy.SnakeCaseLower.ConvertName(resolved.Answer.ToString())); break;
                default: break;
            }
        }

        private static void Amount(Utf8JsonWriter json, Asset asset, long minor)
        {
            json.WriteString("asset", asset.Name);
            json.WriteNumber("amount_minor", minor);
        }

        private void Name(Utf8JsonWriter json, string property, StreamId stream) => json.WriteString(property, names.TryGetValue(stream, out var name) ? name.Value : "");
    }
}

/// <summary>An event with all that its body is made of.</summary>
/// <param name="Event">The journal's; null where no row of it says so.</param>
/// <param name="First">The first part of the name of what it is about.</param>
/// <param name="Item">The currency of a payout item.</param>
internal sealed record WebhookRow(
    long Id, int Tenant, WebhookEventName Name, WebhookEventType Type, DateTimeOffset At, long? About, string? Data, short Kind, string First, string Second, object? Event,
    string? ItemReferrer, string? Batch, string? Item, long? ItemMinor);
