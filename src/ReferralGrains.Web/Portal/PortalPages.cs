using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Portal;

/// <summary>
/// The portal: pages that are written once and need no script, and forms that change something. Each asks the API with the token of the link
/// that was opened, so that a page can show nothing that the link does not open.
/// </summary>
internal static class PortalPages
{
    public const int ReferralsShown = 10;
    public const int ReferralsAPage = 25;
    public const int PayoutsShown = 5;

    private const int MaxForm = 4_096;

    /// <param name="door">Told of all that is mapped here.</param>
    public static void MapPortal(this IEndpointRouteBuilder app, Action<IEndpointConventionBuilder> door)
    {
        var pages = app.MapGroup("/portal").AllowAnonymous();
        door(pages);
        pages.MapGet("/open", Open);
        pages.MapGet("", (HttpContext context, ApiClients clients) => Page(context, clients, Overview));
        pages.MapGet("/referrals", (HttpContext context, ApiClients clients) => Page(context, clients, Referrals));
        pages.MapGet("/statement", (HttpContext context, ApiClients clients) => Page(context, clients, Statement));
        pages.MapGet("/statement.csv", (HttpContext context, ApiClients clients) => Page(context, clients, StatementTable));
        pages.MapPost("/cash", (HttpContext context, ApiClients clients) => Form(context, clients, SetCash));
        pages.MapPost("/account", (HttpContext context, ApiClients clients, WebOptions options) => Form(context, clients, (visit, api, form) => SetUpAccount(context, options, visit, api, form)));
        pages.MapGet("/back", Back);
        pages.MapGet("/{**rest}", (HttpContext context, ApiClients clients) => Page(context, clients, static (visit, _) => Task.FromResult<IResult>(Absent(visit))));
    }

    // The token leaves the address at once, so that it is in no link that is followed from here.
    private static async Task<IResult> Open(HttpContext context, ApiClients clients)
    {
        var visit = new PortalVisit(context);
        if (context.Request.Query["token"] is not [{ } token] || !PortalVisit.IsToken(token)) return Ended(context, visit);
        return await Guarded(context, visit, async () =>
        {
            visit.Portal = await clients.For(token).GetPortalAsync(context.RequestAborted);
            Secure(context, visit);

            // A browser would keep no cookie for it, and the next page would say that the link has ended, which it has not.
            if (visit.IsFramed && visit.Portal.Settings.FrameOrigins is not { Count: > 0 }) return Absent(visit);
            visit.Begin(token);
            visit.KeepLanguage();
            return Results.Redirect("/portal");
        });
    }

    private static async Task<IResult> Back(HttpContext context, ApiClients clients)
    {
        if (context.Request.Cookies.ContainsKey(PortalVisit.Cookie)) return await Page(context, clients, static (_, _) => Task.FromResult(Results.Redirect("/portal")));
        var visit = new PortalVisit(context);
        Secure(context, visit);
        return Message(visit, "done", StatusCodes.Status200OK);
    }

    private static async Task<IResult> Page(HttpContext context, ApiClients clients, Func<PortalVisit, ReferralGrainsClient, Task<IResult>> show)
    {
        var visit = new PortalVisit(context);
        if (visit.Token is not { } token) return Ended(context, visit);
        return await Guarded(context, visit, async () =>
        {
            var api = clients.For(token);
            visit.Portal = await api.GetPortalAsync(context.RequestAborted);
            visit.KeepLanguage();
            Secure(context, visit);
            return await show(visit, api);
        });
    }

    private static Task<IResult> Form(HttpContext context, ApiClients clients, Func<PortalVisit, ReferralGrainsClient, IFormCollection, Task<IResult>> act) => Page(context, clients, async (visit, api) =>
    {
        if (context.Request.ContentLength is null or > MaxForm || !context.Request.HasFormContentType) return Message(visit, "refused", StatusCodes.Status400BadRequest);
        return await Read(context.Request) is { } form && visit.IsOurForm(form[PortalVisit.Field]) ? await act(visit, api, form) : Message(visit, "refused", StatusCodes.Status400BadRequest);
    });

    // Null for what only says that it is a form.
    private static async Task<IFormCollection?> Read(HttpRequest request)
    {
        try
        {
            return await request.ReadFormAsync(request.HttpContext.RequestAborted);
        }
        catch (Exception malformed) when (malformed is IOException or InvalidDataException)
        {
            return null;
        }
    }

    private static async Task<IResult> Overview(PortalVisit visit, ReferralGrainsClient api)
    {
        var (referrals, payouts) = (Some(api.ListPortalReferralsAsync(ReferralsShown + 1), ReferralsShown), Some(api.ListPortalPayoutsAsync(PayoutsShown + 1), PayoutsShown));
        return Show<Overview>(visit, ("Referrals", await referrals), ("Payouts", await payouts));
    }

    private static async Task<IResult> Referrals(PortalVisit visit, ReferralGrainsClient api)
    {
        var after = visit.Asked("after");
        return Show<ReferralsPage>(visit, ("Referrals", await Some(api.ListPortalReferralsAsync(ReferralsAPage + 1, after), ReferralsAPage)), ("IsFirst", after is null));
    }

    private static async Task<IResult> Statement(PortalVisit visit, ReferralGrainsClient api) => await Of(visit, api) is var (month, statement)
        ? Show<StatementPage>(visit, ("Month", month), ("Statement", statement))
        : Absent(visit);

    private static async Task<IResult> StatementTable(PortalVisit visit, ReferralGrainsClient api)
    {
        if (await Of(visit, api) is not var (month, statement)) return Absent(visit);
        var table = new StringBuilder("at,what,amount,asset,program,referee\r\n");
        foreach (var line in statement.Lines)
            table.AppendJoin(',', line.At.UtcDateTime.ToString("s", CultureInfo.InvariantCulture) + "Z", Words.Of(line.What), Plain(line.AmountMinor, line.Asset), Cell(line.Asset), Cell(line.ProgramId), Cell(line.Referee)).Append("\r\n");
        if (statement.HasMore) table.Append('"').Append(visit.Texts.Of("statement.cut", visit.Texts.Number(statement.Lines.Count))).Append("\",,,,,\r\n");
        return Results.File(Encoding.UTF8.GetBytes(table.ToString()), "text/csv; charset=utf-8; header=present", $"statement-{month.ToString("yyyy-MM", CultureInfo.InvariantCulture)}.csv");
    }

    private static async Task<IResult> SetCash(PortalVisit visit, ReferralGrainsClient api, IFormCollection form)
    {
        await api.ChangePortalAsync(new() { CashOptIn = form["cash"] == "on" });
        return Results.Redirect("/portal#payouts");
    }

    // What is redirected to after a form is held to the page's policy for forms, and Stripe shows itself in no frame: a link can do both.
    private static async Task<IResult> SetUpAccount(HttpContext context, WebOptions options, PortalVisit visit, ReferralGrainsClient api, IFormCollection form)
    {
        var here = options.PublicUrl?.AbsoluteUri.TrimEnd('/') ?? $"{context.Request.Scheme}://{context.Request.Host.ToUriComponent()}";
        try
        {
            var country = form["country"].ToString().Trim();
            var link = await api.OnboardingLinkPortalAsync(new() { ReturnUrl = here + "/portal/back", Country = country.Length == 0 ? null : country }, context.RequestAborted);
            return Show<Message>(visit, ("Name", "stripe"), ("Link", link.Url));
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Code == "stripe_unavailable")
        {
            return Message(visit, "away", StatusCodes.Status503ServiceUnavailable, "stripe.away");
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Status is >= 400 and < 500 and not 401)
        {
            return Message(visit, "refused", StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<(DateTimeOffset Month, PortalStatementAnswer Statement)?> Of(PortalVisit visit, ReferralGrainsClient api)
    {
        var now = visit.Portal!.Now.UtcDateTime;
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        if (visit.Asked("month") is { } asked && !DateTimeOffset.TryParseExact(asked, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out month)) return null;
        if (month.Year is < 1971 or > 9000) return null;
        return (month, await api.GetPortalStatementAsync(Instant(month), Instant(month.AddMonths(1))));

        static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    private static async Task<PortalPart<T>> Some<T>(IAsyncEnumerable<T> all, int count)
    {
        var some = new List<T>(count);
        await foreach (var one in all)
        {
            if (some.Count == count) return new(some, true);
            some.Add(one);
        }

        return new(some, false);
    }

    private static async Task<IResult> Guarded(HttpContext context, PortalVisit visit, Func<Task<IResult>> show)
    {
        try
        {
            return await show();
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Status == StatusCodes.Status401Unauthorized)
        {
            return Ended(context, visit);
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Status == StatusCodes.Status400BadRequest)
        {
            return Absent(visit); // An address that somebody changed by hand.
        }
        catch (Exception exception) when (exception is HttpRequestException || exception is ReferralGrainsException { Problem.Status: 429 or >= 500 })
        {
            Secure(context, visit);
            return Message(visit, "away", StatusCodes.Status503ServiceUnavailable);
        }
    }

    // Whoever's frame it is in: the page says nothing of anybody, and in a frame an empty box would help nobody.
    private static RazorComponentResult<Message> Ended(HttpContext context, PortalVisit visit)
    {
        visit.Portal = null;
        Secure(context, visit, "*");
        return Message(visit, "ended", StatusCodes.Status401Unauthorized);
    }

    private static RazorComponentResult<Message> Absent(PortalVisit visit) => Message(visit, "absent", StatusCodes.Status404NotFound);

    private static RazorComponentResult<Message> Message(PortalVisit visit, string name, int status, string? text = null) =>
        new RazorComponentResult<Message>(new Dictionary<string, object?> { ["Visit"] = visit, ["Name"] = name, ["Text"] = text }) { StatusCode = status, PreventStreamingRendering = true };

    private static RazorComponentResult<T> Show<T>(PortalVisit visit, params (string Name, object? Value)[] parameters)
        where T : IComponent
    {
        var all = new Dictionary<string, object?> { ["Visit"] = visit };
        foreach (var (name, value) in parameters) all[name] = value;
        return new RazorComponentResult<T>(all) { PreventStreamingRendering = true };
    }

    private static void Secure(HttpContext context, PortalVisit visit, string? framedBy = null)
    {
        framedBy ??= visit.Portal?.Settings.FrameOrigins is { Count: > 0 } origins ? string.Join(' ', origins) : "'none'";
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'self' 'nonce-{visit.Nonce}'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors {framedBy}";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        headers.Vary = "Cookie, Accept-Language";
    }

    // As numbers are written in tables for machines: a point, and no groups.
    private static string Plain(long minor, string asset)
    {
        var unit = asset.StartsWith("credit:", StringComparison.Ordinal) ? asset[7..] : asset;
        var places = Currencies.IsCurrency(unit) ? Currencies.DigitsOf(unit) : 0;
        var digits = Int128.Abs(minor).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        return (minor < 0 ? "-" : "") + digits[..^places] + (places == 0 ? "" : "." + digits[^places..]);
    }

    // Ids begin with what they like: a spreadsheet must not take one for a formula.
    private static string Cell(string? text)
    {
        if (text is null) return "";
        var cell = text[0] is '=' or '+' or '-' or '@' ? "'" + text : text;
        return cell.Contains(',', StringComparison.Ordinal) || cell.Contains('"', StringComparison.Ordinal) ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
    }
}

/// <summary>Some of a list, and whether there is more of it.</summary>
public sealed record PortalPart<T>(IReadOnlyList<T> Items, bool HasMore);
