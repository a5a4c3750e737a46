using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Whom a referral names: by id, or by the code that the referee entered (V1).</summary>
internal sealed class ReferrersByCode(IReports reports)
{
    public static readonly Refusal Unknown = new(RefusalKind.NotFound, "code_not_found", "code", "No referrer has this code.");

    /// <summary>Null when nobody has the code. Whether an id exists, the grain says.</summary>
    public Task<CallerId?> Find(int tenant, NewReferral body, CancellationToken stop) =>
        body.ReferrerId is { } id ? Task.FromResult<CallerId?>(id) : Find(tenant, body.Code!, stop);

    public Task<CallerId?> Find(int tenant, string code, CancellationToken stop) => reports.ReferrerOfCode(tenant, code, stop);
}
