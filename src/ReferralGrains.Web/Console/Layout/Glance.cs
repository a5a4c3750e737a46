namespace ReferralGrains.Web.Console.Layout;

/// <summary>How long a page waits before it looks again at what goes on. Looks are in the audit log: what takes long is looked at ever less often.</summary>
internal static class Glance
{
    private static readonly TimeSpan longest = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);

    public static TimeSpan After(TimeSpan earlier) => earlier * 1.2 < longest ? earlier * 1.2 : longest;
}
