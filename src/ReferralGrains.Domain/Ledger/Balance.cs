using System.Diagnostics;

namespace ReferralGrains.Domain.Ledger;

/// <summary>
/// What a referrer has of one asset (D13): net = earned − clawed back = pending + payable + in transit + paid.
/// </summary>
/// <param name="Earned">Unlocked, held ones included.</param>
/// <param name="Payable">May be below zero: it is earned back before anything is paid (D8).</param>
public readonly record struct Balance(long Earned, long ClawedBack, long Pending, long Payable, long InTransit, long Paid)
{
    public long Net => Earned - ClawedBack;

    public bool Balances => Net == Pending + Payable + InTransit + Paid;

    public Balance With(AccountKind kind, long minor) => kind switch
    {
        AccountKind.Pending => this with { Pending = Pending + minor },
        AccountKind.Payable => this with { Payable = Payable + minor },
        AccountKind.InTransit => this with { InTransit = InTransit + minor },
        AccountKind.Paid => this with { Paid = Paid + minor },
        _ => throw new UnreachableException($"{kind} is no account of a referrer."),
    };
}
