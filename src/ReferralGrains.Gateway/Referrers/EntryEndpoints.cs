using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Gateway.Referrers;

/// <summary>What is booked for a referrer beside its rewards: by hand (X6), and what it spends.</summary>
internal sealed class EntryEndpoints(IGrainRouter router, IReferrerLedger ledger) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/referrers/{id}/entries", Book).Needs(KeyRole.Admin)
            .WithSummary("Book a bonus, a correction, or what was already paid elsewhere; once for each entry_id, for ever")
            .Takes<NewEntry>().Answers<EntryAnswer>();
        routes.Get("/v1/referrers/{id}/entries", Entries).Needs(KeyRole.Read)
            .WithSummary("What was booked for a referrer by hand, newest first").Pages<PageAnswer<EntryAnswer>>();
        routes.Post("/v1/referrers/{id}/spends", Spend).Needs(KeyRole.Ingest)
            .WithSummary("Redeem credit, points, a service or a coupon of what is payable; once for each spend_id, for ever")
            .Takes<NewSpend>().Answers<SpendAnswer>();
        routes.Get("/v1/referrers/{id}/spends", Spends).Needs(KeyRole.Read)
            .WithSummary("What a referrer spent, newest first").Pages<PageAnswer<SpendAnswer>>();
    }

    private async Task<IResult> Book(HttpContext context, string id)
    {
        var referrer = ReferrerPath.Id(id);
        var body = await Body.Read(context, GatewayJson.Default.NewEntry);
        var minor = AmountLimits.Range(body.AmountMinor, -AmountLimits.MaxMinor, AmountLimits.MaxMinor, "amount_minor")!.Value;
        if (minor == 0) throw Problem.InvalidField("amount_minor", "An amount other than 0 is expected.").AsException();
        if (minor < 0 && body.AlreadyPaid == true) throw Problem.InvalidField("amount_minor", $"What was already paid is above 0, not {minor}.").AsException();
        var reason = Text.Of(body.Reason, "reason", ReasonBody.MaxLength) ?? throw Problem.MissingField("reason").AsException();
        var entry = new EntryBooked(body.EntryId, Assets.Of(body.Asset, "asset"), minor, body.AlreadyPaid == true, reason, context.Caller().By);
        return await Ask(context, referrer, new BookEntry(entry)) is var reply && reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Ok(Entry(referrer, reply.Booked!, reply.Duplicate), GatewayJson.Default.EntryAnswer);
    }

    private async Task<IResult> Spend(HttpContext context, string id)
    {
        var referrer = ReferrerPath.Id(id);
        var body = await Body.Read(context, GatewayJson.Default.NewSpend);
        var minor = AmountLimits.Range(body.AmountMinor, 1, AmountLimits.MaxMinor, "amount_minor")!.Value;
        var spent = new AssetSpent(body.SpendId, Assets.Of(body.Asset, "asset"), minor, context.Caller().By);
        return await Ask(context, referrer, new SpendAsset(spent)) is var reply && reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Ok(Spent(referrer, reply.Booked!, reply.Duplicate), GatewayJson.Default.SpendAnswer);
    }

    private Task<BookedReply> Ask(HttpContext context, CallerId referrer, ICommand<BookedReply> command) =>
        router.Ask(GrainAddress.Referrer(context.Caller().Tenant, referrer), command, context.RequestAborted);

    private async Task<IResult> Entries(HttpContext context, string id)
    {
        var (referrer, page) = await Page(context, id, EntryKind.Manual);
        return Answers.Ok(new([.. page.Items.Select(booked => Entry(referrer, booked))], page.HasMore), GatewayJson.Default.PageAnswerEntryAnswer);
    }

    private async Task<IResult> Spends(HttpContext context, string id)
    {
        var (referrer, page) = await Page(context, id, EntryKind.Spend);
        return Answers.Ok(new([.. page.Items.Select(booked => Spent(referrer, booked))], page.HasMore), GatewayJson.Default.PageAnswerSpendAnswer);
    }

    private async Task<(CallerId Referrer, Page<BookedEvent> Page)> Page(HttpContext context, string id, EntryKind kind)
    {
        var (tenant, referrer, paging) = (context.Caller().Tenant, ReferrerPath.Id(id), Paging.OfEntries(context));
        var before = paging.After is { } last ? PageCursor.SeqOf(last) : (int?)null;
        return (referrer, await ledger.Page(tenant, referrer, kind, before, paging.Limit, context.RequestAborted) ?? throw ReferrerPath.Missing());
    }

    private static EntryAnswer Entry(CallerId referrer, BookedEvent booked, bool duplicate = false) => booked.Event is EntryBooked entry
        ? new(
            "ent_" + PageCursor.Of(booked.Referrer, booked.Seq), entry.Id, referrer, entry.Asset.Name, entry.Minor, entry.AlreadyPaid, entry.Reason, entry.By, booked.At,
            duplicate ? true : null)
        : throw new UnreachableException();

    private static SpendAnswer Spent(CallerId referrer, BookedEvent booked, bool duplicate = false) => booked.Event is AssetSpent spent
        ? new("spd_" + PageCursor.Of(booked.Referrer, booked.Seq), spent.Id, referrer, spent.Asset.Name, spent.Minor, spent.By, booked.At, duplicate ? true : null)
        : throw new UnreachableException();
}

/// <param name="AmountMinor">Above zero it is earned and payable at once; below zero it is taken back, and payable may go below zero.</param>
/// <param name="AlreadyPaid">Moves what is payable to what is paid, and nothing else.</param>
[Example("""{"entry_id":"bonus-7","asset":"GBP","amount_minor":2500,"reason":"launch bonus"}""")]
internal sealed record NewEntry(
    CallerId EntryId,
    [property: Form(FormAttribute.Asset)] string Asset,
    [property: Whole(-AmountLimits.MaxMinor, AmountLimits.MaxMinor)] long AmountMinor,
    [property: AtMost(ReasonBody.MaxLength)] string? Reason = null,
    bool? AlreadyPaid = null) : IGivesReason;

/// <param name="By">The key that it was booked with.</param>
internal sealed record EntryAnswer(
    string Id, CallerId EntryId, CallerId ReferrerId, string Asset, long AmountMinor, bool AlreadyPaid, string Reason, string By, DateTimeOffset At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

[Example("""{"spend_id":"order-88","asset":"credit:GBP","amount_minor":500}""")]
internal sealed record NewSpend(
    CallerId SpendId,
    [property: Form(FormAttribute.Asset)] string Asset,
    [property: Whole(1, AmountLimits.MaxMinor)] long AmountMinor);

/// <param name="By">The key that it was spent with.</param>
internal sealed record SpendAnswer(
    string Id, CallerId SpendId, CallerId ReferrerId, string Asset, long AmountMinor, string By, DateTimeOffset At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);
