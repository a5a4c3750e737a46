using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Layout;

/// <summary>What a person has in front of them: who they are here, and the API with their key.</summary>
/// <param name="Lasting">The same for what takes as long as there is history.</param>
public sealed record Desk(Session Session, ReferralGrainsClient Api, ReferralGrainsClient Lasting);
