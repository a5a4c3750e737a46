using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
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
internal sealed class RewardEndpoints(IGrainRouter router, IReports reports, RewardAnswers answers)
{
    private static readonly QueryParameter State = new("state", "string", "Only rewards in this state.", new OneOfAttribute(typeof(RewardAnswers), nameof(RewardAnswers.States)));

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/rewards", List).Needs(KeyRole.Read)
            .WithSummary("All rewards").Pages<PageAnswer<RewardAnswer>>(State);
        routes.Get("/v1/referrers/{id}/rewards", ListOfReferrer).Needs(KeyRole.Read)
            .WithSummary("The rewards of one referrer").Pages<PageAnswer<RewardAnswer>>(State);
        routes.Get("/v1/rewards/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("One reward").Answers<RewardAnswer>();
        routes.Post("/v1/rewards/{id}/release", Release).Needs(KeyRole.Admin)
            .WithSummary("End the hold window of a pending reward now").Answers<RewardAnswer>();
        routes.Post("/v1/rewards/{id}/cancel", Cancel).Needs(KeyRole.Admin)
            .WithSummary("Take back what is left of a pending reward").Takes<ReasonBody>(mayBeAbsent: true).Answers<RewardAnswer>();
    }

    private Task<IResult> List(HttpContext context) => Page(context, null);

    private async Task<IResult> ListOfReferrer(HttpContext context, string id)
    {
        var referrer = CallerId.IsValid(id) ? await reports.Referrer(context.Caller().Tenant, new(id), context.RequestAborted) : null;
        return referrer is null ? new ProblemAnswer(Problem.NotFound("referrer", "referrer_id")) : await Page(context, referrer.Id);
    }

    private async Task<IResult> Page(HttpContext context, CallerId? referrer)
    {
        var (tenant, paging) = (context.Caller().Tenant, Paging.OfRewards(context));
        var state = context.Single("state") is { } word ? RewardAnswers.States.Parse(word, default, "state") : (RewardStatus?)null;
        var page = await reports.Rewards(tenant, referrer, state, paging.After, paging.Limit, context.RequestAborted);
        var data = new List<RewardAnswer>(page.Items.Length);
        foreach (var view in page.Items) data.Add(await answers.Of(tenant, view, context.RequestAborted));
        return Answers.Ok(new([.. data], page.HasMore), GatewayJson.Default.PageAnswerRewardAnswer);
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
        var (view, story) = await Find(context, name);
        var reply = await router.Ask(GrainAddress.Referral(context.Caller().Tenant, story.Program, story.Referee), command, context.RequestAborted);
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : await Answer(context, name);
    }

    private async Task<IResult> Answer(HttpContext context, RewardName name)
    {
        var (view, _) = await Find(context, name);
        return Answers.Ok(await answers.Of(context.Caller().Tenant, view, context.RequestAborted), GatewayJson.Default.RewardAnswer);
    }

    private async Task<(RewardView View, ReferralStory Story)> Find(HttpContext context, RewardName name)
    {
        var story = await reports.Referral(context.Caller().Tenant, name.Stream, context.RequestAborted);
        var view = story is null ? null : RewardsOfReferral.All(story).FirstOrDefault(view => view.Reward == name.Reward);
        return view is null ? throw Missing() : (view, story!);
    }

    private static RewardName Name(string id) => RewardName.Parse(id) ?? throw Missing();

    private static ProblemException Missing() => Problem.NotFound("reward", "id").AsException();
}
