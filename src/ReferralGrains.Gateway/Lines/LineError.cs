namespace ReferralGrains.Gateway.Lines;

/// <summary>Why a line was not done; the rest of the stream goes on.</summary>
/// <param name="Status">The HTTP status that a single request would have had.</param>
/// <param name="Param">The field that it is about.</param>
internal sealed record LineError(int Status, string Code, string Detail, string? Param = null);
