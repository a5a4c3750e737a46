using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ReferralGrains.Web.Tests.World;

/// <summary>
/// An OpenID Connect provider with a few people: discovery, keys, and the code flow, strict about what the console has to bring (PKCE,
/// its secret, the address that it came from, a code once).
/// </summary>
public sealed class Provider : IAsyncDisposable
{
    public const string Client = "console";
    public const string Secret = "of-the-console-at-the-provider";

    // By what the page calls them: what their ID token says.
    private static readonly Dictionary<string, JsonObject> people = new()
    {
        ["Jane"] = new() { ["sub"] = "p-1", ["email"] = "jane@acme.example", ["email_verified"] = true },
        ["Gus"] = new() { ["sub"] = "p-2", ["email"] = "gus@acme.example", ["email_verified"] = true, ["groups"] = new JsonArray("everybody", "readers") },
        ["Eve, who calls herself Jane"] = new() { ["sub"] = "p-3", ["email"] = "jane@acme.example", ["email_verified"] = false },
        ["Otto, whose key has ended"] = new() { ["sub"] = "p-4" },
        ["Jane, as a forger signs"] = new() { ["sub"] = "p-1", ["email"] = "jane@acme.example", ["email_verified"] = true },
    };

    private readonly WebApplication app;
    private readonly RSA own = RSA.Create(2048);
    private readonly RSA forged = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (string Who, IQueryCollection Asked)> codes = new();

    private Provider(WebApplication app) => this.app = app;

    public string Authority => app.Urls.Single();

    public static async Task<Provider> Open()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var provider = new Provider(builder.Build());
        provider.app.MapGet("/.well-known/openid-configuration", provider.Discovery);
        provider.app.MapGet("/keys", provider.Keys);
        provider.app.MapGet("/authorize", provider.Choose);
        provider.app.MapPost("/token", provider.Redeem);
        await provider.app.StartAsync();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        own.Dispose();
        forged.Dispose();
    }

    private IResult Discovery() => Results.Json(new
    {
        issuer = Authority,
        authorization_endpoint = Authority + "/authorize",
        token_endpoint = Authority + "/token",
        jwks_uri = Authority + "/keys",
        response_types_supported = new[] { "code" },
        subject_types_supported = new[] { "public" },
        id_token_signing_alg_values_supported = new[] { "RS256" },
    });

    private IResult Keys()
    {
        var shown = own.ExportParameters(false);
        return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = "k1", n = Text(shown.Modulus!), e = Text(shown.Exponent!) } } });
    }

    private IResult Choose(HttpRequest request)
    {
        var asked = request.Query;
        Assert.Equal((Client, "code", "S256"), ((string?)asked["client_id"], (string?)asked["response_type"], (string?)asked["code_challenge_method"]));
        Assert.Contains("openid", ((string?)asked["scope"])!.Split(' '));
        var (back, state) = ((string)asked["redirect_uri"]!, Uri.EscapeDataString(asked["state"]!));
        var page = new StringBuilder("<!DOCTYPE html><title>Provider</title><h1>Who are you?</h1>");
        foreach (var who in people.Keys)
        {
            var code = RandomNumberGenerator.GetHexString(32);
            codes[code] = (who, asked);
            page.Append($"<p><a href=\"{back}?code={code}&state={state}\">{who}</a></p>");
        }

        return Results.Content(page.Append($"<p><a href=\"{back}?error=access_denied&state={state}\">Nobody</a></p>").ToString(), "text/html");
    }

    private async Task<IResult> Redeem(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (!codes.TryRemove(form["code"]!, out var given)) return Results.BadRequest(new { error = "invalid_grant" });
        var verified = Text(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]!))) == given.Asked["code_challenge"];
        if (!verified || form["redirect_uri"] != given.Asked["redirect_uri"] || form["client_secret"] != Secret) return Results.BadRequest(new { error = "invalid_grant" });
        var said = (JsonObject)people[given.Who].DeepClone();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        (said["iss"], said["aud"], said["nonce"], said["iat"], said["exp"]) = (Authority, Client, (string?)given.Asked["nonce"], now, now + 300);
        return Results.Json(new { access_token = "opens-nothing", token_type = "Bearer", expires_in = 300, id_token = Signed(said, given.Who.Contains("forger", StringComparison.Ordinal) ? forged : own) });
    }

    private static string Signed(JsonObject said, RSA key)
    {
        var signed = $"{Text(JsonSerializer.SerializeToUtf8Bytes(new { alg = "RS256", typ = "JWT", kid = "k1" }))}.{Text(Encoding.UTF8.GetBytes(said.ToJsonString()))}";
        return $"{signed}.{Text(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Text(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
