using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Payouts;

/// <summary>
/// How a tenant pays out. A referrer has one balance in each currency, whichever programs it was earned in, so this is the tenant's and no
/// program's.
/// </summary>
/// <param name="Minimums">Below it, what is payable in a currency rolls over. A currency that is not named has none.</param>
/// <param name="Schedule">Null: only on demand.</param>
/// <param name="TimeZone">IANA name: the days of the schedule are days there.</param>
/// <param name="SecondPerson">Who draws a batch up may not approve it.</param>
/// <param name="AutoApprove">What the schedule draws up is approved with it.</param>
/// <param name="Outside">Batches are paid outside: nothing is sent to Stripe, and each payment is confirmed with a reference.</param>
/// <param name="CreditByStripe">Batches that Stripe pays also credit referrers' Stripe customers with what they have of account credit; else it is redeemed by hand.</param>
public sealed record PayoutTerms(
    ImmutableArray<PayoutMinimum> Minimums, PayoutSchedule? Schedule, string TimeZone, bool SecondPerson = false, bool AutoApprove = false, bool Outside = false,
    bool CreditByStripe = false)
{
    /// <summary>Of a tenant that has said nothing: on demand, without a minimum, by Stripe.</summary>
    public static readonly PayoutTerms Default = new([], null, "UTC");

    /// <summary>Account credit is paid by its batches.</summary>
    [JsonIgnore]
    public bool PaysCredit => CreditByStripe && !Outside;

    /// <summary>Of a currency, and of account credit in it.</summary>
    public long MinimumOf(string currency)
    {
        foreach (var minimum in Minimums)
            if (minimum.Currency == currency) return minimum.Minor;
        return 0;
    }
}

/// <summary>The least that is paid in a currency.</summary>
public readonly record struct PayoutMinimum(string Currency, long Minor);

/// <summary>When batches are drawn up by themselves.</summary>
/// <param name="Day">Of the week, from 1 for Monday; of the month, and its last day where the month has no such day (D15). 0 for an amount.</param>
public readonly record struct PayoutSchedule(PayoutEvery Every, int Day)
{
    // An amount can be reached at any moment; it is looked for once an hour.
    private static readonly TimeSpan Look = TimeSpan.FromHours(1);

    /// <summary>The first date of the schedule that is later than a moment: when the day begins in the time zone.</summary>
    public DateTimeOffset After(DateTimeOffset moment, string timeZone)
    {
        if (Every == PayoutEvery.Amount) return new DateTimeOffset(moment.UtcTicks - moment.UtcTicks % Look.Ticks, TimeSpan.Zero) + Look;
        var zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        var today = TimeZoneInfo.ConvertTime(moment, zone).Date;

        // Today's may be over, and a month's may be clamped to its last day: the next one is two months away at most.
        for (var day = today; ; day = new(day.Ticks + TimeSpan.TicksPerDay))
            if (Falls(day) && ProgramZone.First(day, zone) is var at && at > moment) return at.ToUniversalTime();
    }

    private bool Falls(DateTime day) => Every switch
    {
        PayoutEvery.Week => Day == (day.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)day.DayOfWeek),
        PayoutEvery.Month => day.Day == Math.Min(Day, DateTime.DaysInMonth(day.Year, day.Month)),
        _ => throw new UnreachableException(),
    };
}

/// <summary>What a schedule goes by. The numbers are in the journal and never change.</summary>
public enum PayoutEvery
{
    Week = 1,
    Month = 2,

    /// <summary>When somebody's payable amount has reached the minimum of its currency.</summary>
    Amount = 3,
}

/// <summary>A tenant's payout terms, and what their schedule has drawn up.</summary>
/// <param name="NextAt">When the schedule draws up the next batch, or looks whether it should.</param>
/// <param name="Drawn">How many batches it has drawn up: the number is in the next one's name.</param>
public sealed record PayoutPlan(int Seq, DateTimeOffset LastAt, PayoutTerms? Terms = null, DateTimeOffset? NextAt = null, int Drawn = 0)
{
    public const int FoldVersion = 1;

    public static readonly PayoutPlan None = new(0, DateTimeOffset.MinValue);

    public static PayoutPlan Evolve(PayoutPlan state, DateTimeOffset at, PayoutPlanEvent e)
    {
        var next = e switch
        {
            PayoutTermsSet set => state with { Terms = set.Terms, NextAt = set.Terms.Schedule?.After(at, set.Terms.TimeZone) },
            PayoutDateCame came => state with { NextAt = came.NextAt, Drawn = state.Drawn + (came.Batch is null ? 0 : 1) },
            _ => throw new UnreachableException(),
        };
        return next with { Seq = state.Seq + 1, LastAt = at };
    }

    /// <summary>What the next batch of the schedule is called. A plan has one name for each, so that one that is drawn up again is the same.</summary>
    public CallerId NextBatch => new($"po_scheduled_{Drawn + 1}");
}

/// <summary>What happened to a tenant's payout terms: the rows of their stream. Written once, read for ever.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(PayoutTermsSet), "terms")]
[JsonDerivedType(typeof(PayoutDateCame), "date")]
public abstract record PayoutPlanEvent
{
    private protected PayoutPlanEvent()
    {
    }
}

/// <summary>These hold for every batch that is drawn up from now on.</summary>
public sealed record PayoutTermsSet(PayoutTerms Terms, string By) : PayoutPlanEvent;

/// <summary>A date of the schedule came. Dates that were missed meanwhile are made up by this one.</summary>
/// <param name="Batch">Drawn up in the same append; null where nobody has reached an amount.</param>
public sealed record PayoutDateCame(CallerId? Batch, DateTimeOffset NextAt) : PayoutPlanEvent;
