using System.Text.Json.Serialization.Metadata;

namespace ReferralGrains.Gateway.Json;

/// <summary>Answers that are JSON.</summary>
internal static class Answers
{
    public static IResult Ok<T>(T value, JsonTypeInfo<T> type) => TypedResults.Json(value, type);

    /// <summary>201 for what was made now, 200 for what was there.</summary>
    public static IResult Created<T>(T value, bool isNew, JsonTypeInfo<T> type) =>
        TypedResults.Json(value, type, statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
}
