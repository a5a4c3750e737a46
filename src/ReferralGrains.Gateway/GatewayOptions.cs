namespace ReferralGrains.Gateway;

/// <summary>What an operator decides about the door.</summary>
public sealed class GatewayOptions
{
    /// <summary>
    /// The first key: any text, with every role, in the tenant <c>default</c>. Without one, only keys in the database open the door.
    /// Default: none.
    /// </summary>
    public string? AdminKey { get; set; }

    /// <summary>
    /// Finds the key of the session that a browser shows, for pages that need one and only show things. Default: none, so that those need
    /// the key itself.
    /// </summary>
    public Func<Microsoft.AspNetCore.Http.HttpContext, Task<string?>>? KeyOfSession { get; set; }

    /// <summary>Origins whose pages may call the API from a browser. Default: none, for a key in a page is everybody's key.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    /// <summary>
    /// Where browsers find this server, for links that are given out: a proxy in front of it may have another name, and speak TLS. Default:
    /// none, which is as the request for a link was addressed.
    /// </summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>What signs the events of sources (X10). Default: none, so that no source can be made.</summary>
    public SourceSecrets SourceSecrets { get; set; } = SourceSecrets.None;

    /// <summary>
    /// How long a client of a stream may leave its answers unread, once it has sent all, before it is cut off. Longer keeps disk for
    /// clients that are gone; shorter cuts off slow ones. Default: 60 seconds.
    /// </summary>
    public TimeSpan UnreadAnswers { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How many bytes of answers may wait on disk for clients that send all before they read, of all streams together. When it is full no
    /// more of their lines are taken, and a line says so. Default: 1 GiB, which is some four million answers.
    /// </summary>
    public long SpoolBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Where they wait. Default: the folder for temporary files.</summary>
    public string SpoolFolder { get; set; } = Path.GetTempPath();

    /// <summary>How many streams a tenant may have open at this process; each costs some 65 KB. Default: 64.</summary>
    public int StreamsPerTenant { get; set; } = 64;

    /// <summary>
    /// After how long a stream ends over which no byte goes, either way. Longer keeps memory for clients that are gone; shorter ends those
    /// that send now and then. Default: 5 minutes.
    /// </summary>
    public TimeSpan IdleStream { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a line of a stream is tried again while the journal cannot be reached. Default: 30 seconds, so that an Ask that
    /// gives up after its own deadline is sent again, more than once, before its line is answered with 503.
    /// </summary>
    public TimeSpan Unavailable { get; set; } = TimeSpan.FromSeconds(30);
}
