using System.Diagnostics;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Telemetry;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Tokens;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Scores a token dataset's rows with a model, batch by batch. Where a batch does not fit into memory it is halved, and stays so. While
/// a backend that runs ahead computes one batch, the next is read and asked for, and the last one's scores are put away.
/// </summary>
public sealed class ModelShardScorer(HeadScorer scorer, IBackend backend, TokenDataset tokens, int batchSize) : IShardScorer
{
    readonly Queue<Batch> _inWork = new();
    readonly Stack<Batch> _spare = new();
    int _batchSize = batchSize;
    double? _distance;

    public string Device => backend.Description;

    public double Distance => _distance ??= BackendCheck.DistanceOf(backend);

    public double ReadSeconds { get; private set; }

    /// <summary>Sequences scored together: what was asked, or what fits.</summary>
    public int BatchSize => _batchSize;

    public void Score(ShardRange shard, ShardScores destination, Action<int> progress, CancellationToken cancellation)
    {
        ReadSeconds = 0;
        var ahead = backend.RunsAhead ? 2 : 1;
        try
        {
            for (var started = 0; destination.Rows < shard.Rows;)
            {
                cancellation.ThrowIfCancellationRequested();
                var rows = Math.Min(_batchSize, shard.Rows - started);
                if (rows > 0 && _inWork.Count < ahead)
                {
                    try
                    {
                        _inWork.Enqueue(Start(shard.FirstRow + started, rows));
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
                    Finish(batch, destination, progress);
            }
        }
        finally
        {
            while (_inWork.TryDequeue(out var left))
                left.Started!.Dispose();
        }
    }

    Batch Start(int firstRow, int rows)
    {
        var shape = new BatchShape(rows, tokens.Context);
        if (!_spare.TryPop(out var batch) || batch.Scores.Batch != shape)
            batch = new Batch(new int[shape.Positions], new TokenScores(shape, scorer.Model.Config.HeadCount));
        var reading = Stopwatch.GetTimestamp();
        tokens.Read(firstRow, batch.Tokens);
        ReadSeconds += Stopwatch.GetElapsedTime(reading).TotalSeconds;
        batch.Started = scorer.Start(batch.Tokens, batch.Scores);
        return batch;
    }

    void Finish(Batch batch, ShardScores destination, Action<int> progress)
    {
        using (batch.Started)
            batch.Started!.Finish();
        destination.Append(batch.Scores, batch.Tokens);
        progress(batch.Scores.Batch.Sequences);
        _spare.Push(batch);
    }

    /// <summary>Room for a batch, used again and again.</summary>
    sealed record Batch(int[] Tokens, TokenScores Scores)
    {
        public StartedScores? Started { get; set; }
    }
}
