using System.CommandLine;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Webhooks;

/// <summary><c>grains trigger</c>: an event that is made up, for all who are told.</summary>
internal static class TriggerCommand
{
    public static Command Build(AccessOptions access, Surroundings around)
    {
        var type = new Argument<string>("event") { Description = "Its type, such as reward.payable." };
        var command = new Command("trigger", "Tell an event that is made up. In a sandbox only; needs a key with the role admin.") { type };
        command.SetAction(async (parsed, stop) =>
        {
            using var api = new ApiClient(access.Read(parsed));
            var answer = await api.Post("/v1/events", new Dictionary<string, string> { ["type"] = parsed.GetValue(type)! }, stop);
            var made = answer.Json();
            around.Out.WriteLine(parsed.GetValue(access.Json) ? answer.Body : $"{made.Text("type")} {made.Text("id")}");
            return CommandLine.Succeeded;
        });
        return command;
    }
}
