using System.Net;
using ReferralGrains.Server.Options;

namespace Server.Tests;

public sealed class SettingsTests : IDisposable
{
    private static readonly Dictionary<string, string> noVariables = [];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grains-settings-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Without_a_word_only_this_machine_is_served()
    {
        var options = Read();
        Assert.Equal(("127.0.0.1", 8080, null, ProcessRole.Both), (options.Listen, options.Port, options.Database, options.Role));
        Assert.Equal(IPAddress.Loopback, options.SiloAddress);
        Assert.Equal("http://127.0.0.1:8080", options.Url);
    }

    [Theory]
    [InlineData("--port=8081")]
    [InlineData("--port", "8081")]
    public void A_value_comes_after_a_blank_or_an_equals_sign(params string[] arguments) => Assert.Equal(8081, Read(arguments).Port);

    [Theory]
    [InlineData(true, "--demo")]
    [InlineData(true, "--demo", "--port", "8081")]
    [InlineData(true, "--demo=1")]
    [InlineData(false, "--demo=0")]
    [InlineData(false, "--port", "8081")]
    public void A_switch_is_meant_when_it_is_said_alone(bool demo, params string[] arguments) => Assert.Equal(demo, Read(arguments).Demo);

    [Fact]
    public void The_command_line_goes_before_the_environment_and_that_before_the_file()
    {
        File.WriteAllText(Path.Combine(folder.FullName, "grains.json"), """{ "port": 1001, "stop-within": "3s", "log": "json" }""");
        var options = Read(new Dictionary<string, string> { ["GRAINS_PORT"] = "1002", ["GRAINS_LOG"] = "text" }, "--port", "1003");
        Assert.Equal((1003, LogFormat.Text, TimeSpan.FromSeconds(3)), (options.Port, options.Log, options.StopWithin));
    }

    [Fact]
    public void What_is_said_twice_is_what_was_said_last()
    {
        var options = Read(new Dictionary<string, string> { ["GRAINS_DATA"] = "/elsewhere" }, "--data", "/here", "--port", "1001", "--port", "1002");
        Assert.Equal(("/here", 1002), (options.DataDirectory, options.Port));
    }

    [Fact]
    public void A_file_can_be_named()
    {
        var file = Path.Combine(folder.FullName, "mine.json");
        File.WriteAllText(file, """{ "role": "silo" }""");
        Assert.Equal(ProcessRole.Silo, Read("--config", file).Role);
    }

    [Theory]
    [InlineData("--port takes a whole number from 1 to 65535", "--port", "0")]
    [InlineData("--port takes a whole number from 1 to 65535", "--port=http")]
    [InlineData("--port needs a value", "--port")]
    [InlineData("--data takes a folder", "--data=")]
    [InlineData("up does not know '--prot' (./grains up --help lists what it knows)", "--prot", "1")]
    [InlineData("up does not know 'here' (./grains up --help lists what it knows)", "here")]
    [InlineData("--listen takes an IP address, such as 127.0.0.1, or 0.0.0.0 for every interface", "--listen", "127.0.0.l")]
    [InlineData("--listen takes an IP address, such as 127.0.0.1, or 0.0.0.0 for every interface", "--listen", "1")]
    [InlineData("--role takes both, silo, gateway", "--role", "client")]
    [InlineData("--unread-answers takes a duration such as 500ms, 8s or 30m, from 1s to 1h", "--unread-answers", "60")]
    [InlineData("--database takes postgres://USER:PASSWORD@HOST:PORT/DATABASE, or Host=…;Username=…;Password=…;Database=…, of a role that owns the database", "--database", "")]
    [InlineData("--database takes postgres://USER:PASSWORD@HOST:PORT/DATABASE, or Host=…;Username=…;Password=…;Database=…, of a role that owns the database", "--database", "mysql://u:secret@h/d")]
    [InlineData("--database takes postgres://USER:PASSWORD@HOST:PORT/DATABASE, or Host=…;Username=…;Password=…;Database=…, of a role that owns the database", "--database", "nonsense")]
    [InlineData("--tls-key names /nowhere, which is no file", "--tls-key", "/nowhere")]
    [InlineData("--config names /nowhere, which is no file", "--config", "/nowhere")]
    [InlineData("--silo-address 10.0.0.7 can be reached from other machines, and whoever reaches it is one of us: give --tls-certificate, --tls-key and --tls-authority (deploy/certificates.sh makes them)", "--silo-address", "10.0.0.7")]
    [InlineData("up does not know '1' (./grains up --help lists what it knows)", "--demo", "1")]
    [InlineData("--demo loads over HTTP, which --role silo does not serve: give it to a process that does", "--demo", "--role", "silo")]
    [InlineData("--role gateway joins a cluster that is there: name its database with --database", "--role", "gateway")]
    [InlineData("--oidc-authority takes an https URL such as https://accounts.shop.example (http only on this machine)", "--oidc-authority", "http://accounts.shop.example")]
    [InlineData("--oidc-scopes takes scopes separated by blanks, openid among them", "--oidc-scopes", "email groups")]
    [InlineData("--oidc-authority, --oidc-client-id and --oidc-keys belong together: give all or none", "--oidc-authority", "https://accounts.shop.example", "--oidc-client-id", "console")]
    [InlineData("--oidc-client-secret is not taken from the command line, which every user of this machine can read: set GRAINS_OIDC_CLIENT_SECRET", "--oidc-client-secret", "s")]
    [InlineData("--admin-key is not taken from the command line, which every user of this machine can read: set GRAINS_ADMIN_KEY", "--admin-key", "k")]
    public void What_nobody_can_have_meant_is_one_line(string line, params string[] arguments) =>
        Assert.Equal(line, Assert.Throws<ArgumentException>(() => Read(arguments)).Message);

    [Theory]
    [InlineData("https://shop.example/")]
    [InlineData("shop.example")]
    [InlineData("*")]
    public void An_origin_is_a_scheme_and_a_host(string origins) =>
        Assert.Throws<ArgumentException>(() => Read("--cors-origins", "https://fine.example, " + origins));

    [Fact]
    public void A_silo_beyond_loopback_has_a_certificate_and_an_address_of_its_own()
    {
        var pem = Path.Combine(folder.FullName, "silo.pem");
        File.WriteAllText(pem, "");
        string[] tls = ["--tls-certificate", pem, "--tls-key", pem, "--tls-authority", pem];
        Assert.Equal(IPAddress.Parse("10.0.0.7"), Read((string[])[.. tls, "--silo-address", "10.0.0.7"]).SiloAddress);
        Assert.Throws<ArgumentException>(() => Read((string[])[.. tls, "--silo-address", "0.0.0.0"]));
        Assert.Throws<ArgumentException>(() => Read("--tls-certificate", pem));
    }

    [Theory]
    [InlineData("""{"claim": "sub", "value": "1", "key": "secret-key"}""")]
    [InlineData("""[{"claim": "sub", "value": "1", "key": "secret-key", "role": "admin"}]""")]
    [InlineData("""[{"claim": "sub", "key": "secret-key"}]""")]
    [InlineData("""[{"claim": "sub", "value": null, "key": "secret-key"}]""")]
    [InlineData("""[{"claim": "", "value": "1", "key": "secret-key"}]""")]
    [InlineData("[null]")]
    [InlineData("null")]
    [InlineData("secret-key")]
    public void Who_may_come_in_from_the_provider_is_a_list_that_is_looked_at_before_the_start(string content)
    {
        var file = Path.Combine(folder.FullName, "people.json");
        File.WriteAllText(file, content);
        var refused = Assert.Throws<ArgumentException>(() => Read("--oidc-keys", file)).Message;
        Assert.StartsWith("--oidc-keys is not of the form [{", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused, StringComparison.Ordinal);
        File.WriteAllText(file, """[{"claim": "sub", "value": "1", "key": "secret-key"}]""");
        Assert.Equal(file, Read("--oidc-authority", "https://accounts.shop.example/realms/shop", "--oidc-client-id", "console", "--oidc-keys", file).OidcKeys);
    }

    [Fact]
    public void A_short_first_key_is_refused_wherever_it_is_said()
    {
        Assert.StartsWith("GRAINS_ADMIN_KEY takes 32 to 512", Refused(new() { ["GRAINS_ADMIN_KEY"] = "a" }), StringComparison.Ordinal);
        var key = "rg_test_" + new string('k', 40);
        Assert.Equal(key, Read(new Dictionary<string, string> { ["GRAINS_ADMIN_KEY"] = key }).AdminKey);
    }

    [Theory]
    [InlineData("""{ "prot": 1 }""", "the configuration file names 'prot', which is no option (docs/configuration.md lists them)")]
    [InlineData("""{ "port": "x" }""", "--port takes a whole number from 1 to 65535")]
    public void The_file_is_held_to_the_same(string content, string line)
    {
        File.WriteAllText(Path.Combine(folder.FullName, "grains.json"), content);
        Assert.Equal(line, Refused(noVariables));
    }

    [Fact]
    public void A_file_that_is_no_JSON_is_one_line()
    {
        File.WriteAllText(Path.Combine(folder.FullName, "grains.json"), "port = 1");
        Assert.StartsWith($"{Path.Combine(folder.FullName, "grains.json")} cannot be read: ", Refused(noVariables), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://ann:p%40ss@db.example.com:5433/books?sslmode=verify-full", "Host=db.example.com;Database=books;Port=5433;Username=ann;Password=p@ss;SSL Mode=VerifyFull")]
    [InlineData("postgresql://db/books", "Host=db;Database=books")]
    [InlineData("Host=/run/postgresql;Username=ann;Database=books", "Host=/run/postgresql;Username=ann;Database=books")]
    public void A_database_is_a_URL_or_a_connection_string(string said, string expected) =>
        Assert.Equal(expected, Read("--database", said).Database);

    [Fact]
    public void Docs_and_help_list_every_option_as_it_is()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Folder, "docs", "configuration.md"));
        Assert.Contains($"```text\n{Settings.Help()}```\n", page, StringComparison.Ordinal);
    }

    private string Refused(Dictionary<string, string> environment) => Assert.Throws<ArgumentException>(() => Read(environment)).Message;

    private ServerOptions Read(params string[] arguments) => Read(noVariables, arguments);

    private ServerOptions Read(Dictionary<string, string> environment, params string[] arguments) => SettingsReader.Read(
        ["--data", folder.FullName, .. arguments], environment.GetValueOrDefault);
}
