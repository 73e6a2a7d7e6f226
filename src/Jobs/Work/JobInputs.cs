using HeadScope.Data.Files;
using HeadScope.Data.Hub;
using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Work;

/// <summary>A job's model and tokens, opened, and found to be those the job was made for.</summary>
public sealed class JobInputs : IDisposable
{
    JobInputs(ModelWeights weights, JobTokens tokens)
    {
        Weights = weights;
        Tokens = tokens;
    }

    public ModelWeights Weights { get; }

    public JobTokens Tokens { get; }

    /// <param name="options">
    /// How the model is found or brought, where files may lie, and whether to check the model's content, which reads all of it. That of the
    /// tokens is checked always.
    /// </param>
    /// <exception cref="InvalidDataException">They are missing, lie where they may not, or are not what they were.</exception>
    /// <exception cref="HubException">The hub does not give the model.</exception>
    public static async Task<JobInputs> OpenAsync(JobSpec spec, EngineOptions options, CancellationToken cancellation)
    {
        var folder = await options.Models.FolderOfAsync(spec.Model, options.Roots, cancellation).ConfigureAwait(false);
        var weights = OpenModel(folder, spec, options.VerifyModel);
        try
        {
            return new JobInputs(weights, OpenTokens(spec, weights.Config.DVocab, options));
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

    static ModelWeights OpenModel(InputPath folder, JobSpec spec, bool verify)
    {
        var processing = spec.Model.Processing;
        var weights = ModelWeights.Open(folder, new WeightProcessing(
            processing.Contains("fold_ln"), processing.Contains("center_writing_weights"), processing.Contains("center_unembed"),
            processing.Contains("fold_value_biases")));
        if (verify && ModelWeights.Hash(folder) != spec.Model.Hash)
        {
            weights.Dispose();
            throw new InvalidDataException($"{folder.Name}: this is not the model that job {spec.Id} was made for: its files have changed. Restore them, or start a new job.");
        }

        return weights;
    }

    static JobTokens OpenTokens(JobSpec spec, int vocabulary, EngineOptions options)
    {
        var (path, tensor) = spec.Tokens.Location;
        var file = options.Roots is null ? InputPath.Anywhere(path)
            : options.Roots.Tokens.Find(path) ?? throw new InvalidDataException(
                "The tokens lie outside the folders that --tokens names here.");
        var tokens = new JobTokens(TokenDataset.Open(file, tensor), spec, vocabulary);
        try
        {
            tokens.Verify();
            return tokens;
        }
        catch
        {
            tokens.Dispose();
            throw;
        }
    }
}
