using HeadScope.Tests.Support;

namespace HeadScope.Fuzzing.Targets;

/// <summary>
/// A reader of bytes from elsewhere. Whatever it is given, it reads it, or refuses it by the exception that it documents, in bounded time
/// and memory.
/// </summary>
/// <param name="Seeds">Small inputs, most of them whole.</param>
/// <param name="Bound">The most bytes that reading an input of a length may allocate.</param>
/// <param name="Read">Reads an input.</param>
internal sealed record FuzzTarget(IReadOnlyList<byte[]> Seeds, Func<int, long> Bound, Action<byte[]> Read)
{
    /// <summary>Damages one of some inputs. The default is for JSON.</summary>
    public Func<IReadOnlyList<byte[]>, Random, byte[]> Damage { get; init; } = JsonMutator.Next;
}
