namespace HeadScope.ModelCore.Model;

/// <summary>
/// A model's parameters, of TransformerLens's names and shapes, part by part, so that a model need never be held twice. Whoever
/// reads a checkpoint format of their own implements this.
/// </summary>
public interface IModelWeights
{
    ModelConfig Config { get; }

    /// <summary>W_E, [d_vocab, d_model].</summary>
    float[] ReadEmbedding();

    /// <summary>W_pos, [n_ctx, d_model]; null where positions are not learned.</summary>
    float[]? ReadPositions();

    /// <summary>The parameters of one block.</summary>
    BlockWeights ReadBlock(int layer);

    /// <summary>The last norm and the unembedding.</summary>
    UnembedWeights ReadUnembed();
}
