using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Cli.Api;
using ReferralGrains.Client;

namespace ReferralGrains.Cli.Webhooks;

/// <summary>
/// <c>grains webhooks listen</c>: shows events as they come, and hands them on as webhooks would, to a program that the server cannot reach.
/// </summary>
internal sealed class ListenCommand
{
    private const int Page = 100;

    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(15);

    private readonly AccessOptions access;
    private readonly Surroundings around;
    private readonly Option<string?> forwardTo = new("--forward-to") { Description = "Where to send each event, signed, such as http://localhost:3000/hooks. Without it they are only shown." };
    private readonly Option<string?> secret = new("--secret") { Description = "What to sign with, whsec_ and base64; one is made up and shown without it." };
    private readonly Option<string?> events = new("--events") { Description = "Only these types, separated by commas." };
    private readonly Option<string> from = new("--from") { Description = "now, or start: from the oldest event that is kept.", DefaultValueFactory = static _ => "now" };
    private readonly Option<int?> count = new("--count") { Description = "End after so many events." };

    private ListenCommand(AccessOptions access, Surroundings around)
    {
        (this.access, this.around) = (access, around);
        from.AcceptOnlyFromAmong("now", "start");
    }

    public static Command Build(AccessOptions access, Surroundings around) => new("webhooks", "What webhooks tell, at your desk. Needs a key with the role read.")
    {
        new ListenCommand(access, around).Command(),
    };

    private Command Command()
    {
        var command = new Command("listen", "Show events as they come, and forward them, signed like webhooks.") { forwardTo, secret, events, from, count };
        command.SetAction(Listen);
        return command;
    }

    private async Task<int> Listen(ParseResult parsed, CancellationToken stop)
    {
        using var api = new ApiClient(access.Read(parsed), ApiClient.Patience(around.Time));
        var (json, wanted) = (parsed.GetValue(access.Json), Wanted(parsed.GetValue(events)));
        using var forward = Forward(parsed, json);
        var after = parsed.GetValue(from) == "start" ? null : Last((await api.Get("/v1/events?latest=true&limit=1", stop)).Json());
        around.Note("listening; Ctrl-C ends it", json);
        for (var left = parsed.GetValue(count) ?? int.MaxValue; left > 0;)
        {
            var page = (await api.Get($"/v1/events?limit={Page}{(after is null ? "" : "&starting_after=" + Uri.EscapeDataString(after))}", stop)).Json();
            foreach (var told in page.Items("data"))
            {
                after = told.Text("id");
                if (wanted?.Contains(told.Text("type") ?? "") == false) continue;
                var answer = forward is null ? "" : " -> " + await forward.Send(told, around.Time, stop);
                around.Out.WriteLine(json ? told.GetRawText() : $"{told.Text("timestamp")}  {told.Text("type")}  {after}{answer}");
                if (--left == 0) break;
            }

            if (left > 0 && !page.IsTrue("has_more")) await Task.Delay(pause, around.Time, stop);
        }

        return CommandLine.Succeeded;
    }

    private static HashSet<string>? Wanted(string? given)
    {
        if (given is null) return null;
        var known = typeof(NewEventType).GetFields().Select(static field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name).OfType<string>().ToList();
        var wanted = given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        if (wanted.Count == 0) throw new CommandFailed("--events names none");
        return wanted.FirstOrDefault(one => !known.Contains(one)) is { } unknown
            ? throw new CommandFailed($"--events '{unknown}' is no type of event: they are {string.Join(", ", known)}")
            : wanted;
    }

    private Forwarding? Forward(ParseResult parsed, bool json)
    {
        if (parsed.GetValue(forwardTo) is not { } given) return null;
        if (!Uri.TryCreate(given, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) throw new CommandFailed($"--forward-to '{given}' is not an http address");
        if (parsed.GetValue(secret) is null && json && !around.IsTerminal) throw new CommandFailed("--forward-to with --json takes --secret: nobody would see one that is made up");
        var signs = parsed.GetValue(secret) ?? "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        if (parsed.GetValue(secret) is null) around.Note($"signed with {signs}", json);
        return new(url, signs);
    }

    private static string? Last(JsonElement page)
    {
        string? last = null;
        foreach (var told in page.Items("data")) last = told.Text("id");
        return last;
    }

    /// <summary>Sends each event once, as Standard Webhooks has it; what became of it is shown.</summary>
    private sealed class Forwarding : IDisposable
    {
        private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = patience };
        private readonly Uri url;
        private readonly byte[] key;

        public Forwarding(Uri url, string secret)
        {
            this.url = url;
            try
            {
                key = Convert.FromBase64String(secret.StartsWith("whsec_", StringComparison.Ordinal) ? secret[6..] : secret);
            }
            catch (FormatException)
            {
                throw new CommandFailed("--secret takes whsec_ and base64");
            }
        }

        public async Task<string> Send(JsonElement told, TimeProvider time, CancellationToken stop)
        {
            var (id, body, at) = (told.Text("id")!, told.GetRawText(), time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
            request.Headers.Add("webhook-id", id);
            request.Headers.Add("webhook-timestamp", at);
            request.Headers.Add("webhook-signature", "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{at}.{body}"))));
            try
            {
                using var answer = await http.SendAsync(request, stop);
                return ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
            }
            catch (Exception broken) when (broken is HttpRequestException or SocketException)
            {
                return "no answer";
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return "timeout";
            }
        }

        public void Dispose() => http.Dispose();
    }
}
