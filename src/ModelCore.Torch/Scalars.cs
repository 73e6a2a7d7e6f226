using System.Collections.Concurrent;
using TorchSharp;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// Numbers as the native library takes them, made once and kept. TorchSharp hands over a number's address and holds the number no
/// longer: one that nothing else holds may be collected, and its memory given to others, before it is read.
/// </summary>
internal static class Scalars
{
    static readonly ConcurrentDictionary<long, Scalar> Integers = new();
    static readonly ConcurrentDictionary<double, Scalar> Reals = new();

    /// <summary>The factor of an addend: TorchSharp makes one where it is left out.</summary>
    public static Scalar One { get; } = Of(1);

    public static Scalar Of(long value) => Integers.GetOrAdd(value, value => value.ToScalar());

    public static Scalar Of(double value) => Reals.GetOrAdd(value, value => value.ToScalar());
}
