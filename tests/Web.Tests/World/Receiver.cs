using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ReferralGrains.Web.Tests.World;

/// <summary>A customer's system that is told of what happens.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private Receiver(WebApplication app) => this.app = app;

    public string Address => app.Urls.Single() + "/hooks";

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = 200;

    public ConcurrentQueue<(string Id, string Timestamp, string Signatures, string Body)> Told { get; } = [];

    public static async Task<Receiver> Open()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        receiver.app.MapPost("/hooks", receiver.Take);
        await receiver.app.StartAsync();
        return receiver;
    }

    /// <summary>Whether the last that it was told is signed with a secret.</summary>
    public bool IsSignedWith(string secret)
    {
        var (id, timestamp, signatures, body) = Told.Last();
        var signed = HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}"));
        return signatures.Split(' ').Contains("v1," + Convert.ToBase64String(signed));
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> Take(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var headers = request.Headers;
        Told.Enqueue(((string)headers["webhook-id"]!, (string)headers["webhook-timestamp"]!, (string)headers["webhook-signature"]!, await reader.ReadToEndAsync()));
        return Results.StatusCode(Status);
    }
}
