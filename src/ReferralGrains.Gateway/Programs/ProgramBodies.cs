using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Programs;

/// <param name="Currency">ISO 4217.</param>
/// <param name="TimeZone">IANA name, like Europe/London: bare dates of rules are days there.</param>
/// <param name="Id">Made up when it is left out.</param>
/// <param name="NewCustomerDiscount">Not in this release.</param>
internal sealed record NewProgram(string Name, string Currency, string TimeZone, CallerId? Id = null, JsonElement? NewCustomerDiscount = null);

/// <param name="Rules">As they stand now, disabled ones included.</param>
internal sealed record ProgramAnswer(
    CallerId Id,
    string Name,
    string Currency,
    string TimeZone,
    ImmutableArray<RuleAnswer> Rules,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);
