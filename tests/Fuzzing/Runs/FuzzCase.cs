using System.Diagnostics;
using HeadScope.Fuzzing.Targets;
using HeadScope.Jobs.Store;

namespace HeadScope.Fuzzing.Runs;

/// <summary>What reading an input came to.</summary>
/// <param name="Accepted">Whether it was read rather than refused.</param>
/// <param name="Time">Of the processor.</param>
/// <param name="Memory">Bytes allocated, as a share of what may be.</param>
/// <param name="Fault">What went wrong; null where nothing did.</param>
/// <param name="Place">The same for faults of one cause.</param>
internal sealed record FuzzCase(bool Accepted, TimeSpan Time, double Memory, string? Fault, string Place)
{
    /// <summary>Of the processor, for an input. Ten times what any takes on a machine of today.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    const int LongestRefusal = 4000;

    public static FuzzCase Run(FuzzTarget target, byte[] input)
    {
        var start = Environment.CpuUsage.TotalTime;
        var before = GC.GetTotalAllocatedBytes();
        Exception? thrown = null;
        try
        {
            target.Read(input);
        }
        catch (Exception e)
        {
            thrown = e;
        }

        var allocated = GC.GetTotalAllocatedBytes() - before;
        var time = Environment.CpuUsage.TotalTime - start;
        var bound = target.Bound(input.Length);
        var refused = thrown is InvalidDataException or UnreadableBlobException or FormatException;
        var (fault, place) = (thrown, refused) switch
        {
            (not null, false) => ($"{thrown}", PlaceOf(thrown)),
            (not null, true) when thrown.Message.Length > LongestRefusal || thrown.Message.Any(char.IsControl) =>
                ($"a refusal that is too long, or has control characters: {thrown}", $"message-{PlaceOf(thrown)}"),
            _ when allocated > bound => ($"{allocated:N0} bytes allocated, where {bound:N0} are allowed for {input.Length:N0}", "memory"),
            _ when time > MostTime => ($"{time.TotalSeconds:N1} s, where {MostTime.TotalSeconds:N0} are allowed", "time"),
            _ => (null, ""),
        };
        return new FuzzCase(thrown is null, time, (double)allocated / bound, fault, place);
    }

    /// <summary>The exception's type, and the product's method that it came from.</summary>
    static string PlaceOf(Exception thrown)
    {
        var methods = new StackTrace(thrown).GetFrames().Select(frame => frame.GetMethod()?.DeclaringType).OfType<Type>();
        var type = methods.FirstOrDefault(type => IsOfProduct(type) && type.Assembly != typeof(FuzzCase).Assembly);
        return string.Concat($"{thrown.GetType().Name}-{type?.FullName?.Split('.')[^1]}".Select(c => char.IsLetterOrDigit(c) ? c : '-'));
    }

    static bool IsOfProduct(Type type) => type.FullName?.StartsWith("HeadScope.", StringComparison.Ordinal) == true;
}
