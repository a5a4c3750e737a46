using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Referrers;

/// <summary>The referrer that an address names.</summary>
internal static class ReferrerPath
{
    // An id that nobody could have is simply not there.
    public static CallerId Id(string id) => CallerId.IsValid(id) ? new(id) : throw Missing();

    public static ProblemException Missing() => Problem.NotFound("referrer", "referrer_id").AsException();

    /// <exception cref="ProblemException">It is not there, or another tenant's.</exception>
    public static async Task<ReferrerProfile> Named(this IReports reports, HttpContext context, string id) =>
        await reports.Referrer(context.Caller().Tenant, Id(id), context.RequestAborted) ?? throw Missing();
}
