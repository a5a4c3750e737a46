namespace ReferralGrains.Gateway.Json;

/// <summary>Why something is done by hand; it may be left out, body and all.</summary>
/// <param name="Reason">Kept with what was done.</param>
internal sealed record ReasonBody(string? Reason = null)
{
    public const int MaxLength = 1_000;

    public static async Task<string?> Read(HttpContext context) =>
        Text.Of((await Body.ReadOr(context, GatewayJson.Default.ReasonBody, new())).Reason, "reason", MaxLength);
}
