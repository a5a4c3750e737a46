using System.Reflection;
using System.Text.Json.Serialization;

namespace ReferralGrains.Web.Sessions;

/// <summary>The API's words, which are shown as they are.</summary>
public static class Words
{
    /// <summary>As the API writes it.</summary>
    public static string Of<T>(T word)
        where T : struct, Enum =>
        typeof(T).GetField(word.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? word.ToString();

    /// <summary>The other way round; what is no word of it is Unknown, which the API refuses.</summary>
    public static T As<T>(string word)
        where T : struct, Enum =>
        Enum.GetValues<T>().FirstOrDefault(one => Of(one) == word);
}
