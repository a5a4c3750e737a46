using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Server;

/// <summary>
/// One process owns a data folder for as long as it lives, and notes there where it answers. The kernel lets go of the claim whatever
/// way the process ends, so a note that is left over misleads nobody.
/// </summary>
internal sealed partial class FolderClaim : IDisposable
{
    // EAGAIN: how .NET reports a file that another process holds.
    private const int WouldBlock = 11;

    private readonly FileStream file;
    private readonly string note;

    private FolderClaim(FileStream file, string note) => (this.file, this.note) = (file, note);

    /// <exception cref="InvalidOperationException">Another process has it; the line says where that one answers.</exception>
    public static FolderClaim Take(string folder)
    {
        var note = NotePath(folder);
        try
        {
            return new(new FileStream(Path.Combine(folder, "server.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), note);
        }
        catch (IOException busy) when (busy.HResult == WouldBlock)
        {
            throw new InvalidOperationException($"{folder} is in use by {Describe(note)}: stop that one (./grains stop), or choose another folder with --data (and --database to join it)");
        }
        catch (UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"{folder} belongs to another user: start as that user, or choose another folder with --data");
        }
    }

    /// <summary>Says where this process answers, for whoever comes second and for <c>./grains status</c>.</summary>
    public void Note(string url)
    {
        var written = note + ".new";
        File.WriteAllText(written, JsonSerializer.Serialize(new ServerNote(Environment.ProcessId, url), NoteJson.Default.ServerNote) + "\n");
        File.Move(written, note, overwrite: true);
    }

    public void Dispose()
    {
        File.Delete(note);
        file.Dispose();
    }

    private static string NotePath(string folder) => Path.Combine(folder, "server.json");

    private static string Describe(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), NoteJson.Default.ServerNote) is { } note
                ? string.Create(CultureInfo.InvariantCulture, $"process {note.Pid}, which answers at {note.Url}")
                : "another process";
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException)
        {
            return "another process, which is starting";
        }
    }

    private sealed record ServerNote(int Pid, string Url);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(ServerNote))]
    private sealed partial class NoteJson : JsonSerializerContext;
}
