using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;

namespace ReferralGrains.Web.Console.Reviewing;

/// <summary>A list of what somebody has to decide, each thing with a reason.</summary>
public abstract class Deciding : DeskPage
{
    /// <summary>How many are listed at once.</summary>
    protected const int Shown = 100;

    protected string Reason { get; set; } = "";

    protected bool IsAdmin => Desk.Session.May("admin");

    protected bool LacksReason => IsBusy || string.IsNullOrWhiteSpace(Reason);

    // What is refused is looked at again too: somebody else has decided it meanwhile.
    protected Task Decide(Func<ReferralGrainsClient, CancellationToken, Task> decide) => Ask(async (api, stop) =>
    {
        try
        {
            await decide(api, stop);
        }
        finally
        {
            await Load(api, stop);
        }
    });
}
