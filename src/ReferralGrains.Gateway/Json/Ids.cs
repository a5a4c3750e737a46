using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>Ids for what a caller creates without naming it.</summary>
internal static class NewIds
{
    private const int Bytes = 15;

    /// <summary>
    /// Random; or made from the <c>Idempotency-Key</c>, so that a request that is sent again names the same thing and is a repeat.
    /// </summary>
    public static CallerId Make(string prefix, HttpContext context) =>
        new(prefix + Base64Url.EncodeToString((RequestKey.NameOf(context) ?? RandomNumberGenerator.GetBytes(Bytes)).AsSpan(0, Bytes)));
}

/// <summary>The <c>Idempotency-Key</c> by which a sender names a request.</summary>
internal static class RequestKey
{
    public const string Header = "Idempotency-Key";
    public const int MaxLength = 255;

    /// <summary>Null when there is none.</summary>
    public static string? Of(HttpContext context) => context.Request.Headers[Header] switch
    {
        [] => null,
        [{ Length: > 0 and <= MaxLength } key] when !key.AsSpan().ContainsAnyExceptInRange(' ', '~') => key,
        _ => throw Problem.InvalidField(Header, $"One key of 1 to {MaxLength} printable ASCII characters is expected.").AsException(),
    };

    /// <summary>As it is mapped: what the address names beyond that is content.</summary>
    public static string RouteOf(HttpContext context) => ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.RawText!;

    /// <summary>A hash that tells the request from every other of its tenant; null when it has no key.</summary>
    public static byte[]? NameOf(HttpContext context) => Of(context) is { } key
        ? SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{context.Caller().Tenant}\n{RouteOf(context)}\n{key}")))
        : null;
}

/// <summary>An enrollment as the outside names it: <c>enr_STREAM_NUMBER</c>.</summary>
internal readonly record struct EnrollmentName(StreamId Stream, int Number)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"enr_{Stream.Value}_{Number}");

    public static EnrollmentName? Parse(string text) =>
        NumberedName.Parse(text, "enr_", stackalloc long[2]) is [var stream, var number] && number is > 0 and <= int.MaxValue
            ? new(new(stream), (int)number)
            : null;
}

/// <summary>A reward as the outside names it: <c>rwd_STREAM_SEQ_NUMBER</c>.</summary>
internal readonly record struct RewardName(StreamId Stream, RewardId Reward)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rwd_{Stream.Value}_{Reward.Seq}_{Reward.Number}");

    public static RewardName? Parse(string text) =>
        NumberedName.Parse(text, "rwd_", stackalloc long[3]) is [var stream, var seq, var number]
        && seq is > 0 and <= int.MaxValue && number is >= 0 and <= ushort.MaxValue
            ? new(new(stream), new((int)seq, (int)number))
            : null;
}

/// <summary>A referral as lists name it: <c>rfl_STREAM</c>. Calls name it by its program and its referee.</summary>
internal readonly record struct ReferralName(StreamId Stream)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rfl_{Stream.Value}");

    public static ReferralName? Parse(string text) => NumberedName.Parse(text, "rfl_", stackalloc long[1]) is [var stream] ? new(new(stream)) : null;
}

/// <summary>A key as the outside names it: <c>key_NUMBER</c>. Not the key itself.</summary>
internal readonly record struct KeyName(long Number)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"key_{Number}");

    public static KeyName? Parse(string text) => NumberedName.Parse(text, "key_", stackalloc long[1]) is [var number] ? new(number) : null;
}

/// <summary>A link to the portal as the outside names it: <c>plk_NUMBER</c>. Not the link itself.</summary>
internal readonly record struct PortalLinkName(long Number)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"plk_{Number}");

    public static PortalLinkName? Parse(string text) => NumberedName.Parse(text, "plk_", stackalloc long[1]) is [var number] ? new(number) : null;
}

/// <summary>A payout as its referrer's portal names it: <c>pay_STREAM</c>.</summary>
internal readonly record struct PayoutName(StreamId Stream)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"pay_{Stream.Value}");

    public static PayoutName? Parse(string text) => NumberedName.Parse(text, "pay_", stackalloc long[1]) is [var stream] ? new(new(stream)) : null;
}

/// <summary>Names made of numbers have one spelling each: no signs, no spaces, no leading zeros.</summary>
internal static class NumberedName
{
    /// <returns>The numbers, or nothing when the text is not such a name.</returns>
    public static ReadOnlySpan<long> Parse(ReadOnlySpan<char> text, string prefix, Span<long> numbers)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal)) return [];
        var count = 0;
        foreach (var part in text[prefix.Length..].Split('_'))
        {
            var digits = text[prefix.Length..][part];
            if (count == numbers.Length || (digits.Length > 1 && digits[0] == '0')) return [];
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count++])) return [];
        }

        return count == numbers.Length ? numbers : [];
    }
}
