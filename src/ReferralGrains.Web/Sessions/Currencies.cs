namespace ReferralGrains.Web.Sessions;

/// <summary>How many digits a currency's minor unit has.</summary>
public static class Currencies
{
    // ISO 4217 currencies whose minor unit is not a hundredth.
    private static readonly HashSet<string> whole =
    [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
    ];

    private static readonly HashSet<string> thousandths = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

    public static int DigitsOf(string currency) => whole.Contains(currency) ? 0 : thousandths.Contains(currency) ? 3 : 2;

    /// <summary>Whether an asset is money, as the API names assets.</summary>
    public static bool IsCurrency(string asset) => asset.Length == 3 && asset.All(char.IsAsciiLetterUpper);
}
