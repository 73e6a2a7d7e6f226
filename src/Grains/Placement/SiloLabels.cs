namespace HeadScope.Grains.Placement;

/// <summary>What silos say of themselves, for placement.</summary>
public static class SiloLabels
{
    /// <summary><see cref="Worker"/> or <see cref="Gateway"/>.</summary>
    public const string Role = "headscope.role";

    /// <summary>What a worker computes on: <c>cpu</c>, <c>cuda</c>.</summary>
    public const string Device = "headscope.device";

    /// <summary>The silo's name.</summary>
    public const string Name = "headscope.name";

    /// <summary>It scores shards.</summary>
    public const string Worker = "worker";

    /// <summary>It keeps leases and leads to other silos, and computes nothing.</summary>
    public const string Gateway = "gateway";

    public static Dictionary<string, string> Of(string name, string? device) => device is null
        ? new() { [Name] = name, [Role] = Gateway }
        : new() { [Name] = name, [Role] = Worker, [Device] = device };
}
