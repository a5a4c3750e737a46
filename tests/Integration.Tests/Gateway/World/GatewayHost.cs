using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ReferralGrains.Gateway;
using ReferralGrains.Gateway.Metrics;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Webhooks;
using ReferralGrains.Storage.Audit;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Idempotency;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Portal;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Sources;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Storage.WhatIf;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Webhooks;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>The gateway on a real Kestrel, over loopback, in front of grains in memory.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string AdminKey = "the key that the operator chose";

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> underWay;

    private GatewayHost(WebApplication app, ConcurrentDictionary<string, TaskCompletionSource> underWay, InMemoryGrains grains, InMemoryTenants tenants, InMemoryAudit audit)
    {
        (this.app, this.underWay, Grains, Tenants, Audit) = (app, underWay, grains, tenants, audit);
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new() { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public InMemoryGrains Grains { get; }

    public InMemoryTenants Tenants { get; }

    public InMemoryAudit Audit { get; }

    public IServiceProvider Services => app.Services;

    /// <param name="routes">Maps routes beside those of the gateway.</param>
    public static async Task<GatewayHost> Start(
        TimeProvider? time = null, Action<GatewayOptions>? configure = null, Action<WebApplication>? routes = null, StripeKeys? keys = null)
    {
        var clock = time ?? TimeProvider.System;
        var tenants = new InMemoryTenants(clock);
        var audit = new InMemoryAudit();
        var grains = new InMemoryGrains(clock, tenants);
        tenants.ReferrerOf = stream => grains.Referrers.Values.FirstOrDefault(one => one.Profile?.Stream == stream).Profile?.Id;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton<IGrainRouter>(grains);
        builder.Services.AddSingleton<IFacts>(grains);
        builder.Services.AddSingleton<IDiscounts>(grains);
        builder.Services.AddSingleton<IReports>(new InMemoryReports(grains));
        builder.Services.AddSingleton<IWhatIf, NoHistory>();
        builder.Services.AddSingleton<IFigures, InMemoryFigures>();
        builder.Services.AddSingleton<IFlags, InMemoryFigures>();
        builder.Services.AddSingleton<IReferrerLedger>(grains.Ledger);
        builder.Services.AddSingleton<IPayoutReports>(grains.Payouts);
        builder.Services.AddSingleton<IPayoutCandidates>(grains.Payouts);
        builder.Services.AddSingleton<IConnectedAccounts>(grains.Payouts);
        builder.Services.AddSingleton<IPortalReports, InMemoryPortal>();
        builder.Services.AddSingleton<InMemorySources>();
        builder.Services.AddSingleton<ISources>(all => all.GetRequiredService<InMemorySources>());
        builder.Services.AddSingleton<IAliasNames, NoAliases>();
        builder.Services.AddSingleton<ITenants>(tenants);
        builder.Services.AddSingleton<ITenantClock>(tenants);
        builder.Services.AddSingleton<ITestClock>(tenants);
        builder.Services.AddSingleton<IIdempotentAnswers, InMemoryAnswers>();
        builder.Services.AddSingleton<IAuditLog>(audit);
        builder.Services.AddSingleton<ILedgerCheck>(tenants);
        builder.Services.AddSingleton<InMemoryReconciliations>();
        builder.Services.AddSingleton<ISendGates>(all => all.GetRequiredService<InMemoryReconciliations>());
        builder.Services.AddSingleton<IReconciliations>(all => all.GetRequiredService<InMemoryReconciliations>());
        builder.Services.AddSingleton<IWebhookInbox>(all => all.GetRequiredService<InMemoryReconciliations>());
        builder.Services.AddSingleton<IPayoutReview>(all => all.GetRequiredService<InMemoryReconciliations>());
        builder.Services.AddSingleton<IStripeDoor>(all => new StripeDoor(keys ?? StripeKeys.None, tenants, all.GetRequiredService<InMemoryReconciliations>(), clock));
        builder.Services.AddSingleton<InMemoryWebhooks>();
        builder.Services.AddSingleton<IWebhookTargets>(all => all.GetRequiredService<InMemoryWebhooks>());
        builder.Services.AddSingleton<IWebhookFeed>(all => all.GetRequiredService<InMemoryWebhooks>());
        builder.Services.AddSingleton<IWebhookTrials>(all => all.GetRequiredService<InMemoryWebhooks>());
        builder.Services.AddTelemetry(static _ => false);
        builder.Services.AddGateway(options =>
        {
            options.AdminKey = AdminKey;
            configure?.Invoke(options);
        });
        var app = builder.Build();
        var underWay = new ConcurrentDictionary<string, TaskCompletionSource>();
        app.Use(async (context, next) =>
        {
            var ended = underWay[context.Request.Path.Value!] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                await next(context);
            }
            finally
            {
                ended.TrySetResult();
            }
        });
        app.MapGateway();
        routes?.Invoke(app);
        await app.StartAsync();
        return new(app, underWay, grains, tenants, audit);
    }

    /// <summary>A program in pounds with one rule of 10 %, and a referrer.</summary>
    public async Task<GatewayHost> WithProgram(string program = "p")
    {
        await Ok("POST", "/v1/programs", $$"""{"id":"{{program}}","name":"P","currency":"GBP","time_zone":"Europe/London"}""");
        await Ok("POST", $"/v1/programs/{program}/rules", $$"""
            {"id":"{{program}}_r","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"hold":{"mode":"days","days":30} }
            """);
        await Ok("POST", "/v1/referrers", """{"id":"rita"}""");
        return this;
    }

    public async Task<GatewayHost> WithReferees(int count, string program = "p")
    {
        var lines = string.Concat(Enumerable.Range(1, count).Select(i =>
            $$"""{"program_id":"{{program}}","referee_id":"cus_{{i}}","referrer_id":"rita","approved_at":"2026-01-01T00:00:00Z"}""" + "\n"));
        Assert.All(await Stream("/v1/referrals:batch", lines), line => Assert.Equal("approved", line.GetProperty("status").GetString()));
        return this;
    }

    public async Task<(int Status, JsonElement Body)> Send(string method, string path, string? body = null, string? key = AdminKey)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default);
    }

    /// <summary>The lines of an answer to many lines.</summary>
    public async Task<IReadOnlyList<JsonElement>> Stream(string path, string lines)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(lines) };
        request.Headers.Authorization = new("Bearer", AdminKey);
        using var answer = await Client.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
        return [.. (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    public async Task<JsonElement> Ok(string method, string path, string? body = null)
    {
        var (status, answer) = await Send(method, path, body);
        Assert.True(status is >= 200 and < 300, $"{method} {path}: {status} {answer}");
        return answer;
    }

    /// <summary>A key with this role in the default tenant.</summary>
    public async Task<string> KeyFor(KeyRole role, int tenant = 1)
    {
        var secret = $"rg_test_{role}_{tenant}";
        await Tenants.AddKey(tenant, role, secret, null, CancellationToken.None);
        return secret;
    }

    /// <summary>What opens the portal for a referrer.</summary>
    public async Task<string> LinkFor(string referrer) =>
        (await Ok("POST", "/v1/portal_links", $$"""{"referrer_id":"{{referrer}}"}""")).GetProperty("token").GetString()!;

    /// <summary>Ends when a request to this path ends, which must be under way.</summary>
    public Task EndOf(string path) => underWay[path].Task;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    private sealed class NoHistory : IWhatIf
    {
        public Task<WhatIfResult> Run(int tenant, Domain.WhatIf.Draft draft, Action<WhatIfProgress> progress, CancellationToken stop) =>
            Task.FromResult(new WhatIfResult(0, default, default, []));
    }
}
