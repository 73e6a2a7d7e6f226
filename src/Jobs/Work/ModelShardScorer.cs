using System.Diagnostics;
using HeadScope.Data.Tokens;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Scores a token dataset's rows with a model, batch by batch. Where a batch does not fit into memory it is halved, and stays so. While
/// a backend that runs ahead computes one batch, the next is read and asked for, and the last one's scores are put away.
/// </summary>
/// <param name="ablation">Which row's activations ablations put in the place of a row's own; null where none asks.</param>
public sealed class ModelShardScorer(
    HeadScorer scorer, IBackend backend, TokenDataset tokens, int batchSize, AblationReference? ablation = null) : IShardScorer
{
    readonly Queue<StartedBatch> _inWork = new();
    int[] _tokens = []; // [batch * position]
    int[] _others = []; // of the rows that ablations take from
    int _batchSize = batchSize;
    double? _distance;

    public string Device => backend.Description;

    public double Distance => _distance ??= BackendCheck.DistanceOf(backend);

    public double ReadSeconds { get; private set; }

    /// <summary>Sequences scored together: what was asked, or what fits.</summary>
    public int BatchSize => _batchSize;

    public void Score(ShardRange shard, ScoreTable destination, Action<int> progress, CancellationToken cancellation)
    {
        ReadSeconds = 0;
        var ahead = backend.RunsAhead ? 2 : 1;
        try
        {
            for (var started = 0; destination.Sequences < shard.Rows;)
            {
                cancellation.ThrowIfCancellationRequested();
                var rows = Math.Min(_batchSize, shard.Rows - started);
                if (rows > 0 && _inWork.Count < ahead)
                {
                    try
                    {
                        _inWork.Enqueue(Start(shard.FirstRow + started, rows, destination, started));
                        started += rows;
                        continue;
                    }
                    catch (OutOfMemoryException) when (rows > 1)
                    {
                        _batchSize = rows / 2;
                        JobInstruments.BatchHalved();
                    }
                }

                if (_inWork.TryDequeue(out var batch))
                {
                    using (batch)
                        batch.Finish();
                    progress(batch.Sequences);
                }
            }
        }
        finally
        {
            while (_inWork.TryDequeue(out var left))
                left.Dispose();
        }
    }

    StartedBatch Start(int firstRow, int rows, ScoreTable destination, int firstSequence)
    {
        var shape = new BatchShape(rows, tokens.Context);
        var reading = Stopwatch.GetTimestamp();
        var batch = Room(ref _tokens, shape);
        tokens.Read(firstRow, batch);
        var others = ablation is null ? [] : Room(ref _others, shape);
        for (var i = 0; i < rows && ablation is not null; i++)
            tokens.Read(ablation.OtherRow(firstRow + i), others.Slice(i * tokens.Context, tokens.Context));
        ReadSeconds += Stopwatch.GetElapsedTime(reading).TotalSeconds;
        return scorer.Start(batch, shape, destination, firstSequence, others);
    }

    static Span<int> Room(ref int[] buffer, BatchShape shape)
    {
        if (buffer.Length < shape.Positions)
            buffer = new int[shape.Positions];
        return buffer.AsSpan(0, shape.Positions);
    }
}
