using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ReferralGrains.Payouts.Standin;

/// <summary>What may go wrong between a request and its answer. The first ones leave the caller in doubt.</summary>
public enum Fault
{
    None = 0,

    /// <summary>Nothing is run, and nothing is answered until the caller gives up.</summary>
    TimeOut,

    /// <summary>It is run, and nothing is answered until the caller gives up.</summary>
    CommitThenTimeOut,

    /// <summary>The connection is cut before it is run.</summary>
    Drop,

    /// <summary>It is run, and the connection is cut before the answer.</summary>
    CommitThenDrop,

    /// <summary>It is run, and half of the answer comes back under a 200.</summary>
    Truncated,

    /// <summary>A proxy on the way answers 500 with a page; nothing is run.</summary>
    HtmlError,

    /// <summary>The same, after it was run.</summary>
    CommitThenHtmlError,

    /// <summary>A 500 that is saved under the key: it comes back for as long as the key is known. Nothing was made.</summary>
    SavedError,

    /// <summary>The same, and what was asked for was made all the same.</summary>
    CommitThenSavedError,

    /// <summary>The answer comes late.</summary>
    Slow,

    /// <summary>429, which is not saved.</summary>
    RateLimited,

    /// <summary>409, as if the same key were in use.</summary>
    KeyInUse,

    /// <summary>400 for want of money, which is saved.</summary>
    FundsShort,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>403.</summary>
    Forbidden,
}

/// <summary>Which faults meet which requests about transfers, customers' balances and accounts. The same seed gives the same request the same faults, in whatever order requests come.</summary>
public sealed class FaultScript
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> attempts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Fault, int> met = new();
    private readonly Func<StandinRequest, int, Fault> choose;

    private Func<Fault>? ofCustomers;

    private FaultScript(Func<StandinRequest, int, Fault> choose) => this.choose = choose;

    public static FaultScript None { get; } = new(static (_, _) => Fault.None);

    /// <summary>How many requests have met each fault.</summary>
    public IReadOnlyDictionary<Fault, int> Met => met;

    /// <summary>All that leave in doubt what happened, and all that pass by themselves.</summary>
    public static IReadOnlyList<Fault> Passing { get; } =
    [
        Fault.TimeOut, Fault.CommitThenTimeOut, Fault.Drop, Fault.CommitThenDrop, Fault.Truncated, Fault.HtmlError, Fault.CommitThenHtmlError,
        Fault.SavedError, Fault.CommitThenSavedError, Fault.Slow, Fault.RateLimited, Fault.KeyInUse, Fault.FundsShort,
    ];

    /// <summary>The next requests meet these, one after the other, and those after them none.</summary>
    public static FaultScript Of(params Fault[] faults)
    {
        var next = 0;
        return new((_, _) => next < faults.Length ? faults[next++] : Fault.None);
    }

    /// <summary>Of 100 requests that make or take back a transfer, or credit a customer, this many meet a fault.</summary>
    public static FaultScript Seeded(int seed, int percent, IReadOnlyList<Fault> faults) => new((request, attempt) =>
    {
        var dice = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {attempt} {Name(request)}"));
        if (BinaryPrimitives.ReadUInt32BigEndian(dice) % 100 >= percent) return Fault.None;
        return faults[(int)(BinaryPrimitives.ReadUInt32BigEndian(dice.AsSpan(4)) % (uint)faults.Count)];
    });

    /// <summary>Whoever asks for a customer or its subscriptions meets what is said then, and other requests nothing.</summary>
    public static FaultScript OfCustomers(Func<Fault> now) => new(static (_, _) => Fault.None) { ofCustomers = now };

    internal Fault Next(StandinRequest request)
    {
        if (ofCustomers is not null) return !request.IsPost && (IsAbout(request, "/v1/customers") || IsAbout(request, "/v1/subscriptions")) ? ofCustomers() : Fault.None;
        if (!request.IsPost || !(IsAbout(request, "/v1/transfers") || IsAbout(request, "/balance_transactions") || IsAbout(request, "/v2/core/accounts"))) return Fault.None;
        lock (gate)
        {
            var name = Name(request);
            var attempt = attempts.GetValueOrDefault(name);
            attempts[name] = attempt + 1;
            var fault = choose(request, attempt);
            if (fault != Fault.None) met.AddOrUpdate(fault, 1, static (_, count) => count + 1);
            return fault;
        }
    }

    private static bool IsAbout(StandinRequest request, string path) => request.Path.Contains(path, StringComparison.Ordinal);

    private static string Name(StandinRequest request) => request.IdempotencyKey ?? request.Path;
}
