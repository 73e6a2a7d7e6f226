using System.Diagnostics;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Tokens;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Scores a token dataset's rows with a model, batch by batch. Where a batch does not fit into memory it is halved, and stays so.
/// </summary>
public sealed class ModelShardScorer(HeadScorer scorer, IBackend backend, TokenDataset tokens, int batchSize) : IShardScorer
{
    int _batchSize = batchSize;
    int[] _rows = [];
    TokenScores? _scores;

    public string Device => backend.Description;

    public double ReadSeconds { get; private set; }

    /// <summary>Sequences scored together: what was asked, or what fits.</summary>
    public int BatchSize => _batchSize;

    public void Score(ShardRange shard, ShardScores destination, Action<int> progress, CancellationToken cancellation)
    {
        ReadSeconds = 0;
        while (destination.Rows < shard.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = new BatchShape(Math.Min(_batchSize, shard.Rows - destination.Rows), tokens.Context);
            var started = Stopwatch.GetTimestamp();
            if (_rows.Length != batch.Positions)
                _rows = new int[batch.Positions];
            tokens.Read(shard.FirstRow + destination.Rows, _rows);
            ReadSeconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
            try
            {
                if (_scores?.Batch != batch)
                    _scores = new TokenScores(batch, scorer.Model.Config.HeadCount);
                scorer.Score(_rows, _scores);
            }
            catch (OutOfMemoryException) when (batch.Rows > 1)
            {
                _batchSize = batch.Rows / 2;
                continue;
            }

            destination.Append(_scores, _rows);
            progress(batch.Rows);
        }
    }
}
