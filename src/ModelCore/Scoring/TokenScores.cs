using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// The scores of B sequences of T tokens: P = T - 1 predicted positions each. Position p of sequence b scores the prediction of
/// token p + 1 and has index <c>b * P + p</c>; per-head arrays are [layer * head, batch * position].
/// </summary>
public sealed class TokenScores(BatchShape batch, int heads)
{
    public BatchShape Batch => batch;

    /// <summary>Heads of all layers.</summary>
    public int Heads => heads;

    /// <summary>P: predicted positions of a sequence.</summary>
    public int PositionsPerRow => batch.Context - 1;

    /// <summary>Predicted positions in all.</summary>
    public int Positions => batch.Rows * PositionsPerRow;

    /// <summary>Each head's direct contribution to the logit of the next token, at the scale of the last norm.</summary>
    public float[] HeadDla { get; } = new float[(long)heads * batch.Rows * (batch.Context - 1)];

    /// <summary>The attention that goes to earlier copies of the next token.</summary>
    public float[] MoverAttn { get; } = new float[(long)heads * batch.Rows * (batch.Context - 1)];

    /// <summary><see cref="HeadDla"/> with attention restricted to copies of the next token.</summary>
    public float[] MoverDla { get; } = new float[(long)heads * batch.Rows * (batch.Context - 1)];

    /// <summary>-log of the probability given to the next token, in nats.</summary>
    public float[] Loss { get; } = new float[(long)batch.Rows * (batch.Context - 1)];

    /// <summary>How many sources up to the position hold the next token.</summary>
    public int[] NumCopies { get; } = new int[(long)batch.Rows * (batch.Context - 1)];

    /// <summary>Whether the position's token was seen earlier, followed by the same next token.</summary>
    public bool[] IsInduction { get; } = new bool[(long)batch.Rows * (batch.Context - 1)];
}
