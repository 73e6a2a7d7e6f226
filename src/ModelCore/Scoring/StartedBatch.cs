using HeadScope.ModelCore.Compute;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// A batch that a backend was asked to score, until its scores are here. Used by the scorer's thread; disposed of by whoever started it.
/// </summary>
public sealed class StartedBatch : IDisposable
{
    readonly IBackend _backend;
    readonly BatchShape _batch;
    readonly ScoreTable _table;
    readonly int _firstSequence;
    readonly List<Tensor> _tensors = [];
    readonly List<(int Score, int Head)> _ablations = [];
    readonly List<(IDownload Download, RowReader Reader)> _downloads = [];

    internal StartedBatch(IBackend backend, BatchShape batch, ScoreTable table, int firstSequence) =>
        (_backend, _batch, _table, _firstSequence) = (backend, batch, table, firstSequence);

    /// <summary>How many sequences it has.</summary>
    public int Sequences => _batch.Sequences;

    /// <summary>Waits for the scores, and puts them into the table.</summary>
    public void Finish()
    {
        foreach (var (download, reader) in _downloads)
            download.Finish(reader);
        var loss = _table.LossOf(_firstSequence)[..(_batch.Sequences * (_batch.Context - 1))];
        foreach (var (score, head) in _ablations)
            TensorPrimitives.Subtract(
                _table.ScoresOf(score, head, _firstSequence)[..loss.Length], loss, _table.ScoresOf(score, head, _firstSequence));
        _table.Sequences = Math.Max(_table.Sequences, _firstSequence + _batch.Sequences);
    }

    public void Dispose()
    {
        foreach (var (download, _) in _downloads)
            download.Dispose();
        foreach (var tensor in _tensors)
            tensor.Dispose();
    }

    internal Tensor Keep(Tensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }

    /// <param name="values">[layer * head, batch * position].</param>
    internal void DownloadScore(StoredScore score, Tensor values)
    {
        var index = _table.Selection.IndexOfStored(score);
        Download(values, (head, row) => Predicted(row, _table.ScoresOf(index, head, _firstSequence)));
    }

    /// <summary>An ablated model's loss becomes a score: how much higher it is than the whole model's.</summary>
    /// <param name="loss">[batch * position, 1].</param>
    internal void DownloadAblation(StoredScore score, int head, Tensor loss)
    {
        var index = _table.Selection.IndexOfStored(score);
        Download(loss, (position, value) => Predicted(position, value[0], _table.ScoresOf(index, head, _firstSequence)));
        _ablations.Add((index, head));
    }

    /// <param name="loss">[batch * position, 1].</param>
    internal void DownloadLoss(Tensor loss) =>
        Download(loss, (position, value) => Predicted(position, value[0], _table.LossOf(_firstSequence)));

    void Predicted(int position, float value, Span<float> destination)
    {
        var (sequence, p) = Math.DivRem(position, _batch.Context);
        if (p < _batch.Context - 1)
            destination[sequence * (_batch.Context - 1) + p] = value;
    }

    void Download(Tensor tensor, RowReader reader) => _downloads.Add((_backend.StartDownload(tensor), reader));

    /// <summary>The last position of a sequence predicts nothing: [batch * position] becomes [batch * (position - 1)].</summary>
    void Predicted(ReadOnlySpan<float> values, Span<float> destination)
    {
        var predicted = _batch.Context - 1;
        for (var sequence = 0; sequence < _batch.Sequences; sequence++)
            values.Slice(sequence * _batch.Context, predicted).CopyTo(destination[(sequence * predicted)..]);
    }
}
