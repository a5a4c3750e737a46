namespace ReferralGrains.Domain.Money;

/// <summary>The only two ways in which an amount becomes a whole number of minor units (D1, V5).</summary>
public static class Rounding
{
    public static long HalfAwayFromZero(Int128 numerator, Int128 denominator)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(denominator, Int128.Zero);
        var (quotient, remainder) = Int128.DivRem(numerator, denominator);
        if (Int128.Abs(remainder) * 2 >= denominator) quotient += Int128.Sign(numerator);
        return checked((long)quotient);
    }

    /// <summary>Points are whole and never rounded up (V5). Only for numerators that are not negative.</summary>
    public static long Down(Int128 numerator, Int128 denominator)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(numerator);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(denominator, Int128.Zero);
        return checked((long)(numerator / denominator));
    }
}
