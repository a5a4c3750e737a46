using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>What one secret key sees: a Stripe account of its own, with the accounts that are connected to it.</summary>
public sealed class StandinPlatform
{
    private readonly FakeStripeOptions options;
    private readonly Func<string, string> nextId;
    private readonly Lock gate;
    private readonly Dictionary<(string? Account, string Currency), long> balances = [];

    internal StandinPlatform(FakeStripeOptions options, Func<string, string> nextId, Lock gate, Onboarding onboarding)
    {
        (this.options, this.nextId, this.gate) = (options, nextId, gate);
        Keys = new(options.Time, options.KeyLife);
        Webhooks = new(options.Time);
        LinkOf = (root, account, back) => onboarding.Link(this, root, account, back);
    }

    /// <summary>What this platform tells of, and to whom.</summary>
    public StandinWebhooks Webhooks { get; }

    internal SavedAnswers Keys { get; }

    /// <summary>Where the owner of an account is taken on: of the stand-in's address, the account and where to go afterwards.</summary>
    internal Func<string, string, string, string> LinkOf { get; }

    internal Shelf Transfers { get; } = new("transfer", "transfer_group");

    internal Shelf BalanceTransactions { get; } = new("balance transaction", "source");

    internal Shelf Accounts { get; } = new("account");

    internal Shelf Customers { get; } = new("customer");

    internal Shelf Subscriptions { get; } = new("subscription");

    internal Shelf CustomerTransactions { get; } = new("customer balance transaction", "customer");

    internal Shelf Events { get; } = new("event");

    internal Shelf ThinEvents { get; } = new("event");

    internal Shelf Topups { get; } = new("topup");

    internal long Now => options.Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Everything that was transferred, as Stripe would list it.</summary>
    public IReadOnlyList<JsonObject> AllTransfers()
    {
        lock (gate) return [.. Transfers.All.Select(static transfer => transfer.DeepClone().AsObject())];
    }

    /// <summary>Everything that was written into customers' balances, as Stripe would list it.</summary>
    public IReadOnlyList<JsonObject> AllCredits()
    {
        lock (gate) return [.. CustomerTransactions.All.Select(static one => one.DeepClone().AsObject())];
    }

    /// <summary>A customer who owes nothing yet.</summary>
    public string AddCustomer()
    {
        lock (gate) return (string)CustomerCalls.Make(this, null, null, null, [], null)["id"]!;
    }

    public void DeleteCustomer(string customer)
    {
        lock (gate) CustomerCalls.Delete(this, Customers.Get(customer));
    }

    /// <param name="account">The platform's own when it is left out.</param>
    public long Available(string currency, string? account = null)
    {
        lock (gate)
            return balances.TryGetValue((account, currency), out var minor) ? minor : account is null ? options.OpeningBalance : 0;
    }

    /// <summary>Pays money in.</summary>
    public void Fund(string currency, long minor)
    {
        lock (gate) BalanceCalls.TopUp(this, currency, minor);
    }

    /// <summary>A connected account pays out to its bank: what it has less of can be taken back no more.</summary>
    public void PayOut(string account, string currency, long minor)
    {
        lock (gate) Move(account, currency, -minor);
    }

    /// <summary>A connected account that could be paid at once, made without its owner's doing.</summary>
    public string AddAccount(string country = "US", string currency = "usd")
    {
        lock (gate) return AccountCalls.Ready(this, country, currency);
    }

    /// <summary>Changes a capability of an account, as Stripe does when it finds something out.</summary>
    /// <param name="status">active, pending or inactive.</param>
    public void SetTransfers(string account, string status)
    {
        lock (gate) AccountCalls.SetTransfers(this, Accounts.Get(account), status);
    }

    /// <summary>Its owner has cut the account off from the platform.</summary>
    public void Deauthorize(string account)
    {
        lock (gate) AccountCalls.Deauthorize(this, Accounts.Get(account));
    }

    /// <summary>Tells of something that the stand-in itself does not do, such as a paid invoice.</summary>
    public string Tell(string type, JsonObject about, string? account = null, bool isLive = false)
    {
        lock (gate) return Raise(type, about, account, isLive);
    }

    internal string NextId(string kind) => nextId(kind);

    internal void Move(string? account, string currency, long minor) => balances[(account, currency)] = Available(currency, account) + minor;

    internal IEnumerable<(string Currency, long Minor)> BalancesOf(string? account) =>
        balances.Where(balance => balance.Key.Account == account).Select(static balance => (balance.Key.Currency, balance.Value));

    internal string Raise(string type, JsonObject about, string? account = null, bool isLive = false, string? key = null) =>
        Webhooks.Add(EventCalls.Make(this, type, about, account, isLive, key));
}
