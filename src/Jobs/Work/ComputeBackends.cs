using System.Globalization;
using System.Text.RegularExpressions;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Torch;
using HeadScope.ModelCore.Torch.Native;

namespace HeadScope.Jobs.Work;

/// <summary>The backends, and their devices on this machine.</summary>
public static partial class ComputeBackends
{
    const string Managed = "managed";
    const string Torch = "torch";

    public static IReadOnlyList<string> Names { get; } = [Managed, Torch];

    /// <summary>Why a backend cannot be used on this machine; null where it can. Loads what the backend needs.</summary>
    /// <param name="libtorch">The folder of libtorch; null to look where <see cref="Libtorch.Load"/> does.</param>
    public static string? WhyMissing(string backend, string? libtorch = null) => backend == Torch ? Libtorch.Load(libtorch) : null;

    /// <summary>A backend's devices on this machine; none where the backend cannot be used.</summary>
    /// <inheritdoc cref="WhyMissing" path="/param"/>
    public static IReadOnlyList<IComputeDevice> DevicesOf(string backend, string? libtorch = null) =>
        backend == Managed ? [ManagedDevice.Instance] : WhyMissing(backend, libtorch) is null ? TorchDevice.All() : [];

    /// <summary>The devices that a person names.</summary>
    /// <param name="devices">
    /// Names, ranges such as <c>cuda:0..3</c>, or kinds such as <c>cuda</c>, separated by commas. By default all CUDA devices or, where
    /// there are none, the processors.
    /// </param>
    /// <param name="libtorch">The folder of libtorch; null to look where <see cref="Libtorch.Load"/> does.</param>
    /// <exception cref="InvalidJobException">There is no such backend or device.</exception>
    public static IReadOnlyList<IComputeDevice> Find(string backend, string? devices, string? libtorch = null)
    {
        if (!Names.Contains(backend))
            throw new InvalidJobException([$"--backend: there is no '{backend}'; expected {string.Join(" or ", Names)}."]);
        if (WhyMissing(backend, libtorch) is { } reason)
            throw new InvalidJobException([$"--backend {backend}: {reason}."]);
        var all = DevicesOf(backend, libtorch);
        if (devices is null)
            return all.Any(device => device.Name != "cpu") ? [.. all.Where(device => device.Name != "cpu")] : all;
        var found = new List<IComputeDevice>();
        foreach (var name in devices.Split(',', StringSplitOptions.TrimEntries).SelectMany(Expand))
        {
            var named = all.Where(device => device.Name == name || device.Name.StartsWith($"{name}:", StringComparison.Ordinal))
                .Except(found).ToList();
            if (named.Count == 0 && !found.Any(device => device.Name == name))
                throw new InvalidJobException([$"--device: the {backend} backend has no '{name}' on this machine; it has " +
                    $"{string.Join(", ", all.Select(device => device.Name))}."]);
            found.AddRange(named);
        }

        return found;
    }

    /// <summary>cuda:1..3 as cuda:1, cuda:2 and cuda:3.</summary>
    static IEnumerable<string> Expand(string name)
    {
        if (Range().Match(name) is not { Success: true } range)
            return [name];
        int Number(string group) => int.Parse(range.Groups[group].Value, CultureInfo.InvariantCulture);
        var (first, last) = (Number("first"), Number("last"));
        return first > last ? [name] : Enumerable.Range(first, last - first + 1).Select(index => $"{range.Groups["kind"].Value}:{index}");
    }

    [GeneratedRegex(@"^(?<kind>\w+):(?<first>\d{1,3})\.\.(?<last>\d{1,3})$", RegexOptions.CultureInvariant)]
    private static partial Regex Range();
}
