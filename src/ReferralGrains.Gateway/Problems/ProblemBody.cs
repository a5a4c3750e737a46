using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ReferralGrains.Gateway.Problems;

/// <summary>Why a request was not done (RFC 9457).</summary>
/// <param name="Type">Where the code is explained.</param>
/// <param name="Code">Stable, for machines.</param>
/// <param name="Param">The field that it is about.</param>
/// <param name="Warnings">For tiers that may not be meant (H3).</param>
/// <param name="RequestId">Leads to the request in the log.</param>
internal sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Param,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Warnings,
    string RequestId);
