using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Portal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Portal;

/// <summary>What a marketplace does for the portal: it makes links for its referrers, ends them, and says how the portal looks.</summary>
internal sealed class PortalLinkEndpoints(ITenants tenants, IReports reports, IPortalReports portal, IOptions<GatewayOptions> options, TimeProvider time) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/portal_links", Create).Needs(KeyRole.Admin)
            .WithSummary("A link that opens the portal for one referrer, for a while; it is shown this once").Takes<NewPortalLink>().Answers<PortalLinkAnswer>(creates: true);
        routes.Delete("/v1/portal_links/{id}", Revoke).Needs(KeyRole.Admin)
            .WithSummary("End a link, and what it has opened, before its time").Answers<RevokedPortalLinkAnswer>();
        routes.Get("/v1/portal_settings", Show).Needs(KeyRole.Read)
            .WithSummary("How the portal looks, and whose pages may show it in a frame").Answers<PortalSettingsBody>();
        routes.Put("/v1/portal_settings", Set).Needs(KeyRole.Admin)
            .WithSummary("Set how the portal looks, and whose pages may show it in a frame: all of it").Takes<PortalSettingsBody>().Answers<PortalSettingsBody>();
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var body = await Body.Read(context, GatewayJson.Default.NewPortalLink);
        var seconds = AmountLimits.Range(body.ExpiresIn ?? NewPortalLink.Default, NewPortalLink.Least, NewPortalLink.Most, "expires_in")!.Value;
        var referrer = await reports.Referrer(tenant, body.ReferrerId, stop) ?? throw Problem.NotFound("referrer", "referrer_id").AsException();
        context.NoteSubject(referrer.Id.Value);
        if (referrer.Closed) return new ProblemAnswer(new(409, "referrer_closed", "referrer_id", "This referrer is closed."));
        var token = "rg_portal_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var link = await tenants.AddPortalLink(tenant, referrer.Stream, token, time.GetUtcNow() + TimeSpan.FromSeconds(seconds), stop);
        var name = new PortalLinkName(link.Id).ToString();
        var answer = new PortalLinkAnswer(name, referrer.Id, token, $"{Address(context)}/portal/open?token={token}", link.ExpiresAt!.Value);
        Idempotency.AnswerRepeatsWith(context, answer with { Token = null, Url = null }, GatewayJson.Default.PortalLinkAnswer);
        return Answers.Created(context, answer, isNew: true, GatewayJson.Default.PortalLinkAnswer, "portal_links", name);
    }

    private async Task<IResult> Revoke(HttpContext context, string id)
    {
        var revoked = PortalLinkName.Parse(id) is { } link ? await tenants.RevokePortalLink(link.Number, context.Caller().Tenant, context.RequestAborted) : null;
        return revoked is null
            ? new ProblemAnswer(Problem.NotFound("portal_link", "id"))
            : Answers.Ok(new(new PortalLinkName(revoked.Id).ToString(), revoked.Referrer!.Value, revoked.RevokedAt!.Value), GatewayJson.Default.RevokedPortalLinkAnswer);
    }

    private async Task<IResult> Show(HttpContext context) =>
        Answers.Ok(PortalSettingsBody.Of(await portal.Settings(context.Caller().Tenant, context.RequestAborted)), GatewayJson.Default.PortalSettingsBody);

    private async Task<IResult> Set(HttpContext context)
    {
        var settings = (await Body.Read(context, GatewayJson.Default.PortalSettingsBody)).Parse();
        await portal.SetSettings(context.Caller().Tenant, settings, context.RequestAborted);
        return Answers.Ok(PortalSettingsBody.Of(settings), GatewayJson.Default.PortalSettingsBody);
    }

    private string Address(HttpContext context) =>
        options.Value.PublicUrl?.AbsoluteUri.TrimEnd('/') ?? $"{context.Request.Scheme}://{context.Request.Host.ToUriComponent()}";
}

/// <param name="ExpiresIn">Seconds from now; an hour when it is left out.</param>
[Example("""{"referrer_id":"auth0|rita","expires_in":900}""")]
internal sealed record NewPortalLink(CallerId ReferrerId, [property: Whole(NewPortalLink.Least, NewPortalLink.Most)] long? ExpiresIn = null)
{
    public const long Least = 1;
    public const long Most = 24 * 60 * 60;
    public const long Default = 60 * 60;
}

/// <param name="Token">Opens the calls under /v1/portal, as a key. Shown this once, and not to a repeat: only its hash is kept.</param>
/// <param name="Url">For the referrer's browser and nobody else. It can be opened until it expires.</param>
internal sealed record PortalLinkAnswer(
    string Id,
    CallerId ReferrerId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url,
    DateTimeOffset ExpiresAt);

internal sealed record RevokedPortalLinkAnswer(string Id, CallerId ReferrerId, DateTimeOffset RevokedAt);

/// <summary>How the portal looks, and where: all of it, for what is left out is as the house has it.</summary>
/// <param name="Title">What the portal is called: the marketplace's name.</param>
/// <param name="Accent">Of buttons and bars: #rrggbb. What is written on it is black or white, whichever can be read.</param>
/// <param name="Background">Of the page.</param>
/// <param name="Foreground">Of texts; it must stand out from the background as 4.5 to 1 at least.</param>
/// <param name="Logo">An image in the address itself, data:image/png;base64,… (or jpeg, webp): no request leaves the host.</param>
/// <param name="FrameOrigins">Whose pages may show the portal in a frame: https://shop.example. None when it is left out.</param>
[Example("""{"title":"Acme","accent":"#0a5c36","background":"#ffffff","foreground":"#1a1a1a","font":"serif","frame_origins":["https://shop.example"]}""")]
internal sealed record PortalSettingsBody(
    [property: AtMost(Text.MaxName)] string? Title = null,
    [property: Form(PortalSettingsBody.ColourForm)] string? Accent = null,
    [property: Form(PortalSettingsBody.ColourForm)] string? Background = null,
    [property: Form(PortalSettingsBody.ColourForm)] string? Foreground = null,
    [property: OneOf(typeof(PortalSettingsBody), nameof(PortalSettingsBody.Fonts))] string? Font = null,
    [property: AtMost(PortalSettingsBody.MaxLogo), Form(PortalSettingsBody.LogoForm)] string? Logo = null,
    [property: AtMost(PortalSettingsBody.MaxOrigins, Each = PortalSettingsBody.MaxOrigin)] ImmutableArray<string>? FrameOrigins = null)
{
    public const string ColourForm = "^#[0-9A-Fa-f]{6}$";
    public const string LogoForm = "^data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/]+=*$";
    public const int MaxLogo = 60_000;
    public const int MaxOrigins = 20;
    public const int MaxOrigin = 200;

    public static readonly Words<bool> Fonts = new(("sans", false), ("serif", true));

    private static readonly string[] images = ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,"];

    public static PortalSettingsBody Of(PortalSettings settings) => new(
        settings.Title, settings.Accent, settings.Background, settings.Foreground, settings.Font, settings.Logo, settings.FrameOrigins);

    public PortalSettings Parse()
    {
        var settings = new PortalSettings(
            Text.Of(Title, "title", Text.MaxName), Colour(Accent, "accent"), Colour(Background, "background"), Colour(Foreground, "foreground"),
            Font is null ? null : Fonts.Of(Fonts.Parse(Font, false, "font")), Image(Logo), Origins());
        var contrast = Contrast.Of(settings.Foreground ?? Contrast.Black, settings.Background ?? Contrast.White);
        return contrast >= Contrast.Least
            ? settings
            : throw Problem.Unprocessable("contrast_too_low", "foreground", $"Texts would stand out from the background as {contrast / 100}.{contrast % 100:D2} to 1; 4.5 is needed to read them.").AsException();
    }

    private static string? Colour(string? text, string param) => text is null || (text is ['#', _, _, _, _, _, _] && text.Skip(1).All(char.IsAsciiHexDigit))
        ? text?.ToLowerInvariant()
        : throw Problem.InvalidField(param, $"A colour like #0a5c36 is expected, not {Text.Shown(text)}.").AsException();

    private static string? Image(string? text)
    {
        if (Text.Of(text, "logo", MaxLogo) is not { } image) return null;
        var isImage = Array.Find(images, start => image.StartsWith(start, StringComparison.Ordinal)) is { } kind && Base64.IsValid(image.AsSpan(kind.Length));
        return isImage ? image : throw Problem.InvalidField("logo", "data:image/png;base64,… is expected, or jpeg or webp in the place of png.").AsException();
    }

    // An origin and no more: it goes into a header as it stands. In clear only where a browser trusts it, on its own machine.
    private ImmutableArray<string> Origins()
    {
        if (FrameOrigins is not { } given) return [];
        if (given.Length > MaxOrigins) throw Problem.InvalidField("frame_origins", $"At most {MaxOrigins} origins are possible.").AsException();
        for (var i = 0; i < given.Length; i++)
        {
            var isOrigin = given[i].Length <= MaxOrigin && Uri.TryCreate(given[i], UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == given[i]
                && uri.UserInfo.Length == 0 && given[i].All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '/' or '.' or '-' or '[' or ']')
                && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
            if (!isOrigin) throw Problem.InvalidField($"frame_origins[{i}]", $"An origin like https://shop.example is expected, not {Text.Shown(given[i])}.").AsException();
        }

        return given;
    }
}

/// <summary>How far two colours stand out from each other, in hundredths, as WCAG measures it.</summary>
internal static class Contrast
{
    public const int Least = 450;
    public const string Black = "#1b1b1f";
    public const string White = "#ffffff";

    public static int Of(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (int)((Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05) * 100);
    }

    private static double Luminance(string colour) => (0.2126 * Part(colour, 1)) + (0.7152 * Part(colour, 3)) + (0.0722 * Part(colour, 5));

    private static double Part(string colour, int at)
    {
        var part = Convert.FromHexString(colour.AsSpan(at, 2))[0] / 255.0;
        return part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
    }
}
