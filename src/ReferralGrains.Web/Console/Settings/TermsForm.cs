using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Settings;

/// <summary>Payout terms as a person fills them in.</summary>
internal sealed class TermsForm
{
    /// <summary>A word of the API; empty for by hand.</summary>
    public string Every { get; set; } = "";

    public int? Day { get; set; }

    public string TimeZone { get; set; } = "UTC";

    /// <summary>25.00 GBP, 10.00 EUR.</summary>
    public string Minimums { get; set; } = "";

    public bool SecondPerson { get; set; }

    public bool AutoApprove { get; set; }

    public PayoutTermsBodyDelivery Delivery { get; set; } = PayoutTermsBodyDelivery.Stripe;

    /// <summary>Whether account credit goes to the referrers' Stripe customers.</summary>
    public PayoutTermsBodyCreditDelivery CreditDelivery { get; set; } = PayoutTermsBodyCreditDelivery.ByHand;

    public static TermsForm Of(PayoutTermsAnswer terms) => new()
    {
        Every = terms.Schedule is { } schedule ? Words.Of(schedule.Every) : "",
        Day = terms.Schedule?.Day,
        TimeZone = terms.TimeZone,
        Minimums = string.Join(", ", terms.Minimums.Select(static one => $"{TypedAmount.Of(one.AmountMinor, one.Currency)} {one.Currency}")),
        SecondPerson = terms.SecondPerson,
        AutoApprove = terms.AutoApprove,
        Delivery = terms.Delivery == PayoutTermsAnswerDelivery.Outside ? PayoutTermsBodyDelivery.Outside : PayoutTermsBodyDelivery.Stripe,
        CreditDelivery = terms.CreditDelivery == PayoutTermsAnswerCreditDelivery.Stripe ? PayoutTermsBodyCreditDelivery.Stripe : PayoutTermsBodyCreditDelivery.ByHand,
    };

    /// <summary>What was changed here, on what the terms are by now.</summary>
    /// <param name="was">What this was filled from.</param>
    /// <param name="now">What another may have changed meanwhile.</param>
    public TermsForm Onto(TermsForm was, TermsForm now)
    {
        var drawn = (Every, Day) == (was.Every, was.Day) ? now : this;
        return new()
        {
            Every = drawn.Every,
            Day = drawn.Day,
            TimeZone = Changed(static one => one.TimeZone),
            Minimums = Changed(static one => one.Minimums),
            SecondPerson = Changed(static one => one.SecondPerson),
            AutoApprove = Changed(static one => one.AutoApprove),
            Delivery = Changed(static one => one.Delivery),
            CreditDelivery = Changed(static one => one.CreditDelivery),
        };

        T Changed<T>(Func<TermsForm, T> of) => of(Equals(of(this), of(was)) ? now : this);
    }

    /// <summary>Null where the least amounts cannot be read; all else the API judges.</summary>
    public PayoutTermsBody? Body()
    {
        var minimums = new List<PayoutMinimumBody>();
        foreach (var text in Minimums.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Minimum(text) is not { } minimum) return null;
            minimums.Add(minimum);
        }

        PayoutScheduleBody? schedule = Every switch
        {
            "week" => new() { Every = PayoutScheduleBodyEvery.Week, Day = Day },
            "month" => new() { Every = PayoutScheduleBodyEvery.Month, Day = Day },
            "amount" => new() { Every = PayoutScheduleBodyEvery.Amount },
            _ => null,
        };
        return new()
        {
            Minimums = minimums,
            Schedule = schedule,
            TimeZone = TimeZone,
            SecondPerson = SecondPerson,
            AutoApprove = AutoApprove,
            Delivery = Delivery,
            CreditDelivery = CreditDelivery,
        };
    }

    private static PayoutMinimumBody? Minimum(string text)
    {
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var amount, { Length: 3 } currency]) return null;
        currency = currency.ToUpperInvariant();
        return TypedAmount.Minor(amount, currency) is { } minor ? new() { Currency = currency, AmountMinor = minor } : null;
    }
}
