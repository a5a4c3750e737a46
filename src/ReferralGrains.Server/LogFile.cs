using System.Globalization;
using System.Text;

namespace ReferralGrains.Server;

/// <summary>
/// Keeps what the process logs in its data folder too, for <c>./grains logs</c>: a terminal may be closed, and not every machine has a
/// collector. Two files of a bounded size, the older one of which goes when the newer one is full.
/// </summary>
internal sealed class LogFile : ILoggerProvider
{
    /// <summary>Days of a quiet server, and an hour of one that complains with every request.</summary>
    public const int DefaultMaxBytes = 8 * 1024 * 1024;

    private readonly Lock gate = new();
    private readonly string path;
    private readonly int maxBytes;
    private readonly TimeProvider time;
    private FileStream? file;
    private bool isOver;

    public LogFile(string folder, TimeProvider time, int maxBytes = DefaultMaxBytes)
    {
        (path, this.time, this.maxBytes) = (Path.Combine(folder, "server.log"), time, maxBytes);
        file = Open();
    }

    /// <summary>What is said to a person on the terminal, and is worth finding here as well.</summary>
    public void Note(string text) => Write(LogLevel.Information, "Server", text, null);

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
        lock (gate)
        {
            isOver = true;
            file?.Dispose();
        }
    }

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        var line = new StringBuilder(256)
            .Append(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
            .Append(' ').Append(Word(level)).Append(' ').Append(category).Append(": ").Append(message.ReplaceLineEndings(" ")).Append('\n');
        if (exception is not null) line.Append(exception.ToString().ReplaceLineEndings("\n")).Append('\n');
        var bytes = Encoding.UTF8.GetBytes(line.ToString());
        lock (gate)
        {
            try
            {
                if (isOver) return;
                var open = file ??= Open();
                if (open.Length > 0 && open.Length + bytes.Length > maxBytes) open = Turn(open);
                open.Write(bytes);
                open.Flush();
            }
            catch (IOException)
            {
                // A full disk must not stop what the log is about; the console has the line.
            }
        }
    }

    private FileStream Turn(FileStream full)
    {
        file = null;
        full.Dispose();
        File.Move(path, path + ".1", overwrite: true);
        return file = Open();
    }

    private FileStream Open() => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit",
        LogLevel.Error => "fail",
        LogLevel.Warning => "warn",
        LogLevel.Information => "info",
        _ => "dbug",
    };

    private sealed class Category(LogFile log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Write(logLevel, name, formatter(state, exception), exception);
        }
    }
}
