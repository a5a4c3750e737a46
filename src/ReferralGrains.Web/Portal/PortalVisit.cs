using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using ReferralGrains.Client;

namespace ReferralGrains.Web.Portal;

/// <summary>
/// A browser that opened a link. Its session is the link's token itself, in a cookie that no script reads and no other page gets: so it opens on
/// every process, ends with the link, and nothing of it is kept here. In a frame of another site a browser sends only cookies that are kept apart
/// for that site (partitioned); they are set only where the tenant allows frames.
/// </summary>
public sealed class PortalVisit
{
    public const string Cookie = "referralgrains-portal";
    public const string LanguageCookie = "referralgrains-portal-language";
    public const string Field = "form";

    private const string Path = "/portal";

    private readonly HttpContext context;

    public PortalVisit(HttpContext context)
    {
        this.context = context;
        Token = context.Request.Cookies[Cookie] is { } token && IsToken(token) ? token : null;
        Texts = PortalTexts.In(context.Request.Query["lang"]) ?? PortalTexts.In(context.Request.Cookies[LanguageCookie]) ?? PortalTexts.For(context.Request);
        Nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
    }

    /// <summary>Null for a browser that has opened no link.</summary>
    public string? Token { get; private set; }

    public PortalTexts Texts { get; }

    /// <summary>Of the one style element that the page itself may have: the tenant's colours.</summary>
    public string Nonce { get; }

    /// <summary>What was said of the referrer last; null on a page that is nobody's.</summary>
    public PortalAnswer? Portal { get; set; }

    /// <summary>What a form of ours holds and another site cannot know: made from the token, which is in a cookie that it cannot read.</summary>
    public string FormToken => Token is null ? "" : Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Token), "a form of the portal"u8));

    public bool IsFramed => context.Request.Headers["Sec-Fetch-Dest"].ToString() is "iframe" or "frame";

    public bool IsSecure => context.Request.IsHttps;

    /// <summary>The page's own address. The answer to a form has none, and a link that was followed is not named again.</summary>
    public string Address => HttpMethods.IsGet(context.Request.Method) && context.Request.Path.Value is not "/portal/open" and { } path ? path : Path;

    /// <summary>The same page in another language, with what was asked of it.</summary>
    public string In(string language)
    {
        var query = QueryString.Create("lang", language);
        foreach (var name in (string[])["month", "after"])
            if (Asked(name) is { } asked) query = query.Add(name, asked);
        return Address + query;
    }

    /// <summary>Of the query; null when it is absent.</summary>
    public string? Asked(string name) => context.Request.Query[name] is [{ Length: > 0 } text] ? text : null;

    public static bool IsToken(string text) => text.Length is > 10 and <= 100 && text.StartsWith("rg_portal_", StringComparison.Ordinal) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    public bool IsOurForm(string? field) => Token is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(field ?? ""), Encoding.UTF8.GetBytes(FormToken));

    public void Begin(string token)
    {
        Token = token;
        Keep(Cookie, token);
    }

    /// <summary>Keeps the language that was chosen on this page.</summary>
    public void KeepLanguage()
    {
        if (PortalTexts.In(context.Request.Query["lang"]) is { } chosen) Keep(LanguageCookie, chosen.Language);
    }

    // Where frames are allowed at all, and this is one. A browser takes such a cookie over TLS only, or from its own machine.
    private void Keep(string name, string value)
    {
        var inFrame = IsFramed && Portal?.Settings.FrameOrigins is { Count: > 0 };
        var options = new CookieOptions { HttpOnly = true, Path = Path, Secure = IsSecure || inFrame, SameSite = inFrame ? SameSiteMode.None : SameSiteMode.Lax };
        if (inFrame) options.Extensions.Add("Partitioned");
        context.Response.Cookies.Append(name, value, options);
    }
}
