namespace HeadScope.ModelCore.Compute;

/// <summary>Is shown one row of a tensor.</summary>
public delegate void RowReader(int row, ReadOnlySpan<float> values);

/// <summary>A copy of a tensor on its way to this process's memory. Given up, rather than waited for, when disposed of.</summary>
public interface IDownload : IDisposable
{
    /// <summary>Waits for the values and shows them row by row. Once.</summary>
    void Finish(RowReader reader);
}

/// <summary>A download that only starts when it is waited for: where whatever computes has computed when a call returns.</summary>
public sealed class LateDownload(IBackend backend, Tensor tensor) : IDownload
{
    public void Finish(RowReader reader)
    {
        var values = new float[(long)tensor.Rows * tensor.Columns];
        backend.Download(tensor, values);
        for (var row = 0; row < tensor.Rows; row++)
            reader(row, values.AsSpan(row * tensor.Columns, tensor.Columns));
    }

    public void Dispose()
    {
    }
}
