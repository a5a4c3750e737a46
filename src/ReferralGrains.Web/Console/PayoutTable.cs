using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console;

/// <summary>The items of a batch as a file, for a bank or a sheet: the API's own table, passed on as it comes.</summary>
internal static class PayoutTable
{
    public const string Route = "/console/payouts/{id}/items.csv";

    public static async Task Write(HttpContext context)
    {
        // The id as it was sent: a slash that is escaped there is none that parts.
        var id = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].Split('/')[^2];
        if (await SessionCookie.KeyOf(context) is not { } key) return;
        try
        {
            var api = ((ApiClients)context.RequestServices.GetService(typeof(ApiClients))!).For(key);
            await using var table = await api.ReadTableAsync($"/v1/payout_batches/{id}", context.RequestAborted);
            context.Response.ContentType = "text/csv; charset=utf-8";
            context.Response.Headers.ContentDisposition = "attachment; filename=\"payout.csv\"";
            await table.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (ReferralGrainsException refused)
        {
            context.Response.StatusCode = refused.Problem.Status;
            await context.Response.WriteAsync($"{refused.Problem.Title}: {refused.Problem.Detail}", context.RequestAborted);
        }
    }
}
