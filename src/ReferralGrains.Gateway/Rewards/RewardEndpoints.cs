using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Rewards;

/// <summary>Rewards: shown, released, cancelled.</summary>
internal sealed class RewardEndpoints(IGrainRouter router, IReports reports, RewardAnswers answers) : IEndpoints
{
    private static readonly Listing<RewardAnswer> Rewards = new(
        GatewayJson.Default.PageAnswerRewardAnswer, PageCursor.IsReward, RewardAnswers.States.Known,
        [.. new[] { Filters.None, Filters.Program, Filters.Referrer, Filters.Program | Filters.Referrer, Filters.Program | Filters.Referee }
            .SelectMany(place => new[] { place, place | Filters.State, place | Filters.Period, place | Filters.State | Filters.Period })
            .Where(all => all is not Filters.None && (all & Filters.Period) == 0 || (all & (Filters.Referrer | Filters.Referee)) != 0)]);

    private static readonly Listing<RewardAnswer> OfReferrer = new(
        GatewayJson.Default.PageAnswerRewardAnswer, PageCursor.IsReward, RewardAnswers.States.Known, Filters.State, Filters.Period, Filters.State | Filters.Period);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/rewards", List).Needs(KeyRole.Read)
            .WithSummary("All rewards, referral by referral, in the order in which they were given; in a period by when they were").Lists(Rewards);
        routes.Get("/v1/referrers/{id}/rewards", ListOfReferrer).Needs(KeyRole.Read)
            .WithSummary("The rewards of one referrer").Lists(OfReferrer);
        routes.Get("/v1/referrals/{program}/{referee}/rewards", ListOfReferral).Needs(KeyRole.Read)
            .WithSummary("The rewards of one referral").Lists(OfReferrer);
        routes.Get("/v1/rewards/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("One reward").Answers<RewardAnswer>();
        routes.Post("/v1/rewards/{id}/release", Release).Needs(KeyRole.Admin)
            .WithSummary("End the hold window of a pending reward now").Answers<RewardAnswer>();
        routes.Post("/v1/rewards/{id}/cancel", Cancel).Needs(KeyRole.Admin)
            .WithSummary("Take back what is left of a pending reward").Takes<ReasonBody>(mayBeAbsent: true).Answers<RewardAnswer>();
    }

    private Task<IResult> List(HttpContext context) => Page(context, Rewards, filter => filter);

    private async Task<IResult> ListOfReferrer(HttpContext context, string id)
    {
        var referrer = CallerId.IsValid(id) ? await reports.Referrer(context.Caller().Tenant, new(id), context.RequestAborted) : null;
        return referrer is null ? new ProblemAnswer(Problem.NotFound("referrer", "referrer_id")) : await Page(context, OfReferrer, filter => filter with { Referrer = referrer.Id });
    }

    private async Task<IResult> ListOfReferral(HttpContext context, string program, string referee)
    {
        var isThere = CallerId.IsValid(program) && CallerId.IsValid(referee)
            && (await reports.Referrals(new(context.Caller().Tenant, 1) { Program = new(program), Referee = new(referee) }, null, context.RequestAborted))!.Items.Length > 0;
        return isThere
            ? await Page(context, OfReferrer, filter => filter with { Program = new(program), Referee = new(referee) })
            : new ProblemAnswer(Problem.NotFound("referral", "referee_id"));
    }

    private async Task<IResult> Page(HttpContext context, Listing<RewardAnswer> listing, Func<ListFilter, ListFilter> place)
    {
        var (filter, state) = listing.Read(context);
        var page = await reports.Rewards(place(filter), state is null ? null : RewardAnswers.States.Find(state), context.RequestAborted);
        var data = new List<RewardAnswer>(page.Items.Length);
        foreach (var view in page.Items) data.Add(await answers.Of(filter.Tenant, view, context.RequestAborted));
        return listing.Answer(context, data, page.HasMore, reward => reward.Id);
    }

    private async Task<IResult> Show(HttpContext context, string id) => await Answer(context, Name(id));

    private async Task<IResult> Release(HttpContext context, string id)
    {
        var name = Name(id);
        return await Ask(context, name, new ReleaseReward(name.Reward, context.Caller().By));
    }

    private async Task<IResult> Cancel(HttpContext context, string id)
    {
        var name = Name(id);
        return await Ask(context, name, new CancelReward(name.Reward, await ReasonBody.Read(context), context.Caller().By));
    }

    private async Task<IResult> Ask(HttpContext context, RewardName name, ICommand<ReferralReply> command)
    {
        var view = await Find(context, name);
        var reply = await router.Ask(GrainAddress.Referral(context.Caller().Tenant, view.Program, view.Referee), command, context.RequestAborted);
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : await Answer(context, name);
    }

    private async Task<IResult> Answer(HttpContext context, RewardName name) =>
        Answers.Ok(await answers.Of(context.Caller().Tenant, await Find(context, name), context.RequestAborted), GatewayJson.Default.RewardAnswer);

    private async Task<RewardView> Find(HttpContext context, RewardName name) =>
        await reports.Reward(context.Caller().Tenant, name.Stream, name.Reward, context.RequestAborted) ?? throw Missing();

    private static RewardName Name(string id) => RewardName.Parse(id) ?? throw Missing();

    private static ProblemException Missing() => Problem.NotFound("reward", "id").AsException();
}
