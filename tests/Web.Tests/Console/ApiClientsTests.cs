using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>For how long an answer is waited for.</summary>
public sealed class ApiClientsTests
{
    [Fact]
    public async Task A_page_waits_for_a_check_of_the_books_for_as_long_as_it_takes_and_asks_once()
    {
        var (checks, isChecked) = (0, new TaskCompletionSource());
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var api = builder.Build();
        api.MapPost("/v1/ledger/check", async () =>
        {
            Interlocked.Increment(ref checks);
            await isChecked.Task;
            return Results.Text("""{"ok":true,"checked":{"rows":1,"postings":1,"balances":1,"streams":1,"seals":1},"differences":[],"head":null}""", "application/json");
        });
        api.MapGet("/v1/session", () => isChecked.Task);
        var stop = TestContext.Current.CancellationToken;
        await api.StartAsync(stop);
        using var clients = new ApiClients(new() { ApiAddress = new(api.Urls.Single()) }, TimeSpan.FromMilliseconds(1));
        var books = clients.ForPage("key").CheckLedgerAsync(stop);

        // By then the time of what is waited for no longer has passed.
        await Assert.ThrowsAsync<TaskCanceledException>(() => clients.For("key").GetSessionAsync(stop));
        Assert.False(books.IsCompleted);
        isChecked.SetResult();
        Assert.True((await books).Ok);
        Assert.Equal(1, checks);
    }
}
