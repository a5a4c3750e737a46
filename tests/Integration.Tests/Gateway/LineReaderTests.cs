using System.IO.Pipelines;
using System.Text;
using ReferralGrains.Gateway.Lines;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("a\nbb\nccc", "a|bb|ccc")]
    [InlineData("a\r\n\r\n b \n", "a||b")]
    [InlineData("\n", "")]
    [InlineData("", "-")]
    public async Task Lines_are_the_same_however_they_arrive(string body, string expected)
    {
        for (var piece = 1; piece <= Math.Max(1, body.Length); piece++)
        {
            var pipe = new Pipe();
            var lines = Read(pipe.Reader);
            foreach (var chunk in Encoding.UTF8.GetBytes(body).Chunk(piece)) await pipe.Writer.WriteAsync(chunk);
            await pipe.Writer.CompleteAsync();
            Assert.Equal(expected == "-" ? [] : expected.Split('|'), await lines);
        }
    }

    [Fact]
    public async Task A_line_without_an_end_is_passed_over_in_bounded_memory()
    {
        // The writer would wait for ever on a reader that kept more than the pipe may hold.
        var pipe = new Pipe(new(pauseWriterThreshold: 4 * LineReader.MaxBytes, resumeWriterThreshold: 2 * LineReader.MaxBytes));
        var lines = Read(pipe.Reader);
        for (var i = 0; i < 64; i++) await pipe.Writer.WriteAsync(new byte[LineReader.MaxBytes]);
        await pipe.Writer.WriteAsync("\nafter"u8.ToArray());
        await pipe.Writer.CompleteAsync();
        Assert.Equal(["too long", "after"], await lines);
    }

    [Theory]
    [InlineData(LineReader.MaxBytes, false)]
    [InlineData(LineReader.MaxBytes + 1, true)]
    public async Task A_line_of_one_mebibyte_is_the_longest(int length, bool tooLong)
    {
        var pipe = new Pipe(new(pauseWriterThreshold: 0));
        var line = new string('x', length);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\nb"));
        await pipe.Writer.CompleteAsync();
        Assert.Equal([tooLong ? "too long" : line, "b"], await Read(pipe.Reader));
    }

    [Theory]
    [InlineData("a\n", false)]
    [InlineData("a\nb", true)]
    [InlineData("a\nb\n", true)]
    public async Task A_line_was_passed_over_only_where_one_followed(string body, bool followed)
    {
        var pipe = new Pipe();
        var reader = new LineReader(pipe.Reader);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(body));
        Assert.True(await reader.ReadMore(CancellationToken.None));
        Assert.True(reader.TryRead(out _, out _));
        reader.Advance();
        await pipe.Writer.CompleteAsync();
        Assert.Equal(followed, await reader.PassOver(new(TimeProvider.System), CancellationToken.None));
    }

    private static async Task<List<string>> Read(PipeReader body)
    {
        var reader = new LineReader(body);
        var lines = new List<string>();
        while (await reader.ReadMore(CancellationToken.None))
        {
            while (reader.TryRead(out var line, out var tooLong)) lines.Add(tooLong ? "too long" : Encoding.UTF8.GetString(line));
            reader.Advance();
        }

        Assert.Equal(lines.Count, reader.Line);
        return lines;
    }
}
