using System.Buffers;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace ReferralGrains.Gateway.Json;

/// <summary>A list as a table, for whoever asks for <c>text/csv</c> (RFC 4180). Rows are written as they come.</summary>
internal sealed class CsvAnswer(IReadOnlyList<string> columns, IAsyncEnumerable<IReadOnlyList<string?>> rows, string name) : IResult
{
    public const string Type = "text/csv";

    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",\r\n");

    /// <summary>Whether the caller asks for it, and not sooner for JSON.</summary>
    public static bool IsAsked(HttpContext context)
    {
        var wanted = MediaTypeHeaderValue.TryParseList(context.Request.Headers.Accept, out var types) ? types : [];
        var (csv, json) = (Find(wanted, Type), Find(wanted, "application/json"));
        return csv is { Quality: null or > 0 }
            && (json is null || (csv.Quality ?? 1) > (json.Quality ?? 1) || ((csv.Quality ?? 1) == (json.Quality ?? 1) && wanted.IndexOf(csv) < wanted.IndexOf(json)));

        static MediaTypeHeaderValue? Find(IList<MediaTypeHeaderValue> types, string name) =>
            types.FirstOrDefault(type => type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "text/csv; charset=utf-8; header=present";
        httpContext.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
        await Write(httpContext, columns);
        await foreach (var row in rows.WithCancellation(httpContext.RequestAborted)) await Write(httpContext, row);
    }

    private static async Task Write(HttpContext context, IReadOnlyList<string?> row)
    {
        var line = new StringBuilder();
        for (var i = 0; i < row.Count; i++) line.Append(i == 0 ? "" : ",").Append(Field(row[i] ?? ""));
        await context.Response.WriteAsync(line.Append("\r\n").ToString(), context.RequestAborted);
    }

    // A text that a spreadsheet would take for a formula is told from one by an apostrophe; a number is none. Some look for one behind a tab or
    // a line's end.
    private static string Field(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' && !long.TryParse(text, out _) && !decimal.TryParse(text, out _)) text = "'" + text;
        return text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
