using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Programs;

/// <summary>
/// Existing referrals join a rule, each by its own grain (D17). Broken off, what has joined stays joined, and the next run goes on.
/// </summary>
internal sealed class RuleJoins(IGrainRouter router, IReports reports)
{
    private const int PageSize = 1_000;
    private const int AtOnce = 200;

    public async Task<(JoinAnswer Answer, Refusal? Refusal)> Run(Caller caller, ProgramTerms program, Rule rule, bool dryRun, CancellationToken stop)
    {
        var join = new JoinRule(rule.Number, caller.By, dryRun);
        var answer = new JoinAnswer(rule.Id, rule.Latest.Number, 0, 0, 0, dryRun ? true : null);
        for (StreamId? after = null; ;)
        {
            var page = await reports.ApprovedReferrals(caller.Tenant, program.Stream, after, PageSize, stop);
            var replies = await Ask(caller.Tenant, program.Id, page, join, stop);
            if (Array.Find(replies, reply => reply.Refusal is { Code: not "referral_not_approved" }) is { } refused) return (answer, refused.Refusal);
            answer = answer with
            {
                Referrals = answer.Referrals + replies.Length,
                Joined = answer.Joined + replies.Count(reply => reply.Changed),
                AlreadyEnrolled = answer.AlreadyEnrolled + replies.Count(reply => reply is { Refusal: null, Changed: false }),
            };
            if (!page.HasMore) return (answer, null);
            after = page.Items[^1].Stream;
        }
    }

    private async Task<ReferralReply[]> Ask(int tenant, CallerId program, Page<ApprovedReferral> page, JoinRule join, CancellationToken stop)
    {
        var replies = new ReferralReply[page.Items.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop };
        await Parallel.ForAsync(0, replies.Length, options, async (i, _) =>
            replies[i] = await router.Ask(GrainAddress.Referral(tenant, program, page.Items[i].Referee), join, stop));
        return replies;
    }
}
