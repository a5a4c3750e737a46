namespace ReferralGrains.Turns;

/// <summary>The router that a grain is given: calls go up only, so a cycle cannot hang, in any engine.</summary>
public sealed class UpwardRouter(GrainKind from, IGrainRouter router) : IGrainRouter
{
    public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop) =>
        to.Kind > from ? router.Ask(to, command, stop) : throw new InvalidOperationException($"A grain of kind {from} may not call one of kind {to.Kind}.");
}
