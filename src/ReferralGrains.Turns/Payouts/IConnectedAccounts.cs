using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Turns.Payouts;

/// <summary>
/// Connected accounts and customers at the payment provider, for whoever answers HTTP. It asks the provider first and writes down what it said; no grain
/// waits for it meanwhile.
/// </summary>
public interface IConnectedAccounts
{
    /// <summary>How many transfers are sent in a second.</summary>
    int PerSecond { get; }

    /// <summary>
    /// A link by which the owner of the account tells the provider who they are. Makes the account if the referrer has none; asked for again,
    /// it is the same account.
    /// </summary>
    Task<AccountAnswer> Onboard(int tenant, CallerId referrer, OnboardingAsked asked, CancellationToken stop);

    /// <summary>Links an account that exists, in the place of the one that is linked.</summary>
    Task<AccountAnswer> Link(int tenant, CallerId referrer, string account, string by, CancellationToken stop);

    /// <summary>Links a customer that exists, to which account credit goes, in the place of the one that is linked.</summary>
    Task<AccountAnswer> LinkCustomer(int tenant, CallerId referrer, string customer, string by, CancellationToken stop);

    /// <summary>Makes a customer if none is linked, and links it; asked for again, it is the same one.</summary>
    Task<AccountAnswer> MakeCustomer(int tenant, CallerId referrer, string? email, string? name, string by, CancellationToken stop);

    /// <summary>
    /// Asks the provider about accounts that were not ready when they were last seen: a notice of it may have been lost, or none be set up.
    /// </summary>
    /// <returns>Whether any is ready by now.</returns>
    Task<bool> LookAgain(int tenant, UnreadyAccounts unready, CancellationToken stop);
}

/// <param name="Email">Of the referrer, so that the provider need not ask for it.</param>
/// <param name="Country">ISO 3166, two letters: where the account is to be.</param>
/// <param name="ReturnUrl">Where the owner comes back to.</param>
/// <param name="RefreshUrl">Where the owner goes whose link is too old.</param>
public sealed record OnboardingAsked(string? Email, string? Country, string ReturnUrl, string RefreshUrl, string By);

/// <summary>What came of a question about a connected account.</summary>
public abstract record AccountAnswer
{
    private AccountAnswer()
    {
    }

    /// <param name="Url">The link, where one was asked for.</param>
    public sealed record Shown(PayoutAccount Account, string? Url = null, DateTimeOffset? ExpiresAt = null) : AccountAnswer;

    public sealed record Refused(Refusal Why) : AccountAnswer;

    /// <summary>The provider cannot be reached now; nothing is known, and the same may be asked again.</summary>
    public sealed record Unreachable : AccountAnswer;
}
