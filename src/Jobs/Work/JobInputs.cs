using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Hub;
using HeadScope.ModelCore.Tokens;
using HeadScope.ModelCore.Weights;

namespace HeadScope.Jobs.Work;

/// <summary>A job's model and tokens, opened, and found to be those the job was made for.</summary>
public sealed class JobInputs : IDisposable
{
    JobInputs(ModelWeights weights, TokenDataset tokens)
    {
        Weights = weights;
        Tokens = tokens;
    }

    public ModelWeights Weights { get; }

    public TokenDataset Tokens { get; }

    /// <param name="models">Finds the model on this machine, or brings it.</param>
    /// <param name="verify">Whether to check their content by its hashes, which reads all of it.</param>
    /// <exception cref="InvalidDataException">They are missing, or not what they were.</exception>
    /// <exception cref="HubException">The model is not to be had from the hub.</exception>
    public static async Task<JobInputs> OpenAsync(JobSpec spec, ModelLocator models, bool verify, CancellationToken cancellation)
    {
        var weights = OpenModel(await models.FolderOfAsync(spec.Model, cancellation).ConfigureAwait(false), spec, verify);
        try
        {
            return new JobInputs(weights, OpenTokens(spec, weights.Config.DVocab, verify));
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Weights.Dispose();
        Tokens.Dispose();
    }

    static ModelWeights OpenModel(string folder, JobSpec spec, bool verify)
    {
        var processing = spec.Model.Processing;
        var weights = ModelWeights.Open(folder, new WeightProcessing(
            processing.Contains("fold_ln"), processing.Contains("center_writing_weights"), processing.Contains("center_unembed"), processing.Contains("fold_value_biases")));
        if (verify && ModelWeights.Hash(folder) != spec.Model.Hash)
        {
            weights.Dispose();
            throw new InvalidDataException($"{folder}: this is not the model that job {spec.Id} was made for: its files have changed. Restore them, or start a new job.");
        }

        return weights;
    }

    static TokenDataset OpenTokens(JobSpec spec, int vocabulary, bool verify)
    {
        var tokens = TokenDataset.Open(spec.Tokens.Location);
        if (tokens.Rows < spec.Tokens.Rows || tokens.Context != spec.Tokens.Context || (verify && tokens.Hash(spec.Tokens.Rows, vocabulary) != spec.Tokens.Hash))
        {
            tokens.Dispose();
            throw new InvalidDataException($"{spec.Tokens.Location}: these are not the tokens that job {spec.Id} was made for: the file has changed. Restore it, or start a new job.");
        }

        return tokens;
    }
}
