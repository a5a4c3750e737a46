using System.Text.Json;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>An action as a client sends it; sending it again sends the same bytes.</summary>
/// <param name="RefundOf">Null for a sale.</param>
public sealed record SentAction(string Id, string Program, string Referee, long Minor, string? RefundOf = null)
{
    public bool IsSale => RefundOf is null;

    public string Json { get; } = JsonSerializer.Serialize(RefundOf is null
        ? new { action_id = Id, program_id = Program, type = "sale", referee_id = Referee, amount_minor = Minor, currency = "GBP", occurred_at = Shop.SoldAt }
        : (object)new
        {
            action_id = Id,
            program_id = Program,
            type = "refund",
            referee_id = Referee,
            amount_minor = Minor,
            currency = "GBP",
            occurred_at = Shop.SoldAt,
            refund_of = RefundOf,
        });
}
