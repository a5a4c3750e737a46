using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console;

/// <summary>What pages show, as files for a bank or a sheet: the API's own tables, passed on as they come.</summary>
internal static class Tables
{
    // Lists, each with what may be asked of it.
    private static readonly Dictionary<string, (string Path, string[] Filters)> lists = new()
    {
        ["parked"] = ("/v1/actions?state=parked&limit=100", ["program_id"]),
        ["conflicts"] = ("/v1/action_conflicts?limit=100", []),
        ["audit"] = ("/v1/audit_entries?limit=100", ["by", "subject_id", "to"]),
    };

    public static void MapTables(this IEndpointRouteBuilder routes, Action<IEndpointConventionBuilder> door)
    {
        door(routes.MapGet("/console/payouts/{id}/items.csv", WriteItems).RequireAuthorization(Session.Policy));
        door(routes.MapGet("/console/tables/{name}.csv", WriteList).RequireAuthorization(Session.Policy));
    }

    private static Task WriteItems(HttpContext context)
    {
        // The id as it was sent: a slash that is escaped there is none that parts.
        var id = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].Split('/')[^2];
        var all = context.Request.Query["all"] == "true" ? "?all=true" : "";
        return Write(context, "payout.csv", async (api, table, stop) =>
        {
            await using var items = await api.ReadTableAsync($"/v1/payout_batches/{id}{all}", stop);
            await items.CopyToAsync(table, stop);
        });
    }

    private static Task WriteList(HttpContext context, string name)
    {
        if (!lists.TryGetValue(name, out var list))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        var asked = list.Filters.Where(filter => context.Request.Query[filter] is [{ Length: > 0 }]).Select(filter => $"&{filter}={Uri.EscapeDataString(context.Request.Query[filter]!)}");
        return Write(context, $"{name}.csv", (api, table, stop) => api.WriteTableAsync(list.Path + string.Concat(asked), table, stop));
    }

    private static async Task Write(HttpContext context, string name, Func<ReferralGrainsClient, Stream, CancellationToken, Task> write)
    {
        if (await SessionCookie.KeyOf(context) is not { } key) return;
        try
        {
            context.Response.ContentType = "text/csv; charset=utf-8";
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
            await write(context.RequestServices.GetRequiredService<ApiClients>().For(key), context.Response.Body, context.RequestAborted);
        }
        catch (ReferralGrainsException refused) when (!context.Response.HasStarted)
        {
            // What says how a browser is to take it stays.
            context.Response.Headers.ContentDisposition = default;
            (context.Response.StatusCode, context.Response.ContentType) = (refused.Problem.Status, "text/plain; charset=utf-8");
            await context.Response.WriteAsync($"{refused.Problem.Title}: {refused.Problem.Detail}", context.RequestAborted);
        }
    }
}
