using System.Text.Json.Serialization;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Referrers;

/// <summary>What a referrer shares: its code, a link and texts to send (S2).</summary>
internal sealed class ShareEndpoints(IFacts facts, IReports reports) : IEndpoints
{
    private static readonly QueryParameter Program = new("program_id", "string", "The program to invite to.");

    public void Map(IEndpointRouteBuilder routes) => routes.Get("/v1/referrers/{id}/share", Show).Needs(KeyRole.Read)
        .WithSummary("A referrer's code, its link, and texts to copy, to send by SMS and by e-mail").Answers<ShareAnswer>().Query(Program);

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var profile = CallerId.IsValid(id) ? await reports.Referrer(tenant, new(id), stop) : null;
        if (profile is null) return new ProblemAnswer(Problem.NotFound("referrer", "referrer_id"));
        var named = context.Single(Program.Name) ?? throw Problem.MissingField(Program.Name).AsException();
        var program = CallerId.IsValid(named) ? await facts.Program(tenant, new(named), stop) : null;
        if (program is null) return new ProblemAnswer(Problem.NotFound("program", Program.Name));
        return Answers.Ok(Shared(profile, program), GatewayJson.Default.ShareAnswer);
    }

    public static ShareAnswer Shared(ReferrerProfile profile, ProgramTerms program)
    {
        var link = program.ShareUrl?.Replace(ShareUrl.Place, Uri.EscapeDataString(profile.Code), StringComparison.Ordinal);
        var gift = program.NewCustomer is { } discount ? $" You get {Text(discount, program.Currency)} off your first invoice." : "";
        var join = link is null ? $"Use my code {profile.Code} when you sign up." : $"Sign up with my code {profile.Code}: {link}";
        var invitation = $"I recommend {program.Name}.{gift} {join}";
        return new(
            profile.Id, program.Id, profile.Code, link,
            new(invitation, $"sms:?&body={Uri.EscapeDataString(invitation)}", $"mailto:?subject={Uri.EscapeDataString(program.Name)}&body={Uri.EscapeDataString(invitation)}"));
    }

    private static string Text(Discount discount, string currency) => discount.BasisPoints == 0
        ? new Amount(discount.AmountMinor, Asset.Cash(currency)).ToString()
        : discount.BasisPoints % 100 == 0 ? $"{discount.BasisPoints / 100} %" : $"{discount.BasisPoints / 100}.{discount.BasisPoints % 100:D2} %";
}

/// <param name="Link">The program's share_url with the code in it; absent where it has none.</param>
internal sealed record ShareAnswer(
    CallerId ReferrerId, CallerId ProgramId, string Code, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Link, ShareTexts Texts);

/// <param name="Copy">To paste anywhere.</param>
/// <param name="Sms">Opens a text message with it.</param>
/// <param name="Email">Opens an e-mail with it.</param>
internal sealed record ShareTexts(string Copy, string Sms, string Email);
