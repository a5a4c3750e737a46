using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>One rule id, published in several programs at the same moment.</summary>
[Collection(OneServer.Name)]
public sealed class RuleRaceTests(LivingServer server)
{
    [Fact]
    public async Task One_program_gets_the_id_and_the_others_are_told_that_it_is_taken()
    {
        var programs = new List<string>();
        for (var i = 0; i < 4; i++) programs.Add((await server.OpenShop()).Program);
        for (var round = 0; round < 10; round++)
        {
            var rule = new
            {
                id = $"race-{programs[0]}-{round}",
                trigger = "recurring_action",
                reward = new { kind = "cash", type = "percent", basis_points = 1000 },
            };
            var answers = await Task.WhenAll(programs.Select(program => server.Api.Post($"/v1/programs/{program}/rules", rule)));

            var winner = Assert.Single(answers, answer => answer.IsSuccess);
            Assert.All(answers.Where(answer => answer != winner), answer => Assert.Equal((409, "conflict", "id"), (answer.Status, answer.Code, answer.Param)));
            var again = await server.Api.Post($"/v1/programs/{(string)winner.Json["program_id"]!}/rules", rule);
            Assert.Equal((200, true), (again.Status, (bool)again.Json["duplicate"]!));
            Assert.True((await server.Api.Post($"/v1/rules/{rule.id}/disable", new { })).IsSuccess);
        }
    }
}
