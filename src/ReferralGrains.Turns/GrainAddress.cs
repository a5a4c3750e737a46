using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Turns;

/// <summary>The kinds of grains, in the only direction in which they call each other: a grain calls higher numbers only.</summary>
public enum GrainKind
{
    PayoutBatch = 1,
    Referral = 2,
    Referrer = 3,
    Program = 4,
    PayoutItem = 5,
    PayoutAccount = 6,
    PayoutPlan = 7,
}

/// <summary>Names a grain by what it is about; the parts stay apart, for caller ids may hold any separator.</summary>
public readonly record struct GrainAddress(GrainKind Kind, int Tenant, CallerId First, CallerId? Second)
{
    /// <summary>What its stream is about.</summary>
    public StreamKey Stream => new(Tenant, (short)Kind, First.Value, Second?.Value ?? "");

    /// <summary>The referral of a referee in a program, with all its enrollments.</summary>
    public static GrainAddress Referral(int tenant, CallerId program, CallerId referee) => new(GrainKind.Referral, tenant, program, referee);

    public static GrainAddress Referrer(int tenant, CallerId referrer) => new(GrainKind.Referrer, tenant, referrer, null);

    public static GrainAddress PayoutBatch(int tenant, CallerId batch) => new(GrainKind.PayoutBatch, tenant, batch, null);

    /// <summary>One payment to one referrer; its id is unique in the tenant.</summary>
    public static GrainAddress PayoutItem(int tenant, CallerId item) => new(GrainKind.PayoutItem, tenant, item, null);

    /// <summary>The connected account of a referrer.</summary>
    public static GrainAddress PayoutAccount(int tenant, CallerId referrer) => new(GrainKind.PayoutAccount, tenant, referrer, null);

    /// <summary>How a tenant pays out.</summary>
    public static GrainAddress PayoutPlan(int tenant) => new(GrainKind.PayoutPlan, tenant, new("plan"), null);

    public static GrainAddress Program(int tenant, CallerId program) => new(GrainKind.Program, tenant, program, null);
}
