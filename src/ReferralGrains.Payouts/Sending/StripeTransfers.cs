using System.Collections.Immutable;
using System.Text;
using ReferralGrains.Domain.Payouts;
using Stripe;

namespace ReferralGrains.Payouts.Sending;

/// <summary>Transfers of one Stripe account, and account credit of its customers. It tries once: whatever comes again is decided by the item.</summary>
public sealed class StripeTransfers : IDisposable
{
    private const string Endpoint = "/v1/transfers";
    private const string Credit = "/v1/customers/balance_transactions";
    private const string Missing = "resource_missing";
    private const int PageSize = 100;

    private readonly StripeClient client;
    private readonly HttpClient http;
    private readonly RateLimit limit;
    private readonly TimeProvider time;
    private readonly PayoutWaits waits;

    /// <param name="apiBase">Stripe's own when it is left out; the stand-in's in a sandbox.</param>
    public StripeTransfers(string secretKey, Uri? apiBase, RateLimit limit, PayoutWaits waits, TimeProvider time)
    {
        (this.limit, this.waits, this.time) = (limit, waits, time);
        http = new(new SendWindow.Handler(new SocketsHttpHandler { ConnectTimeout = waits.FirstByte, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })) { Timeout = waits.Answer };
        client = new(new StripeClientOptions
        {
            ApiKey = secretKey,
            ApiBase = apiBase?.ToString().TrimEnd('/'),

            // By default it sends again by itself, on time-outs as well. There is one place that does, and this is not it.
            HttpClient = new SystemNetHttpClient(http, maxNetworkRetries: 0, enableTelemetry: false),
        });
    }

    /// <summary>For the typed calls about what is no transfer.</summary>
    internal StripeClient Client => client;

    /// <summary>Waits for a turn under the rate limit.</summary>
    internal ValueTask Admit(string endpoint, CancellationToken stop) => limit.Wait(endpoint, stop);

    /// <summary>Waits for a turn under the rate limit. Before the right to send is asked for: that right is short.</summary>
    internal ValueTask AdmitSending(SendRoute route, CancellationToken stop) => limit.Wait(route.Endpoint, stop);

    /// <summary>A window for one sending: opened before the right to send is asked for.</summary>
    internal SendWindow Open() => new(time, waits.FirstByte);

    /// <summary>Sends the bytes of an intent once, if the window is still open as they leave.</summary>
    internal async Task<TransferAnswer> Send(TransferIntent intent, SendWindow window, SendRoute route, CancellationToken stop)
    {
        var options = new RawRequestOptions { IdempotencyKey = intent.Key, AdditionalHeaders = new() { ["Stripe-Version"] = intent.ApiVersion } };
        var body = Encoding.ASCII.GetString(intent.Bytes());
        SendWindow.Current = window;
        try
        {
            return Classify.Answer(await client.RawRequestAsync(HttpMethod.Post, route.Path, body, options, stop));
        }
        catch (Exception exception) when (Classify.Failure(exception) is not null)
        {
            return Classify.Failure(exception)!;
        }
        finally
        {
            SendWindow.Current = null;
        }
    }

    /// <summary>All transfers of an item's group, or null where Stripe could not be asked.</summary>
    public Task<LookupAnswer?> LookUp(string item, CancellationToken stop) => LookUp(
        "GET " + Endpoint,
        after => client.V1.Transfers.ListAsync(new() { TransferGroup = item, Limit = PageSize, StartingAfter = after }, cancellationToken: stop),
        static transfer => new(
            transfer.Id, transfer.Amount, transfer.Currency, transfer.DestinationId, transfer.Metadata?.GetValueOrDefault("item"), transfer.AmountReversed),
        stop);

    /// <summary>All reversals of a transfer that have one of our names, or null where Stripe could not be asked.</summary>
    public async Task<LookupAnswer?> LookUp(string transfer, string reversal, CancellationToken stop) => await LookUp(
        $"GET {Endpoint}/reversals",
        after => client.V1.Transfers.Reversals.ListAsync(transfer, new() { Limit = PageSize, StartingAfter = after }, cancellationToken: stop),
        one => new(one.Id, one.Amount, one.Currency, transfer, one.Metadata?.GetValueOrDefault("reversal")),
        stop) is { } found ? new([.. found.Transfers.Where(one => one.Item == reversal)]) : null;

    /// <summary>All on a customer's balance that names an item, or null where Stripe could not be asked.</summary>
    public async Task<LookupAnswer?> LookUpCredit(string customer, string item, CancellationToken stop) => await LookUp(
        "GET " + Credit,
        after => client.V1.Customers.BalanceTransactions.ListAsync(customer, new() { Limit = PageSize, StartingAfter = after }, cancellationToken: stop),
        Seen,
        stop, mayBeGone: true) is { } found ? found with { Transfers = [.. found.Transfers.Where(one => one.Item == item)] } : null;

    private async Task<LookupAnswer?> LookUp<T>(
        string endpoint, Func<string?, Task<StripeList<T>>> list, Func<T, TransferSeen> see, CancellationToken stop, bool mayBeGone = false)
        where T : IHasId
    {
        var found = ImmutableArray.CreateBuilder<TransferSeen>();
        try
        {
            for (string? after = null; ;)
            {
                await limit.Wait(endpoint, stop);
                var page = await list(after);
                found.AddRange(page.Data.Select(see));
                if (!page.HasMore || page.Data.Count == 0) return new(found.ToImmutable());
                after = page.Data[^1].Id;
            }
        }
        catch (Exception exception) when (Classify.Failure(exception) is { } failure)
        {
            return mayBeGone && failure is TransferAnswer.Refused { Code: Missing } ? new([], IsGone: true) : null;
        }
    }

    /// <summary>All transfers that were made from then on, the newest first, a page at a time.</summary>
    /// <param name="after">The last one of the page before.</param>
    /// <exception cref="StripeAwayException">Stripe could not be asked.</exception>
    public Task<TransferPage> List(DateTimeOffset from, string? after, CancellationToken stop) => Asked("GET " + Endpoint, async () =>
    {
        var page = await client.V1.Transfers.ListAsync(
            new() { Created = new DateRangeOptions { GreaterThanOrEqual = from.UtcDateTime }, Limit = PageSize, StartingAfter = after, Expand = ["data.balance_transaction"] },
            cancellationToken: stop);
        return new TransferPage([.. page.Data.Select(Listed)], page.HasMore);
    }, stop);

    /// <summary>One transfer, or null when Stripe says that there is none.</summary>
    /// <exception cref="StripeAwayException">Stripe could not be asked.</exception>
    public Task<ListedTransfer?> Find(string id, CancellationToken stop) => Asked("GET " + Endpoint, async () =>
    {
        try
        {
            return Listed(await client.V1.Transfers.GetAsync(id, new() { Expand = ["balance_transaction"] }, cancellationToken: stop));
        }
        catch (StripeException missing) when (missing.StripeError?.Code == Missing)
        {
            return null;
        }
    }, stop);

    /// <summary>What was written into a customer's balance by whomever, the newest first, a page at a time; nothing where the customer is gone.</summary>
    /// <param name="after">The last one of the page before.</param>
    /// <exception cref="StripeAwayException">Stripe could not be asked.</exception>
    public Task<TransferPage> Credits(string customer, string? after, CancellationToken stop) => Asked("GET " + Credit, async () =>
    {
        try
        {
            var page = await client.V1.Customers.BalanceTransactions.ListAsync(customer, new() { Limit = PageSize, StartingAfter = after }, cancellationToken: stop);
            return new TransferPage([.. page.Data.Select(Listed)], page.HasMore);
        }
        catch (StripeException missing) when (missing.StripeError?.Code == Missing)
        {
            return new TransferPage([], HasMore: false);
        }
    }, stop);

    /// <summary>One transaction on a customer's balance, or null when Stripe says that there is none.</summary>
    /// <exception cref="StripeAwayException">Stripe could not be asked.</exception>
    public Task<ListedTransfer?> FindCredit(string customer, string id, CancellationToken stop) => Asked("GET " + Credit, async () =>
    {
        try
        {
            return Listed(await client.V1.Customers.BalanceTransactions.GetAsync(customer, id, cancellationToken: stop));
        }
        catch (StripeException missing) when (missing.StripeError?.Code == Missing)
        {
            return null;
        }
    }, stop);

    /// <summary>Whether a customer was deleted, and its balance with it.</summary>
    /// <exception cref="StripeAwayException">Stripe could not be asked.</exception>
    public Task<bool> IsDeleted(string customer, CancellationToken stop) => Asked("GET /v1/customers", async () =>
    {
        try
        {
            return (await client.V1.Customers.GetAsync(customer, cancellationToken: stop)).Deleted == true;
        }
        catch (StripeException missing) when (missing.StripeError?.Code == Missing)
        {
            return false;
        }
    }, stop);

    /// <summary>What happened of these types from then on, the newest first, a page at a time.</summary>
    /// <exception cref="StripeAwayException">Stripe could not be asked.</exception>
    public Task<EventPage> Events(IReadOnlyList<string> types, DateTimeOffset from, string? after, CancellationToken stop) => Asked("GET /v1/events", async () =>
    {
        var page = await client.V1.Events.ListAsync(
            new() { Types = [.. types], Created = new DateRangeOptions { GreaterThanOrEqual = from.UtcDateTime }, Limit = PageSize, StartingAfter = after }, cancellationToken: stop);
        return new EventPage([.. page.Data.Select(static one => new ListedEvent(one.Id, one.Type, one.Account, (one.Data?.Object as IHasId)?.Id))], page.HasMore);
    }, stop);

    public void Dispose() => http.Dispose();

    private async Task<T> Asked<T>(string endpoint, Func<Task<T>> ask, CancellationToken stop)
    {
        await limit.Wait(endpoint, stop);
        try
        {
            return await ask();
        }
        catch (Exception exception) when (!stop.IsCancellationRequested && Classify.Failure(exception) is not null)
        {
            var why = Classify.Failure(exception)!;
            throw new StripeAwayException(why is TransferAnswer.Unknown unknown ? unknown.Why : why.GetType().Name, why is TransferAnswer.AccessRefused, exception);
        }
    }

    // What a customer has to its credit is below zero at Stripe.
    private static TransferSeen Seen(CustomerBalanceTransaction one) => new(one.Id, -one.Amount, one.Currency, one.CustomerId, one.Metadata?.GetValueOrDefault("item"));

    // It is its own movement.
    private static ListedTransfer Listed(CustomerBalanceTransaction one) =>
        new(Seen(one), null, new(DateTime.SpecifyKind(one.Created, DateTimeKind.Utc)), one.Id, one.Amount, one.Type == "adjustment");

    private static ListedTransfer Listed(Transfer transfer) => new(
        new(transfer.Id, transfer.Amount, transfer.Currency, transfer.DestinationId, transfer.Metadata?.GetValueOrDefault("item"), transfer.AmountReversed),
        transfer.TransferGroup, new(DateTime.SpecifyKind(transfer.Created, DateTimeKind.Utc)), transfer.BalanceTransactionId, transfer.BalanceTransaction?.Amount);
}
