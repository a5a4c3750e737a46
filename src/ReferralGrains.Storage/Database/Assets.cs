using System.Collections.Concurrent;
using Npgsql;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Storage.Database;

/// <summary>The numbers of assets. There are few, and they never change, so all that were met are kept.</summary>
public sealed class Assets(NpgsqlDataSource database)
{
    private readonly ConcurrentDictionary<Asset, int> numbers = new();
    private readonly ConcurrentDictionary<int, Asset> assets = new();

    public bool TryNumber(Asset asset, out int number) => numbers.TryGetValue(asset, out number);

    /// <summary>
    /// The asset's number; a new one is made known first, outside any commit and unfenced: a name that nothing refers to says nothing.
    /// </summary>
    public async ValueTask<int> Number(Asset asset, CancellationToken stop)
    {
        if (numbers.TryGetValue(asset, out var known)) return known;
        await using var command = database.CreateCommand(
            """
            with made as (insert into asset (name) values ($1) on conflict do nothing returning id)
            select id from made union all select id from asset where name = $1
            """);
        command.Parameters.Add(new() { Value = asset.Name });
        if (await command.ExecuteScalarAsync(stop) is not int number) return await Number(asset, stop);
        assets[number] = asset;
        return numbers[asset] = number;
    }

    public async ValueTask<Asset> Asset(int number, CancellationToken stop)
    {
        if (assets.TryGetValue(number, out var known)) return known;
        await using var command = database.CreateCommand("select name from asset where id = $1");
        command.Parameters.Add(new() { Value = number });
        var asset = new Asset((string)(await command.ExecuteScalarAsync(stop))!);
        numbers[asset] = number;
        return assets[number] = asset;
    }
}
