using System.CommandLine;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary><c>grains import</c>: a file of referrals and a file of actions into a program that exists.</summary>
internal static class ImportCommand
{
    public static Command Build(AccessOptions access, Surroundings around)
    {
        var program = new Option<string>("--program") { Description = "The program to import into; it has to exist.", Required = true };
        var actions = new Option<string>("--actions")
        {
            Description = "The referral actions: .csv (action_id, type, referee_id, occurred_at, amount_minor, currency, refund_of, " +
                "chargeback_of, products with ';' between, note) or .ndjson (one object per line, as POST /v1/actions takes it).",
            Required = true,
        };
        var referrals = new Option<string?>("--referrals") { Description = "Who referred whom: .csv (referee_id, referrer_id, approved_at). Referrers are created." };
        var command = new Command("import", "Import referrals and actions. Safe to run again: what the server has is reported as duplicate.")
        {
            program, actions, referrals,
        };
        command.SetAction((parsed, stop) =>
        {
            var import = new Import(access.Read(parsed), parsed.GetValue(program)!, ExchangeLimits.Default, around);
            return import.Run(parsed.GetValue(actions)!, parsed.GetValue(referrals), parsed.GetValue(access.Json), stop);
        });
        return command;
    }
}
