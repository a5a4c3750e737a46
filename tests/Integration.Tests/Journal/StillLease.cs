using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The lease of the silo that <see cref="JournalDatabase"/> makes, which never ends by itself.</summary>
public sealed class StillLease(long silo = StillLease.First, TimeProvider? time = null) : ISiloLease
{
    public const long First = 1;

    public long Silo => silo;

    public bool IsHeld => true;

    public TimeProvider Time => time ?? TimeProvider.System;
}
