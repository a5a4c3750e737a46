namespace Cli.Tests;

/// <summary>Files of one test, gone with it.</summary>
internal sealed class Files : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grains-cli-");

    public string Path => folder.FullName;

    public string Write(string name, params string[] lines)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
        return path;
    }

    public string Sales(int count) => Write("actions.csv", [
        "action_id,type,referee_id,occurred_at,amount_minor,currency,refund_of,products",
        .. Enumerable.Range(1, count).Select(n => $"a{n},sale,cus_{n % 7},2011-01-01T00:00:00Z,1000,GBP,,85123A;71053")]);

    public string Referrals(int count) => Write("referrals.csv", [
        "referee_id,referrer_id,approved_at",
        .. Enumerable.Range(1, count).Select(n => $"cus_{n},ref_{n % 3},2010-12-01T00:00:00Z")]);

    public void Dispose() => folder.Delete(recursive: true);
}
