namespace ReferralGrains.Gateway;

/// <summary>The endpoints about one thing.</summary>
internal interface IEndpoints
{
    void Map(IEndpointRouteBuilder routes);
}
