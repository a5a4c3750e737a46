using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ReferralGrains.Payouts.Standin;

/// <summary>The page on which the owner of a connected account would tell Stripe who they are. Here a button does it, or has
/// them refused, so that one can see what becomes of what was to be paid to them.</summary>
internal sealed class Onboarding(string secret)
{
    public static readonly TimeSpan LinkLife = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (StandinPlatform Platform, string Account, string Back)> links = new(StringComparer.Ordinal);

    public string Link(StandinPlatform platform, string root, string account, string back)
    {
        string token;
        lock (gate)
        {
            token = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{secret} {links.Count} {account}")))[..32];
            links[token] = (platform, account, back);
        }

        return $"{root}/standin/onboarding/{token}";
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("standin/onboarding/{token}", [HttpMethods.Get], Show);
        routes.MapMethods("standin/onboarding/{token}", [HttpMethods.Post], Finish);
    }

    private Task Show(HttpContext context)
    {
        if (Find(context) is not { } link) return NotFound(context);
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(
            $"""
            <!doctype html><html lang="en"><title>Stand-in for Stripe</title>
            <h1>Stand-in for Stripe</h1><p>Account {HtmlEncoder.Default.Encode(link.Account)}. No real account is opened and no money moves.</p>
            <form method="post"><button>Finish onboarding</button> <button name="outcome" value="refused">Be refused</button></form></html>
            """)).AsTask();
    }

    private async Task Finish(HttpContext context)
    {
        if (Find(context) is not { } link)
        {
            await NotFound(context);
            return;
        }

        var refused = context.Request.HasFormContentType && (await context.Request.ReadFormAsync(context.RequestAborted))["outcome"] == "refused";
        link.Platform.SetTransfers(link.Account, refused ? "inactive" : "active");
        context.Response.Redirect(link.Back);
    }

    private (StandinPlatform Platform, string Account, string Back)? Find(HttpContext context)
    {
        lock (gate) return links.TryGetValue((string)context.Request.RouteValues["token"]!, out var link) ? link : null;
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
