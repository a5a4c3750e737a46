namespace ReferralGrains.Domain.Money;

/// <summary>A rate in hundredths of a percent: 1,000 is 10 %. Rates are never floating point (D1).</summary>
public readonly record struct BasisPoints(int Value)
{
    public const int Whole = 10_000;

    public long Of(long minor) => Rounding.HalfAwayFromZero((Int128)minor * Value, Whole);
}
