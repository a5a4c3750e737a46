using ReferralGrains.Client;

namespace ReferralGrains.Web.Console.Settings;

/// <summary>Where a source says what, as a person fills it in; what is left empty is as that kind of source has it.</summary>
public sealed class MappingForm
{
    public string RefereeId { get; set; } = "";

    public string Code { get; set; } = "";

    public string SaleId { get; set; } = "";

    public static MappingForm Of(SourceMapping mapping) => new() { RefereeId = mapping.RefereeId ?? "", Code = mapping.Code ?? "", SaleId = mapping.SaleId ?? "" };

    public SourceMapping Body()
    {
        return new() { RefereeId = Given(RefereeId), Code = Given(Code), SaleId = Given(SaleId) };

        static string? Given(string text) => text.Trim() is { Length: > 0 } path ? path : null;
    }
}
