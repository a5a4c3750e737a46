using System.Globalization;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Layout;

/// <summary>Values as people read them. Amounts stay whole numbers: the point is put in, nothing is divided.</summary>
public static class Show
{
    /// <summary>12,345.67 GBP; −3.00 GBP; 120 points; 5.00 GBP credit; 2 VIP coupon.</summary>
    public static string Amount(long minor, string asset)
    {
        var (kind, unit) = asset.Split(':', 2) is [var before, var after] ? (before, after) : ("", asset);

        // Of other kinds the unit is an id, which may look like a currency.
        var isMoney = kind is "" or "credit" && Currencies.IsCurrency(unit);
        var places = isMoney ? Currencies.DigitsOf(unit) : 0;
        var text = Int128.Abs(minor).ToString("#,0", CultureInfo.InvariantCulture);
        if (places > 0)
        {
            var all = Int128.Abs(minor).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
            text = $"{Int128.Parse(all[..^places], CultureInfo.InvariantCulture).ToString("#,0", CultureInfo.InvariantCulture)}.{all[^places..]}";
        }

        return $"{(minor < 0 ? "−" : "")}{text} {unit}{(kind.Length > 0 ? " " + kind : "")}";
    }

    /// <summary>2026-01-31 09:05 UTC.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Percent(int basisPoints) => $"{(basisPoints / 100m).ToString("0.##", CultureInfo.InvariantCulture)} %";

    /// <summary>What stands under a list that has not all of them; nothing under one that has.</summary>
    public static string? Cut(int shown, int all) =>
        shown < all ? string.Create(CultureInfo.InvariantCulture, $"These are the first {shown:#,0} of {all:#,0}.") : null;

    /// <summary>What stands in a path for an id, which may hold nearly anything.</summary>
    public static string Path(string id) => Uri.EscapeDataString(id);
}
