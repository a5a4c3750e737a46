namespace ReferralGrains.Web;

/// <summary>What an operator decides about the pages.</summary>
public sealed record WebOptions
{
    /// <summary>Where the API is, which is all that pages talk to; it ends in a slash.</summary>
    public required Uri ApiAddress { get; init; }

    /// <summary>Where browsers find this server; null for as each request is addressed.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Where people may sign in besides with a key; null for nowhere.</summary>
    public Sessions.SignInProvider? Provider { get; init; }
}
