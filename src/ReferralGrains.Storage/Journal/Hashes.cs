using System.Runtime.InteropServices;
using ReferralGrains.Domain.Actions;

namespace ReferralGrains.Storage.Journal;

/// <summary>A content hash in PostgreSQL is a uuid: 16 bytes, no header.</summary>
public static class Hashes
{
    public static Guid ToGuid(this ContentHash hash)
    {
        Span<byte> bytes = stackalloc byte[16];
        MemoryMarshal.Write(bytes, hash.Value);
        return new(bytes);
    }

    public static ContentHash FromGuid(Guid stored)
    {
        Span<byte> bytes = stackalloc byte[16];
        stored.TryWriteBytes(bytes);
        return new(MemoryMarshal.Read<UInt128>(bytes));
    }
}
