using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring;

/// <summary>A batch that a backend was asked to score, until its scores are here. Used by the scorer's thread; disposed of by whoever started it.</summary>
public sealed class StartedScores : IDisposable
{
    readonly IBackend _backend;
    readonly BatchShape _batch;
    readonly DownloadRoom _room;
    readonly List<Tensor> _tensors = [];
    readonly List<(IDownload Download, int Rows, float[] Destination)> _downloads = [];

    internal StartedScores(IBackend backend, BatchShape batch, DownloadRoom room) => (_backend, _batch, _room) = (backend, batch, room);

    /// <summary>Waits for the scores, and fills what was given to be filled.</summary>
    public void Finish()
    {
        foreach (var (download, rows, destination) in _downloads)
        {
            var values = _room.For(rows * _batch.Positions);
            download.Finish(values);

            // The last position of a sequence predicts nothing: [rows, batch * position] becomes [rows, batch * (position - 1)].
            var predicted = _batch.Context - 1;
            for (var sequence = 0; sequence < rows * _batch.Rows; sequence++)
                values.Slice(sequence * _batch.Context, predicted).CopyTo(destination.AsSpan(sequence * predicted));
        }
    }

    public void Dispose()
    {
        foreach (var (download, _, _) in _downloads)
            download.Dispose();
        foreach (var tensor in _tensors)
            tensor.Dispose();
    }

    internal Tensor Keep(Tensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }

    internal void Download(Tensor tensor, int rows, float[] destination) => _downloads.Add((_backend.StartDownload(tensor), rows, destination));
}

/// <summary>Where downloads land, one after the other.</summary>
internal sealed class DownloadRoom
{
    float[] _values = [];

    public Span<float> For(int count)
    {
        if (_values.Length < count)
            _values = new float[count];
        return _values.AsSpan(0, count);
    }
}
