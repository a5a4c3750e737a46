using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Ids;

/// <summary>Ids for what a caller creates without naming it.</summary>
internal static class NewIds
{
    private const int Bytes = 15;

    /// <summary>
    /// Random; or made from the <c>Idempotency-Key</c>, so that a request that is sent again names the same thing and is a repeat.
    /// </summary>
    public static CallerId Make(string prefix, HttpContext context)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        if (context.Request.Headers["Idempotency-Key"] is [{ Length: > 0 } key, ..]) SHA256.HashData(Encoding.UTF8.GetBytes(prefix + key), bytes);
        else RandomNumberGenerator.Fill(bytes);
        return new(prefix + Base64Url.EncodeToString(bytes[..Bytes]));
    }
}
