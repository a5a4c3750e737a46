using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ReferralGrains.Cli.Import;

/// <summary>Shows how far each stage of an import is: a bar on a terminal, a line now and then elsewhere, nothing for a program.</summary>
internal abstract class Stages
{
    // 17 for the longest name, 10 for a bar that is worth its place, 4 for percents, 9 for a rate, 8 for a time, and what is between.
    private const int FullWidth = 56;
    private const int NarrowWidth = 36;

    /// <summary>Runs the work while its stages are shown.</summary>
    public static Task Show(Surroundings around, bool json, Func<Stages, Task> work) =>
        around.IsTerminal ? Bars.Run(around.Error, work) : work(new Texts(around, json));

    /// <param name="name">What is being done.</param>
    /// <param name="total">How many there are; 0 when nobody knows.</param>
    /// <param name="work">Gets what to call with the number of those just done.</param>
    public abstract Task Stage(string name, long total, Func<Action<long>, Task> work);

    /// <summary>What a terminal of so many characters shows in one line: one that wraps is not drawn over but below, again and again.</summary>
    public static ProgressColumn[] ColumnsFor(int width) => width switch
    {
        >= FullWidth => [new TaskDescriptionColumn(), Bar(width - FullWidth), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn()],
        >= NarrowWidth => [new TaskDescriptionColumn(), new PercentageColumn(), new RateColumn()],
        _ => [new PercentageColumn()],
    };

    private static ProgressBarColumn Bar(int more) => new() { Width = Math.Min(10 + more, 40) };

    private sealed class Bars(ProgressContext context) : Stages
    {
        // The bar keeps a sample of each step to work out its rate, which for each line would cost more than the line.
        private static readonly TimeSpan step = TimeSpan.FromMilliseconds(100);

        public static Task Run(TextWriter error, Func<Stages, Task> work)
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
            return console.Progress().Columns(ColumnsFor(console.Profile.Width)).StartAsync(context => work(new Bars(context)));
        }


        public override async Task Stage(string name, long total, Func<Action<long>, Task> work)
        {
            var bar = context.AddTask(Markup.Escape(name), maxValue: total == 0 ? double.MaxValue : total);
            bar.IsIndeterminate = total == 0;
            var (stepped, done) = (Stopwatch.GetTimestamp(), 0L);
            await work(more =>
            {
                done += more;
                if (Stopwatch.GetElapsedTime(stepped) < step) return;
                bar.Increment(done);
                (stepped, done) = (Stopwatch.GetTimestamp(), 0);
            });
            bar.Increment(done);
            if (total == 0) bar.MaxValue = Math.Max(bar.Value, 1);
            bar.Value = bar.MaxValue;
            bar.StopTask();
        }
    }

    private sealed class RateColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.ElapsedTime is { TotalSeconds: > 0 } took ? $"{task.Value / took.TotalSeconds:N0}/s" : "");
    }

    private sealed class Texts(Surroundings around, bool json) : Stages
    {
        private static readonly TimeSpan interval = TimeSpan.FromSeconds(5);

        public override async Task Stage(string name, long total, Func<Action<long>, Task> work)
        {
            var (began, said, done) = (Stopwatch.GetTimestamp(), TimeSpan.Zero, 0L);
            await work(more =>
            {
                done += more;
                var passed = Stopwatch.GetElapsedTime(began);
                if (passed - said < interval) return;
                said = passed;
                var rate = done / passed.TotalSeconds;
                around.Note(total == 0 ? $"{name}: {done:N0}, {rate:N0}/s" : $"{name}: {done:N0} of {total:N0}, {rate:N0}/s, {(total - done) / rate:N0} s left", json);
            });
            var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
            around.Note($"{name}: {done:N0} in {took:N1} s, {done / took:N0}/s", json);
        }
    }
}
