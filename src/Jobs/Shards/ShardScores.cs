using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Shards;

/// <summary>
/// All scores of one shard, filled batch by batch. Positions count through the shard: row r, position p has index
/// <c>r * PositionsPerRow + p</c>. A worker has one, for shards of up to so many rows.
/// </summary>
public sealed class ShardScores(int maxRows, int positionsPerRow, int heads)
{
    readonly float[][] _scores = [.. Enumerable.Range(0, ScoreNames.StoredScores * heads).Select(_ => new float[maxRows * positionsPerRow])];
    readonly int[] _tokens = new int[maxRows * positionsPerRow];
    readonly float[] _loss = new float[maxRows * positionsPerRow];
    readonly int[] _numCopies = new int[maxRows * positionsPerRow];
    readonly bool[] _isInduction = new bool[maxRows * positionsPerRow];

    public int Heads => heads;

    public int PositionsPerRow => positionsPerRow;

    /// <summary>Rows filled.</summary>
    public int Rows { get; private set; }

    public int Positions => Rows * positionsPerRow;

    /// <summary>Whether there is room for a number of rows.</summary>
    public bool Fits(int rows) => rows <= maxRows;

    /// <summary>The tokens predicted.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Positions);

    public ReadOnlySpan<float> Loss => _loss.AsSpan(0, Positions);

    public ReadOnlySpan<int> NumCopies => _numCopies.AsSpan(0, Positions);

    public ReadOnlySpan<bool> IsInduction => _isInduction.AsSpan(0, Positions);

    /// <summary>One stored score of one head, [position].</summary>
    /// <param name="head">layer * heads per layer + head.</param>
    public ReadOnlySpan<float> this[Score score, int head] => _scores[(int)score * heads + head].AsSpan(0, Positions);

    public void Clear() => Rows = 0;

    /// <summary>Appends a batch.</summary>
    /// <param name="tokens">The batch's tokens, [batch * context].</param>
    public void Append(TokenScores batch, ReadOnlySpan<int> tokens)
    {
        var start = Positions;
        var count = batch.Positions;
        for (var head = 0; head < heads; head++)
        {
            Copy(batch.HeadDla, Score.HeadDla);
            Copy(batch.MoverAttn, Score.MoverAttn);
            Copy(batch.MoverDla, Score.MoverDla);

            void Copy(float[] scores, Score score) => scores.AsSpan(head * count, count).CopyTo(_scores[(int)score * heads + head].AsSpan(start));
        }

        for (var row = 0; row < batch.Batch.Sequences; row++)
            tokens.Slice(row * batch.Batch.Context + 1, positionsPerRow).CopyTo(_tokens.AsSpan(start + row * positionsPerRow));
        batch.Loss.CopyTo(_loss, start);
        batch.NumCopies.CopyTo(_numCopies, start);
        batch.IsInduction.CopyTo(_isInduction, start);
        Rows += batch.Batch.Sequences;
    }
}
