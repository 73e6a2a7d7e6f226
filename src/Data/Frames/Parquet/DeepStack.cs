using System.Runtime.ExceptionServices;

namespace HeadScope.Data.Frames.Parquet;

/// <summary>
/// Runs what recurses as deep as a file says. Arrow reads and frees a schema of groups in groups by a function that calls itself for
/// each, and a stack that overflows ends the process. The 200 bytes of a level, <see cref="ArrowFile.MaxElements"/> times, fit here
/// eight times over.
/// </summary>
internal static class DeepStack
{
    const int Bytes = 64 << 20;

    public static T Run<T>(Func<T> read)
    {
        T? result = default;
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = read();
                }
                catch (Exception exception)
                {
                    fault = ExceptionDispatchInfo.Capture(exception);
                }
            }, Bytes);
        thread.Start();
        thread.Join();
        fault?.Throw();
        return result!;
    }
}
