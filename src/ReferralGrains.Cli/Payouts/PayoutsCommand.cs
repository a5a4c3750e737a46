using System.CommandLine;
using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Payouts;

/// <summary><c>grains payouts</c>: what would be paid, drawing it up, approving and following it.</summary>
internal sealed class PayoutsCommand
{
    private readonly AccessOptions access;
    private readonly Surroundings around;
    private readonly Argument<string> batch = new("batch") { Description = "The batch's id." };
    private readonly Argument<string?> maybe = new("batch") { Description = "The batch's id; without it the latest are listed.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> id = new("--id") { Description = "What to call the batch; made up without it. The same again is the same batch." };
    private readonly Option<string?> delivery = new("--delivery") { Description = "stripe, or outside: by other means, each item confirmed with a reference. What the payout terms say without it." };
    private readonly Option<string> hash = new("--hash") { Description = "Of what was looked at, as status shows it: nothing else is approved.", Required = true };
    private readonly Option<bool> watch = new("--watch") { Description = "Follow it until nothing more comes by itself." };
    private readonly Argument<string> item = new("item") { Description = "The item's id." };
    private readonly Option<string> reversal = new("--id") { Description = "What to call the reversal. The same again is the same reversal.", Required = true };
    private readonly Option<long> amount = new("--amount") { Description = "In minor units, at most what is left of the transfer.", Required = true };
    private readonly Option<string> reason = new("--reason") { Description = "Kept with it.", Required = true };
    private readonly Option<string?> file = new("--out") { Description = "Write to this file instead of standard output." };

    private PayoutsCommand(AccessOptions access, Surroundings around)
    {
        (this.access, this.around) = (access, around);
        delivery.AcceptOnlyFromAmong("stripe", "outside");
    }

    public static Command Build(AccessOptions access, Surroundings around) => new PayoutsCommand(access, around).Command();

    private Command Command() => new("payouts", "Pay referrers: see what would be paid, draw up a batch, approve it, follow it. Needs a key with the role finance.")
    {
        Do(new("preview", "What a batch would pay that is drawn up now, who is left out and why; nothing is saved.") { delivery }, Preview),
        Do(new("create", "Draw up a batch of all that is payable, and wait until it is there to be approved.") { id, delivery }, Create),
        Do(new("approve", "Approve a batch; from then on money leaves.") { batch, hash, watch }, Approve),
        Do(new("status", "Where a batch stands.") { maybe, watch }, Status),
        Do(new("export", "The items of a batch as CSV, for a bank file.") { batch, file }, Export),
        Do(new("cancel", "Give up a batch that is not approved.") { batch }, (api, parsed, stop) => Tell(api, parsed, "cancel", stop)),
        Do(new("reverse", "Ask money of an item's transfer back from the account that it went to.") { batch, item, reversal, amount, reason }, Reverse),
        Do(new("retry", "Pay once more what has failed, and nothing else; after a pause, go on.") { batch }, (api, parsed, stop) => Tell(api, parsed, "retry", stop)),
    };

    private async Task Preview(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        var answer = await api.Post("/v1/payout_batches?dry_run=true", Body(parsed, null), stop);
        Print(parsed, answer, PayoutTexts.Preview(answer.Json()));
    }

    private async Task Create(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        var made = (await api.Post("/v1/payout_batches", Body(parsed, parsed.GetValue(id)), stop)).Json();
        var drawn = await new BatchWatch(api, around, parsed.GetValue(access.Json)).Until(made.Text("id")!, static batch => batch.Text("status") is not ("draft" or "reserving"), stop);
        Print(parsed, drawn, PayoutTexts.Batch(drawn.Json()));
    }

    private async Task Approve(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        var name = parsed.GetValue(batch)!;
        var answer = await api.Post(BatchWatch.Path(name, "/approve"), new { hash = parsed.GetValue(hash) }, stop);
        answer.Json();
        if (parsed.GetValue(watch)) answer = await Watched(api, parsed, name, stop);
        Print(parsed, answer, PayoutTexts.Batch(answer.Json()));
    }

    private async Task Status(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        if (parsed.GetValue(maybe) is not { } name)
        {
            var list = await api.Get("/v1/payout_batches", stop);
            Print(parsed, list, PayoutTexts.List(list.Json()));
            return;
        }

        var answer = parsed.GetValue(watch) ? await Watched(api, parsed, name, stop) : await api.Get(BatchWatch.Path(name), stop);
        Print(parsed, answer, PayoutTexts.Batch(answer.Json()));
    }

    private async Task Export(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        var answer = await api.Get(BatchWatch.Path(parsed.GetValue(batch)!), stop, "text/csv");
        if (!answer.IsSuccess) answer.Json();
        if (parsed.GetValue(file) is not { } path)
        {
            around.Out.Write(answer.Body);
            return;
        }

        await File.WriteAllTextAsync(path, answer.Body, stop);
        if (parsed.GetValue(access.Json)) around.Out.WriteLine(JsonSerializer.Serialize(new { written = path }));
    }

    private async Task Tell(ApiClient api, ParseResult parsed, string what, CancellationToken stop)
    {
        var answer = await api.Post(BatchWatch.Path(parsed.GetValue(batch)!, "/" + what), null, stop);
        Print(parsed, answer, PayoutTexts.Batch(answer.Json()));
    }

    private async Task Reverse(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        var path = BatchWatch.Path(parsed.GetValue(batch)!, $"/items/{Uri.EscapeDataString(parsed.GetValue(item)!)}/reverse");
        var body = new { reversal_id = parsed.GetValue(reversal), amount_minor = parsed.GetValue(amount), reason = parsed.GetValue(reason) };
        var answer = await api.Post(path, body, stop);
        Print(parsed, answer, PayoutTexts.Reversal(answer.Json()));
    }

    private Task<ApiAnswer> Watched(ApiClient api, ParseResult parsed, string name, CancellationToken stop) =>
        new BatchWatch(api, around, parsed.GetValue(access.Json)).Until(name, static batch => PayoutTexts.IsLeftToPeople(batch) || batch.Text("status") is "frozen" or "settled" or "cancelled" or "awaiting_funds" or "review", stop);

    private Dictionary<string, string> Body(ParseResult parsed, string? name)
    {
        var body = new Dictionary<string, string>();
        if (name is not null) body["id"] = name;
        if (parsed.GetValue(delivery) is { } given) body["delivery"] = given;
        return body;
    }

    private void Print(ParseResult parsed, ApiAnswer answer, string text)
    {
        if (parsed.GetValue(access.Json)) around.Out.WriteLine(answer.Body);
        else around.Out.Write(text);
    }

    private Command Do(Command command, Func<ApiClient, ParseResult, CancellationToken, Task> run)
    {
        command.SetAction(async (parsed, stop) =>
        {
            using var api = new ApiClient(access.Read(parsed), ApiClient.Patience(around.Time));
            await run(api, parsed, stop);
            return CommandLine.Succeeded;
        });
        return command;
    }
}
