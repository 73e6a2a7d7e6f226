namespace HeadScope.ModelCore.Compute;

/// <summary>A copy of a tensor on its way to this process's memory. Given up, rather than waited for, when disposed of.</summary>
public interface IDownload : IDisposable
{
    /// <summary>Waits for the values, [rows, columns], and puts them into <paramref name="destination"/>. Once.</summary>
    void Finish(Span<float> destination);
}

/// <summary>A download that only starts when it is waited for: where whatever computes has computed when a call returns.</summary>
public sealed class LateDownload(IBackend backend, Tensor tensor) : IDownload
{
    public void Finish(Span<float> destination) => backend.Download(tensor, destination);

    public void Dispose()
    {
    }
}
