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
    /// How long a client of a stream may leave its answers unread before it is cut off. Longer ties up memory of the server for
    /// clients that are gone; shorter cuts off slow ones. Default: 60 seconds.
    /// </summary>
    public TimeSpan UnreadAnswers { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a line of a stream is tried again while the journal cannot be reached. Default: 30 seconds, so that an Ask that
    /// gives up after its own deadline is sent again, more than once, before its line is answered with 503.
    /// </summary>
    public TimeSpan Unavailable { get; set; } = TimeSpan.FromSeconds(30);
}
