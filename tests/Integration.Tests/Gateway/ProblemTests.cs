using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed partial class ProblemTests(SharedGateway gateway) : IClassFixture<SharedGateway>, IDisposable
{
    private const string Sale = """{"action_id":"a1","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":1}""";

    private readonly GatewayHost host = gateway.Host;

    public void Dispose() => host.Grains.Before = (_, _) => Task.CompletedTask;

    [Fact]
    public void Every_kind_of_refusal_has_a_status() => Assert.Equal(
        [404, 409, 422, 429], Enum.GetValues<RefusalKind>().Select(Problem.StatusOf));

    [Fact]
    public async Task Every_field_that_a_refusal_names_is_one_that_callers_write()
    {
        var description = await host.Client.GetStringAsync("/openapi/v1.json");
        Assert.All(Enum.GetValues<Field>(), field => Assert.Contains($"\"{field.ToWire()}\"", description, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_problem_says_what_where_and_which_request()
    {
        using var answer = await Post("""{"action_id":"a1"}""");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("/docs/errors#missing_field", problem.GetProperty("type").GetString());
        Assert.Equal(problem.GetProperty("request_id").GetString(), Assert.Single(answer.Headers.GetValues("Request-Id")));
        Assert.Contains("<a id=\"missing_field\"></a>", await host.Client.GetStringAsync("/docs/errors"), StringComparison.Ordinal);
        Assert.Equal((400, "missing_field", "program_id"), (problem.GetProperty("status").GetInt32(), problem.GetProperty("code").GetString(), problem.GetProperty("param").GetString()));
        Assert.NotEmpty(problem.GetProperty("request_id").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task A_full_mailbox_is_429_and_says_when()
    {
        using var answer = await Failing(new GrainBusyException("full", TimeSpan.FromMilliseconds(1_200)));
        Assert.Equal((HttpStatusCode.TooManyRequests, 2), (answer.StatusCode, answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds));
    }

    public static TheoryData<Exception> Outages =>
        [new GrainUnavailableException("gone"), new JournalUnavailableException("gone"), new OutcomeUnknownException("gone"), new LeaseLostException("gone"), new TimeoutException("gone"), new Npgsql.NpgsqlException("gone")];

    [Theory]
    [MemberData(nameof(Outages), DisableDiscoveryEnumeration = true)]
    public async Task What_may_be_there_again_soon_is_503_and_says_when(Exception outage)
    {
        using var answer = await Failing(outage);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 1), (answer.StatusCode, answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds));
        Assert.Contains("\"unavailable\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_bug_is_500_and_says_nothing_but_its_request_id()
    {
        using var answer = await Failing(new InvalidOperationException("secret"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.NotEmpty(JsonDocument.Parse(text).RootElement.GetProperty("request_id").GetString()!);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "route_not_found")]
    [InlineData("GET", "/", 404, "route_not_found")]
    [InlineData("PUT", "/v1/programs", 405, "method_not_allowed")]
    [InlineData("GET", "/v1/actions:stream", 405, "method_not_allowed")]
    public async Task An_address_that_is_none_is_a_problem_too(string method, string path, int status, string code)
    {
        var (answered, problem) = await host.Send(method, path);
        Assert.Equal((status, code), (answered, problem.GetProperty("code").GetString()));
    }

    // The documentation is for those who meet a code, so every code that the source can say has to be there.
    [Fact]
    public void Every_code_is_explained()
    {
        var root = Checkout.Folder;
        var source = string.Join('\n', new[] { "Domain", "Turns", "Payouts/Accounts", "Gateway" }
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(root, "src", "ReferralGrains." + project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var codes = Refused().Matches(source).Concat(Said().Matches(source)).Concat(Unprocessable().Matches(source)).Select(match => match.Groups[1].Value)
            .Concat(Missing().Matches(source).Select(match => match.Groups[1].Value + "_not_found")).Distinct().Order(StringComparer.Ordinal).ToList();
        var page = File.ReadAllText(Path.Combine(root, "docs", "errors.md"));

        Assert.True(codes.Count > 40, $"only {codes.Count} codes were found");
        Assert.Equal(codes, Anchor().Matches(page).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.All(Enum.GetValues<DecisionCode>(), code => Assert.Contains($"| `{code.ToWire()}` |", page, StringComparison.Ordinal));

        // A row that follows no other row, nor the head of a table, is shown as it is written.
        var lines = page.Split('\n');
        Assert.All(Enumerable.Range(1, lines.Length - 1).Where(at => lines[at].StartsWith("| <a", StringComparison.Ordinal)), at => Assert.StartsWith("| ", lines[at - 1], StringComparison.Ordinal));
    }

    // By its name, in the words of a test: whoever breaks what it is answered to hears of it.
    [Fact]
    public void Every_code_is_met_by_a_test()
    {
        var tests = string.Join('\n', Directory.EnumerateFiles(Path.Combine(Checkout.Folder, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/node_modules/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var codes = Anchor().Matches(File.ReadAllText(Path.Combine(Checkout.Folder, "docs", "errors.md"))).Select(match => match.Groups[1].Value);
        Assert.All(codes, code => Assert.True(tests.Contains($"\"{code}\"", StringComparison.Ordinal) || tests.Contains($"\"{code}\\\"", StringComparison.Ordinal), code));
    }

    [GeneratedRegex("RefusalKind\\.\\w+, \"([a-z_]+)\"")]
    private static partial Regex Refused();

    [GeneratedRegex("new(?: Problem)?\\((?:[45][0-9][0-9]|status|\\s+[45][0-9][0-9]), \"([a-z_]+)\"")]
    private static partial Regex Said();

    [GeneratedRegex("Unprocessable\\(\"([a-z_]+)\"")]
    private static partial Regex Unprocessable();

    [GeneratedRegex("NotFound\\(\"([a-z_]+)\"")]
    private static partial Regex Missing();

    [GeneratedRegex("<a id=\"([a-z_]+)\"></a>`\\1`")]
    private static partial Regex Anchor();

    private Task<HttpResponseMessage> Failing(Exception exception)
    {
        host.Grains.Before = (_, _) => Task.FromException(exception);
        return Post(Sale);
    }

    private async Task<HttpResponseMessage> Post(string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/actions") { Content = new StringContent(body) };
        request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
        return await host.Client.SendAsync(request);
    }
}
