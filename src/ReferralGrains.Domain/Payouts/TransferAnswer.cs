using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Payouts;

/// <summary>What came of sending an intent once, as far as it can be known.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "answer")]
[JsonDerivedType(typeof(TransferAnswer.Made), "made")]
[JsonDerivedType(typeof(TransferAnswer.Unknown), "unknown")]
[JsonDerivedType(typeof(TransferAnswer.Broken), "broken")]
[JsonDerivedType(typeof(TransferAnswer.KeyInUse), "key_in_use")]
[JsonDerivedType(typeof(TransferAnswer.TooMany), "too_many")]
[JsonDerivedType(typeof(TransferAnswer.KeyMismatch), "key_mismatch")]
[JsonDerivedType(typeof(TransferAnswer.FundsShort), "funds_short")]
[JsonDerivedType(typeof(TransferAnswer.AccessRefused), "access_refused")]
[JsonDerivedType(typeof(TransferAnswer.Refused), "refused")]
public abstract record TransferAnswer
{
    private TransferAnswer()
    {
    }

    /// <summary>Stripe shows the transfer.</summary>
    public sealed record Made(TransferSeen Transfer) : TransferAnswer;

    /// <summary>Nothing that can be read came back: it may have been made, or may still be.</summary>
    public sealed record Unknown(string Why) : TransferAnswer;

    /// <summary>5xx in Stripe's own words. A saved one comes back for as long as the key is known.</summary>
    public sealed record Broken(bool IsReplayed) : TransferAnswer;

    /// <summary>409: the same key is being run at this moment.</summary>
    public sealed record KeyInUse : TransferAnswer;

    /// <summary>429: not run.</summary>
    public sealed record TooMany : TransferAnswer;

    /// <summary>400: the key is known with other bytes. That is our own bug.</summary>
    public sealed record KeyMismatch : TransferAnswer;

    /// <summary>400: not enough money at Stripe. It is saved, so this key will never pay.</summary>
    public sealed record FundsShort : TransferAnswer;

    /// <summary>401, 403: the secret key is not good, or not for this.</summary>
    public sealed record AccessRefused(string? Code) : TransferAnswer;

    /// <summary>Any other refusal in Stripe's words: a closed account, a currency. It is not saved: the same key could pay later.</summary>
    public sealed record Refused(string Code) : TransferAnswer;
}

/// <summary>What Stripe shows of an item.</summary>
/// <param name="Transfers">All of its group, reversed ones too; of account credit, all on the customer's balance that name it.</param>
/// <param name="IsGone">Stripe shows the customer's balance no more: nothing can be learnt.</param>
public sealed record LookupAnswer(ImmutableArray<TransferSeen> Transfers, bool IsGone = false);
