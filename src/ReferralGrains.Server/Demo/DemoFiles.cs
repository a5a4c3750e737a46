using System.Globalization;
using ReferralGrains.Client;

namespace ReferralGrains.Server.Demo;

/// <summary>Eight months of a shop's sales and refunds, and who referred its customers: what lies in Demo/Data.</summary>
internal static class DemoFiles
{
    /// <summary>In the order in which they were approved.</summary>
    public static IReadOnlyList<NewReferral> Referrals { get; } =
    [
        .. Rows("referrals.csv").Select(static cells => new NewReferral { ProgramId = cells[0], RefereeId = cells[1], ReferrerId = cells[2], ApprovedAt = Time(cells[3]) }),
    ];

    /// <summary>In the order in which they occurred.</summary>
    public static IReadOnlyList<ActionBody> Actions { get; } = ReadActions();

    private static List<ActionBody> ReadActions()
    {
        var programs = Referrals.ToDictionary(static referral => referral.RefereeId, static referral => referral.ProgramId, StringComparer.Ordinal);
        return
        [
            .. Rows("actions.csv").Select(cells => new ActionBody
            {
                ActionId = cells[0],
                Type = cells[1] == "sale" ? ActionBodyType.Sale : ActionBodyType.Refund,
                RefereeId = cells[2],
                ProgramId = programs[cells[2]],
                OccurredAt = Time(cells[3]),
                AmountMinor = long.Parse(cells[4], CultureInfo.InvariantCulture),
                RefundOf = cells[5].Length == 0 ? null : cells[5],
            }),
        ];
    }

    private static IEnumerable<string[]> Rows(string name)
    {
        using var reader = new StreamReader(typeof(DemoFiles).Assembly.GetManifestResourceStream(name)!);
        reader.ReadLine();
        while (reader.ReadLine() is { } line) yield return line.Split(',');
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
