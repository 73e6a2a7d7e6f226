namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>A tensor that is in this process's memory already: its rows are read where they are.</summary>
internal sealed class ManagedDownload(ManagedTensor tensor) : IDownload
{
    public void Finish(RowReader reader)
    {
        for (var row = 0; row < tensor.Rows; row++)
            reader(row, tensor.RowSpan(row));
    }

    public void Dispose()
    {
    }
}
