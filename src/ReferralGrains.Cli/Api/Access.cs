namespace ReferralGrains.Cli.Api;

/// <summary>Where the server is and the key that opens it.</summary>
internal sealed record Access(Uri Url, string Key)
{
    /// <summary>The path of a call, below whatever prefix the address itself has.</summary>
    public string Target(string call) => Url.AbsolutePath.TrimEnd('/') + call;
}
