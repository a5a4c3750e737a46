using System.Collections.Immutable;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Gateway.Rewards;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Referrals: who referred whom, and what has come of it.</summary>
internal sealed class ReferralEndpoints(IGrainRouter router, IFacts facts, IReports reports, IAliasNames aliases, IDiscounts discounts) : IEndpoints
{
    private static readonly Words<ReferralStatus> States = new(
        ("pending", ReferralStatus.Pending), ("approved", ReferralStatus.Approved), ("cancelled", ReferralStatus.Cancelled));

    private static readonly Listing<ReferralEntry> Referrals = new(
        GatewayJson.Default.PageAnswerReferralEntry, text => ReferralName.Parse(text) is not null, States.Known,
        Filters.State, Filters.Program, Filters.Referrer, Filters.Program | Filters.Referrer, Filters.Program | Filters.State, Filters.Referrer | Filters.State,
        Filters.Program | Filters.Referrer | Filters.State, Filters.Program | Filters.Period, Filters.Referrer | Filters.Period,
        Filters.Program | Filters.State | Filters.Period, Filters.Referrer | Filters.State | Filters.Period, Filters.Program | Filters.Referee,
        Filters.Program | Filters.Prefix, Filters.Program | Filters.State | Filters.Prefix);

    private const string One = "/v1/referrals/{program}/{referee}";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Patch(One, Change).Needs(KeyRole.Ingest)
            .WithSummary("Change a referee's tags, or whether it is active").Takes<ReferralChange>().Answers<ReferralAnswer>();
        routes.Post(One + "/approve", Approve).Needs(KeyRole.Ingest)
            .WithSummary("Approve a pending referral: it is enrolled, and what waited takes effect").Takes<ReferralApproval>(mayBeAbsent: true).Answers<ReferralAnswer>();
        routes.Post(One + "/cancel", Cancel).Needs(KeyRole.Ingest)
            .WithSummary("Stop accrual on a referral").Takes<ReferralCancellation>(mayBeAbsent: true).Answers<ReferralAnswer>();
        routes.Get("/v1/referrals", List).Needs(KeyRole.Read)
            .WithSummary("All referrals, in the order of the numbers in their ids, in which what is newer may come before what is older; q is what a referee's id begins with, inside a program").Lists(Referrals);
        routes.Post(One + "/reassign", Reassign).Needs(KeyRole.Admin)
            .WithSummary("Credit what comes of a referral to another referrer; what was stays as it is").Takes<Reassignment>().Answers<ReferralAnswer>();
        routes.Post(One + "/aliases", AddAlias).Needs(KeyRole.Ingest)
            .WithSummary("Let another id of the referee name its referral, for good: what waits under that takes effect here").Takes<NewAlias>().Answers<AliasAnswer>(creates: true);
        routes.Get(One, Show).Needs(KeyRole.Read)
            .WithSummary("A referral with its chain, enrollments and rewards").Answers<ReferralStoryAnswer>();
        routes.Get(One + "/activity", ListActivity).Needs(KeyRole.Read)
            .WithSummary("What happened on a referral, newest first").Pages<PageAnswer<ActivityAnswer>>();
    }

    private async Task<IResult> Change(HttpContext context, string program, string referee)
    {
        var story = await Find(context, program, referee);
        var body = await Body.Read(context, GatewayJson.Default.ReferralChange);
        return await Ask(context, story, new ChangeReferral(Tags.Of(body.Tags, "tags"), body.Active));
    }

    private async Task<IResult> Approve(HttpContext context, string program, string referee)
    {
        var story = await Find(context, program, referee);
        var body = await Body.ReadOr(context, GatewayJson.Default.ReferralApproval, new());
        return await Ask(context, story, new ApproveReferral(body.ApprovedAt));
    }

    private async Task<IResult> Cancel(HttpContext context, string program, string referee)
    {
        var story = await Find(context, program, referee);
        var body = await Body.ReadOr(context, GatewayJson.Default.ReferralCancellation, new());
        var reason = Text.Of(body.Reason, "reason", ReasonBody.MaxLength);
        return await Ask(context, story, new CancelReferral(reason, context.Caller().By, body.CancelPending ?? false));
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, state) = Referrals.Read(context);
        var page = Paging.Found(await reports.Referrals(filter, state is null ? null : States.Find(state), context.RequestAborted));
        return Referrals.Answer(context, page.Items.Select(ReferralEntry.Of), page.HasMore, referral => referral.Id);
    }

    private async Task<IResult> Reassign(HttpContext context, string program, string referee)
    {
        var story = await Find(context, program, referee);
        var body = await Body.Read(context, GatewayJson.Default.Reassignment);
        var (caller, reason) = (context.Caller(), Text.Of(body.Reason, "reason", ReasonBody.MaxLength));
        var to = GrainAddress.Referral(caller.Tenant, story.Program, story.Referee);

        // What waited in groups that were released learns of it from its own referrer, before that is another.
        await router.Ask(to, new SettleDue(), context.RequestAborted);
        var reply = await router.Ask(to, new ReassignReferral(body.ReferrerId, reason, caller.By), context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        return Answers.Ok(ReferralFields.Answer(story.Program, story.Referee, body.ReferrerId, reply.State!), GatewayJson.Default.ReferralAnswer);
    }

    private async Task<IResult> AddAlias(HttpContext context, string program, string referee)
    {
        var story = await Find(context, program, referee);
        var alias = (await Body.Read(context, GatewayJson.Default.NewAlias)).Alias;
        var caller = context.Caller();
        await aliases.Expect(caller.Tenant, context.RequestAborted);
        var reply = await router.Ask(GrainAddress.Referral(caller.Tenant, story.Program, story.Referee), new AddAlias(alias, caller.By), context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        return Answers.Created(
            context, new AliasAnswer(story.Program, story.Referee, alias, reply.Changed ? null : true), reply.Changed, GatewayJson.Default.AliasAnswer,
            "referrals", story.Program.Value, alias.Value);
    }

    private async Task<IResult> Show(HttpContext context, string program, string referee)
    {
        var story = await Find(context, program, referee);
        var terms = await facts.ProgramCovering(
            context.Caller().Tenant, story.Program, terms => story.State.Enrollments.All(enrollment => terms.Has(enrollment.Rule, enrollment.Version)), context.RequestAborted);
        var rewards = await reports.Rewards(
            new(context.Caller().Tenant, ReferralStories.Shown) { Program = story.Program, Referee = story.Referee, LastRow = story.State.LastGiving }, null, context.RequestAborted);
        var paid = await reports.FirstPayout(story, context.RequestAborted);
        var use = story.Referrer is null ? null : await discounts.Use(context.Caller().Tenant, story.Program, story.Referee);
        return Answers.Ok(ReferralStories.Answer(story, terms, rewards, paid, use), GatewayJson.Default.ReferralStoryAnswer);
    }

    private async Task<IResult> ListActivity(HttpContext context, string program, string referee)
    {
        var story = await Find(context, program, referee);
        var paging = Paging.OfEntries(context);
        var page = await reports.ReferralActivity(context.Caller().Tenant, story.Stream, null, paging.After, paging.Limit, context.RequestAborted);
        return Answers.Ok(new([.. page.Items.Select(entry => ActivityWords.Of(entry, null))], page.HasMore), GatewayJson.Default.PageAnswerActivityAnswer);
    }

    private async Task<IResult> Ask(HttpContext context, ReferralStory story, ICommand<ReferralReply> command)
    {
        var reply = await router.Ask(GrainAddress.Referral(context.Caller().Tenant, story.Program, story.Referee), command, context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        return Answers.Ok(ReferralFields.Answer(story.Program, story.Referee, story.Referrer!.Value, reply.State!), GatewayJson.Default.ReferralAnswer);
    }

    // Only actions may wait under it: then there is something to show and nobody to command.
    private async Task<ReferralStory> Find(HttpContext context, string program, string referee)
    {
        var story = CallerId.IsValid(program) && CallerId.IsValid(referee)
            ? await reports.Referral(context.Caller().Tenant, new(program), new(referee), context.RequestAborted)
            : null;
        var isRead = HttpMethods.IsGet(context.Request.Method);
        return story is not null && (isRead || story.Referrer is not null) ? story : throw Problem.NotFound("referral", "referee_id").AsException();
    }
}

/// <summary>The page of a referral (R9, S8).</summary>
internal static class ReferralStories
{
    /// <summary>Entries of each list on the page; all of them are in lists of their own.</summary>
    public const int Shown = 20;

    public static ReferralStoryAnswer Answer(ReferralStory story, ProgramTerms program, Page<RewardView> rewards, FirstPayout? paid, FoundUse? use)
    {
        var state = story.State;
        var isThere = state.Status != ReferralStatus.None;
        return new(
            story.Program,
            story.Referee,
            story.Referrer,
            ReferralFields.Word(state.Status),
            isThere ? state.AttributedAt : null,
            ReferralFields.ApprovedAt(state),
            state.Tags,
            state.Active,
            state.ConversionValueMinor,
            ReferralFields.Flags(state),
            [.. story.Aliases.Select(static alias => alias.Value)],
            Chain(story, paid),
            [.. state.Enrollments.Select(enrollment => EnrollmentAnswers.Of(story, enrollment, program))],
            [.. rewards.Items.Select(view => RewardAnswers.Of(view, program))],
            rewards.HasMore,
            [.. state.Parked.Take(Shown).Select(parked => new WaitingAction(parked.Action.Id, parked.Waits.ToWire()))],
            state.Parked.Count,
            use is null or { Choice: ReferralChoice.None, Payment: null } ? null : new(use.Choice == ReferralChoice.None ? null : DiscountWords.Choices.Of(use.Choice), use.Payment));
    }

    private static ImmutableArray<ChainStep> Chain(ReferralStory story, FirstPayout? paid)
    {
        var steps = ImmutableArray.CreateBuilder<ChainStep>();
        foreach (var step in story.State.Chain ?? [])
            if (Word(step.Kind) is { } word) steps.Add(new(word, step.At));
        if (paid is not null) steps.Add(new("first_payout", paid.At, paid.Batch, paid.Item));
        return steps.ToImmutable();
    }

    // The others only say where the first payout is to be looked for.
    private static string? Word(ChainStepKind kind) => kind switch
    {
        ChainStepKind.Attributed => "attributed",
        ChainStepKind.Approved => "approved",
        ChainStepKind.FirstSale => "first_sale",
        ChainStepKind.FirstReward => "first_reward",
        ChainStepKind.FirstRelease => "first_release",
        _ => null,
    };
}
