namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>The server's own look at its books.</summary>
public static class LedgerCheck
{
    /// <summary>Every balance is what the journal says.</summary>
    public static async Task Clean(Api api)
    {
        var answer = await api.Ok("/v1/ledger/check", new { });
        Assert.True((bool)answer["ok"]!, answer.ToString());
    }
}
