using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Layout;

/// <summary>What a person has in front of them: who they are here, and the API with their key.</summary>
public sealed record Desk(Session Session, ReferralGrainsClient Api);
