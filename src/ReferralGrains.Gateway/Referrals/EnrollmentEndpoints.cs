using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>One enrollment: only it changes, and its page shows only its own (R10).</summary>
internal sealed class EnrollmentEndpoints(IGrainRouter router, IFacts facts, IReports reports) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/enrollments/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("One enrollment with the terms in force for it").Answers<EnrollmentAnswer>();
        routes.Patch("/v1/enrollments/{id}", Change).Needs(KeyRole.Admin)
            .WithSummary("Adjust, disable or enable one enrollment").Takes<EnrollmentChange>().Answers<EnrollmentAnswer>().Query(RouteDescription.DryRun);
        routes.Delete("/v1/enrollments/{id}", Delete).Needs(KeyRole.Admin)
            .WithSummary("End one enrollment; its history stays").Takes<ReasonBody>(mayBeAbsent: true).Answers<EnrollmentAnswer>();
        routes.Get("/v1/enrollments/{id}/activity", ListActivity).Needs(KeyRole.Read)
            .WithSummary("What happened on one enrollment, newest first").Pages<PageAnswer<ActivityAnswer>>();
    }

    private async Task<IResult> Show(HttpContext context, string id) => Answer(await Find(context, id));

    private async Task<IResult> Change(HttpContext context, string id)
    {
        var found = await Find(context, id);
        var (story, enrollment, program) = found;
        var body = await Body.Read(context, GatewayJson.Default.EnrollmentChange);
        var reason = Text.Of(body.Reason, "reason", ReasonBody.MaxLength) ?? throw Problem.MissingField("reason").AsException();
        var adjustment = AdjustmentParser.Parse(body, enrollment, program);
        var (by, dryRun) = (context.Caller().By, context.Flag("dry_run"));
        ICommand<ReferralReply>? command =
            adjustment is not null ? new AdjustEnrollment(enrollment.Number, enrollment.AdjustedBy, adjustment, reason, by, body.Enabled, dryRun)
            : body.Enabled is { } on ? new SwitchEnrollment(enrollment.Number, on, reason, by, dryRun)
            : null;
        if (command is null) return Answer(found);
        var reply = await Ask(context, story, command);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        return Answer(dryRun ? found with { Enrollment = reply.State!.Enrollment(enrollment.Number)! } : await Find(context, id));
    }

    private async Task<IResult> Delete(HttpContext context, string id)
    {
        var (story, enrollment, _) = await Find(context, id);
        var reason = await ReasonBody.Read(context);
        var reply = await Ask(context, story, new DeleteEnrollment(enrollment.Number, reason ?? "", context.Caller().By));
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : Answer(await Find(context, id));
    }

    private async Task<IResult> ListActivity(HttpContext context, string id)
    {
        var (story, enrollment, _) = await Find(context, id);
        var paging = Paging.OfEntries(context);
        var page = await reports.ReferralActivity(
            context.Caller().Tenant, story.Stream, enrollment.Number, paging.After, paging.Limit, context.RequestAborted);
        return Answers.Ok(
            new([.. page.Items.Select(entry => ActivityWords.Of(entry, enrollment.Number))], page.HasMore), GatewayJson.Default.PageAnswerActivityAnswer);
    }

    private Task<ReferralReply> Ask(HttpContext context, ReferralStory story, ICommand<ReferralReply> command) =>
        router.Ask(GrainAddress.Referral(context.Caller().Tenant, story.Program, story.Referee), command, context.RequestAborted);

    private async Task<FoundEnrollment> Find(HttpContext context, string id)
    {
        var tenant = context.Caller().Tenant;
        if (EnrollmentName.Parse(id) is not { } name
            || await reports.Referral(tenant, name.Stream, context.RequestAborted) is not { } story
            || story.State.Enrollment(name.Number) is not { } enrollment) throw Problem.NotFound("enrollment", "id").AsException();
        var program = await facts.ProgramCovering(tenant, story.Program, terms => terms.Has(enrollment.Rule, enrollment.Version), context.RequestAborted);
        return new(story, enrollment, program);
    }

    private static IResult Answer(FoundEnrollment found) =>
        Answers.Ok(EnrollmentAnswers.Of(found.Story, found.Enrollment, found.Program), GatewayJson.Default.EnrollmentAnswer);

    private sealed record FoundEnrollment(ReferralStory Story, Enrollment Enrollment, ProgramTerms Program);
}

/// <summary>A referral under one rule, with the terms that are in force for it: pinned version and adjustments (R10, D17).</summary>
/// <param name="NetMinor">Earned less taken back: what the amount cap bounds (D5).</param>
/// <param name="RewardCount">Rewards issued: what the count cap bounds (D5).</param>
/// <param name="Adjusted">Whether its terms differ from its rule's.</param>
internal sealed record EnrollmentAnswer(
    string Id,
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId ReferrerId,
    CallerId RuleId,
    int RuleVersion,
    [property: OneOf("active", "disabled", "deleted")] string State,
    long NetMinor,
    int RewardCount,
    bool Adjusted,
    LimitsBody Limits,
    ConditionsBody Conditions,
    PayoutBody Payout,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ApprovedAt);

internal sealed record PayoutBody(RewardBody Reward, HoldBody Hold);

/// <summary>
/// Changes to one enrollment only. <c>limits</c>, <c>conditions</c> and <c>payout</c> are merged into the terms in force (RFC 7396);
/// null in place of one of them returns to the rule's.
/// </summary>
/// <param name="Enabled">false stops rewards on this enrollment.</param>
[Example("""{"reason":"agreed by phone","enabled":true,"limits":{"max_count":24}}""")]
internal sealed record EnrollmentChange([property: AtMost(ReasonBody.MaxLength)] string Reason, bool? Enabled = null) : IGivesReason
{
    // Not in the constructor, whose default values the description would show: there is no JSON for absent.
    public JsonElement Limits { get; set; }

    public JsonElement Conditions { get; set; }

    /// <summary>With <c>reward</c>, <c>hold</c> or both.</summary>
    public JsonElement Payout { get; set; }
}

internal static class EnrollmentAnswers
{
    public static EnrollmentAnswer Of(ReferralStory story, Enrollment enrollment, ProgramTerms program)
    {
        var terms = TermsOf(enrollment, program);
        return new(
            new EnrollmentName(story.Stream, enrollment.Number).ToString(),
            story.Program,
            story.Referee,
            story.Referrer!.Value,
            program.Rule(enrollment.Rule).Id,
            enrollment.Version,
            enrollment.Deleted ? "deleted" : enrollment.Disabled ? "disabled" : "active",
            enrollment.NetMinor,
            enrollment.Count,
            enrollment.Adjustment is not null and not { Limits: null, Conditions: null, Reward: null, Hold: null },
            RuleWriter.Limits(terms.Limits),
            RuleWriter.Conditions(terms.Conditions),
            new(RuleWriter.Reward(terms.Reward), RuleWriter.Hold(terms.Hold)),
            story.State.ApprovedAt);
    }

    /// <summary>The pinned version, and over it what was adjusted.</summary>
    public static RewardRule TermsOf(Enrollment enrollment, ProgramTerms program)
    {
        var pinned = program.Terms(enrollment.Rule, enrollment.Version);
        return enrollment.Adjustment?.Over(pinned) ?? pinned;
    }
}
