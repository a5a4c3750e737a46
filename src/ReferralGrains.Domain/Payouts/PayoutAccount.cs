using System.Diagnostics;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Payouts;

/// <summary>What Stripe says of a capability of an account. The numbers are in rows and never change.</summary>
public enum Capability
{
    /// <summary>Not asked for, refused, or taken away.</summary>
    Inactive = 0,

    Active = 1,

    /// <summary>Stripe is still looking at what it was told.</summary>
    Pending = 2,
}

/// <summary>The connected account to which a referrer is paid and what is known of it, and the customer that its account credit goes to.</summary>
/// <param name="Account">Its id at Stripe; null until one is linked.</param>
/// <param name="ChangedAt">When it took the place of another account; null for the first, which nobody could have put in its place.</param>
/// <param name="Links">How many accounts there were, this one included.</param>
/// <param name="Transfers">Whether it can receive.</param>
/// <param name="PaysOut">Whether what it receives reaches a bank.</param>
/// <param name="Customer">Its id at Stripe; null until one is linked, and once it is gone.</param>
/// <param name="CustomerChangedAt">When it took the place of another customer, or was gone; null for the first.</param>
public sealed record PayoutAccount(
    int Seq, DateTimeOffset LastAt, string? Account = null, DateTimeOffset? ChangedAt = null, int Links = 0, Capability Transfers = Capability.Inactive, bool PaysOut = false,
    string? Customer = null, DateTimeOffset? CustomerChangedAt = null)
{
    public const int FoldVersion = 2;

    public static readonly PayoutAccount None = new(0, DateTimeOffset.MinValue);

    /// <summary>Whether money that is sent to it arrives.</summary>
    [JsonIgnore]
    public bool IsReady => Account is not null && Transfers == Capability.Active && PaysOut;

    public static PayoutAccount Evolve(PayoutAccount state, DateTimeOffset at, PayoutAccountEvent e)
    {
        var next = e switch
        {
            AccountLinked linked => state with
            {
                Account = linked.Account,
                ChangedAt = state.Account is null ? null : at,
                Links = state.Links + 1,
                Transfers = Capability.Inactive,
                PaysOut = false,
            },
            AccountSeen seen => state with { Transfers = seen.Transfers, PaysOut = seen.PaysOut },
            CustomerLinked linked => state with { Customer = linked.Customer, CustomerChangedAt = state is { Customer: null, CustomerChangedAt: null } ? null : at },
            CustomerGone => state with { Customer = null, CustomerChangedAt = at },
            _ => throw new UnreachableException(),
        };
        return next with { Seq = state.Seq + 1, LastAt = at };
    }
}

/// <summary>What happened to a referrer's connected account: the rows of its stream. Written once, read for ever.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(AccountLinked), "linked")]
[JsonDerivedType(typeof(AccountSeen), "seen")]
[JsonDerivedType(typeof(CustomerLinked), "customer")]
[JsonDerivedType(typeof(CustomerGone), "customer_gone")]
public abstract record PayoutAccountEvent
{
    private protected PayoutAccountEvent()
    {
    }
}

/// <summary>The referrer is paid to this account from now on.</summary>
public sealed record AccountLinked(string Account, string By) : PayoutAccountEvent;

/// <summary>Stripe says something else of the account than before.</summary>
public sealed record AccountSeen(Capability Transfers, bool PaysOut) : PayoutAccountEvent;

/// <summary>The referrer's account credit goes to this customer from now on.</summary>
public sealed record CustomerLinked(string Customer, string By) : PayoutAccountEvent;

/// <summary>Stripe shows that this customer was deleted: account credit goes nowhere until another is linked.</summary>
public sealed record CustomerGone(string Customer) : PayoutAccountEvent;

/// <summary>What is asked of, or told to, a referrer's connected account.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(PayoutAccountCommand.Link), "link")]
[JsonDerivedType(typeof(PayoutAccountCommand.See), "see")]
[JsonDerivedType(typeof(PayoutAccountCommand.LinkCustomer), "link_customer")]
[JsonDerivedType(typeof(PayoutAccountCommand.LoseCustomer), "lose_customer")]
public abstract record PayoutAccountCommand
{
    private PayoutAccountCommand()
    {
    }

    /// <param name="Instead">False links only where there is none yet: who asks twice is no change.</param>
    public sealed record Link(string Account, string By, bool Instead) : PayoutAccountCommand;

    /// <summary>Stripe shows the account so. Of another account than the linked one it is overtaken.</summary>
    public sealed record See(string Account, Capability Transfers, bool PaysOut) : PayoutAccountCommand;

    /// <param name="Instead">As of <see cref="Link"/>.</param>
    public sealed record LinkCustomer(string Customer, string By, bool Instead) : PayoutAccountCommand;

    /// <summary>Stripe shows that it was deleted. Of another customer than the linked one it is overtaken.</summary>
    public sealed record LoseCustomer(string Customer) : PayoutAccountCommand;
}

/// <summary>Decides over one referrer's connected account.</summary>
public static class PayoutAccountDecider
{
    /// <summary>Null where there is nothing to change.</summary>
    public static PayoutAccountEvent? Decide(PayoutAccount state, PayoutAccountCommand command) => command switch
    {
        PayoutAccountCommand.Link link => state.Account == link.Account || (state.Account is not null && !link.Instead) ? null : new AccountLinked(link.Account, link.By),
        PayoutAccountCommand.See see => state.Account != see.Account || (state.Transfers, state.PaysOut) == (see.Transfers, see.PaysOut)
            ? null
            : new AccountSeen(see.Transfers, see.PaysOut),
        PayoutAccountCommand.LinkCustomer link => state.Customer == link.Customer || (state.Customer is not null && !link.Instead)
            ? null
            : new CustomerLinked(link.Customer, link.By),
        PayoutAccountCommand.LoseCustomer lose => state.Customer == lose.Customer ? new CustomerGone(lose.Customer) : null,
        _ => throw new UnreachableException(),
    };
}
