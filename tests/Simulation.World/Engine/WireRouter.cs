using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Engine;

/// <summary>Puts a wire in front of a router: every command and every reply goes through it as bytes.</summary>
public sealed class WireRouter(IGrainRouter router) : IGrainRouter
{
    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop) =>
        (TReply)Carry(typeof(TReply), (await router.Ask(to, (ICommand<TReply>)Carry(command.GetType(), command), stop))!);

    /// <summary>What arrives of a value that was sent.</summary>
    public static object Carry(Type type, object value) => JsonSerializer.Deserialize(Bytes(type, value), Json(type))!;

    public static byte[] Bytes(Type type, object value) => JsonSerializer.SerializeToUtf8Bytes(value, Json(type));

    private static JsonTypeInfo Json(Type type) =>
        MessageJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type.Name} is not among the types of the wire.");
}
