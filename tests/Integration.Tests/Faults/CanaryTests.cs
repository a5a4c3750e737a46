using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>Secrets and personal data are found nowhere but where they were put.</summary>
[Collection(OneMortalServer.Name)]
public sealed class CanaryTests(MortalServer mortal)
{
    private const string Canary = "canary";

    [Fact]
    public async Task No_secret_and_no_personal_data_is_in_the_log_the_metrics_or_an_error()
    {
        // On a database, so that dying connections are in the log too.
        var server = await mortal.Alive();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "silent", referrers: 1, refereesEach: 1);
        var errors = new List<Answer>();
        await api.Ok("/v1/referrers", new { id = "someone", email = "canary@example.com", name = "Canary Bird", stripe_customer_id = "cus_canary" });
        foreach (var body in (string[])
                 [
                     """{"id":"someone","email":"canary-other@example.com","name":"Canary Other"}""",
                     """{"id":"someone","email":"canary without at"}""",
                     """{"id":"someone","email":{"canary":1}}""",
                     """{"id":"someone","name":"canary\u0000"}""",
                     """{"id":"canary canary"}""",
                     """{"id":"x","email":"canary@example.com" "name":"canary"}""",
                 ])
            errors.Add(await api.PostRaw("/v1/referrers", body));

        var sale = shop.Sale(shop.Referees[0], 1_000);
        var told = sale.Json[..^1] + ""","note":"canary note","metadata":{"card":"canary card"}}""";
        Assert.Equal(200, (await api.PostRaw("/v1/actions", told)).Status);
        errors.Add(await api.PostRaw("/v1/actions", told.Replace("1000", "2000", StringComparison.Ordinal)));
        errors.Add(await api.PostRaw("/v1/actions", told.Replace("\"card\":\"canary card\"", "\"card\":[\"canary card\"]", StringComparison.Ordinal)));
        errors.Add(await api.PostRaw("/v1/actions", told.Replace("GBP", "canary", StringComparison.Ordinal)));
        errors.Add(await api.PostRaw("/v1/referrals", $$"""{"program_id":"{{shop.Program}}","referee_id":"c9","code":"canary-code","referee_email":"canary@example.com"}"""));
        using (var stranger = new Api(server.Address, "rg_test_canary_of_a_stranger")) errors.Add(await stranger.Get("/v1/referrers/someone"));
        using (var proud = new Api(server.Address, ServerProcess.AdminKey + "x")) errors.Add(await proud.PostRaw("/v1/referrers", """{"name":"canary"}"""));
        errors.Add(await api.Get("/v1/referrers/canary-nobody"));
        await Postgres.PostgresHouse.Ask(mortal.House.Owner, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'referralgrains-%'");
        await new ClientLog().SendUntilAcknowledged(api, shop.Sale(shop.Referees[0], 1_000));

        Assert.All(errors, error => Assert.InRange(error.Status, 400, 499));
        Assert.All(errors, error => Assert.DoesNotContain(Canary, error.Body, StringComparison.OrdinalIgnoreCase));
        var metrics = await api.Get("/metrics");
        Assert.Equal(200, metrics.Status);
        Assert.DoesNotContain(Canary, metrics.Body, StringComparison.OrdinalIgnoreCase);
        server.Term();
        Assert.Equal(0, await server.Exit());
        Assert.NotEmpty(server.Log);
        Assert.DoesNotContain(Canary, server.Log, StringComparison.OrdinalIgnoreCase);
        foreach (var file in Directory.GetFiles(mortal.House.Folder))
            Assert.DoesNotContain(Canary, await File.ReadAllTextAsync(file), StringComparison.OrdinalIgnoreCase);
    }
}
