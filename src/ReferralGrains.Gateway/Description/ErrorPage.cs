using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using ReferralGrains.Gateway.Access;

namespace ReferralGrains.Gateway.Description;

/// <summary>What every code means and what to do, where the type of a problem points: docs/errors.md as it stands, with its anchors.</summary>
internal static partial class ErrorPage
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var page = Render();
        routes.Get("/docs/errors", () => TypedResults.Text(page, "text/html; charset=utf-8"))
            .NeedsNoKey().WithSummary("What every error code means and what to do").AnswersText("text/html");
    }

    private static string Render()
    {
        using var text = new StreamReader(typeof(ErrorPage).Assembly.GetManifestResourceStream("errors.md")!);
        var shown = Anchor().Replace(HtmlEncoder.Default.Encode(text.ReadToEnd()).Replace("&#xA;", "\n", StringComparison.Ordinal), "<a id=\"$1\"></a>");
        return $"<!doctype html><meta charset=\"utf-8\"><title>Errors</title><pre style=\"white-space:pre-wrap;max-width:60rem\">{shown}</pre>";
    }

    [GeneratedRegex("&lt;a id=&quot;([a-z_]+)&quot;&gt;&lt;/a&gt;")]
    private static partial Regex Anchor();
}
