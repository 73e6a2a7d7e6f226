using HeadScope.Data.Files;
using HeadScope.Data.Hub;
using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Specs;

/// <summary>Turns a request into a spec, and finds all that is wrong with it, without loading the model.</summary>
public static class JobResolver
{
    /// <summary>Resolves a job whose model is in a folder or on the hub; then its files are downloaded.</summary>
    /// <exception cref="InvalidJobException">Something is wrong with the request; the message says all of it.</exception>
    /// <exception cref="HubException">The hub cannot be reached, and the cache does not have the model.</exception>
    public static async Task<ResolvedJob> ResolveAsync(JobRequest request, ModelLocator models, CancellationToken cancellation)
    {
        var (model, faults) = ((LocatedModel?)null, new List<string>());
        try
        {
            model = await models.FindAsync(request.Model, request.Revision, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or HubException { Fault: HubFault.Refused })
        {
            faults.Add(e.Message);
        }

        return TryResolve(request, LocatedFiles.Anywhere(request, model), faults) ?? throw new InvalidJobException(faults);
    }

    /// <summary>What is wrong with a request of this machine's own user, as far as it is known without the hub.</summary>
    public static IReadOnlyList<string> FaultsOf(JobRequest request)
    {
        var (model, faults) = ((LocatedModel?)null, new List<string>());
        try
        {
            model = ModelLocator.FindHere(request.Model, request.Revision);
        }
        catch (InvalidDataException e)
        {
            faults.Add(e.Message);
        }

        TryResolve(request, LocatedFiles.Anywhere(request, model), faults);
        return faults;
    }

    /// <summary>Resolves a job whose model is in a folder.</summary>
    /// <exception cref="InvalidJobException">Something is wrong with the request; the message says all of it.</exception>
    public static ResolvedJob Resolve(JobRequest request) =>
        Resolve(request, LocatedFiles.Anywhere(request, new LocatedModel(InputPath.Anywhere(request.Model), null)));

    /// <summary>Resolves a job whose files have been found.</summary>
    /// <exception cref="InvalidJobException">Something is wrong with the request; the message says all of it.</exception>
    public static ResolvedJob Resolve(JobRequest request, LocatedFiles files)
    {
        var faults = new List<string>();
        return TryResolve(request, files, faults) ?? throw new InvalidJobException(faults);
    }

    /// <param name="files">Without a model where that was not found, or not looked for.</param>
    /// <param name="faults">Gets all that is wrong, after what is known to be.</param>
    /// <returns>Null where there is no model, or something is wrong.</returns>
    static ResolvedJob? TryResolve(JobRequest request, LocatedFiles files, List<string> faults)
    {
        var model = files.Model;
        faults.InsertRange(0, RequestRules.FaultsOf(request));
        var selection = ScoreNames.Select(request.Scores, faults);
        var ablates = selection.Stored.Any(score => score is AblationScore);
        using var weights = model is null
            ? null
            : Try(faults, () => ModelWeights.Open(model.Folder, request.Raw ? WeightProcessing.None : WeightProcessing.Default));
        using var tokens = Try(faults, () => TokenDataset.Open(files.Tokens, request.Tokens.Tensor));
        var rows = Math.Max(1, request.Rows ?? tokens?.Rows ?? 1);
        if (tokens is not null && rows > tokens.Rows)
            faults.Add($"{request.Tokens}: {rows} rows were asked for, but it has {tokens.Rows}.");
        if (tokens is { Context: < 2 })
            faults.Add($"{request.Tokens}: rows of {tokens.Context} token predict nothing; at least 2 tokens a row are needed.");
        if (weights is not null && tokens is not null && tokens.Context > weights.Config.NCtx)
            faults.Add($"{request.Tokens}: rows of {tokens.Context} tokens are longer than the model's context, {weights.Config.NCtx}.");
        if (weights?.Config.WhyNotScored is { } reason)
            faults.Add($"{request.Model}: {reason}.");
        var induction = weights is null or { Config.WhyNotScored: not null } || request.SkipHeads
            ? null
            : Try(faults, () => Induction(request, files, weights.Config));
        var hash = weights is null || tokens is null || rows > tokens.Rows
            ? null
            : Try(faults, () => tokens.Hash(rows, weights.Config.DVocab));
        if (ablates && rows < 2)
            faults.Add("scores: ablations put what a head does on another row in its place; at least 2 rows are needed.");
        if (model is null || faults.Count > 0)
            return null;

        var folder = Path.GetFullPath(model.Folder.Path);
        var spec = new JobSpec
        {
            Model = new ModelReference(
                model.Hub?.Repository ?? folder, model.Hub?.Repository ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)),
                model.Hub, ModelWeights.Hash(model.Folder), weights!.Config.NLayers, weights.Config.NHeads,
                weights.Processing.Names),
            Tokens = new TokensReference(FullLocation(files.Tokens, request.Tokens), rows, tokens!.Context, hash!),
            Scores = new ScoreOptions(
                request.Quantile, request.NoInductionQuantile, [.. request.Quantiles.Distinct().Order()], request.KeepScores,
                request.Examples)
            {
                Names = selection.Scores.SequenceEqual(ScoreSelection.Default.Scores) ? null : [.. selection.Scores.Select(score => score.Name)],
            },
            Ablation = ablates ? new AblationReference(request.Seed, rows) : null,
            Induction = induction is null ? null : new InductionReference(
                files.InductionTokens is null ? $"seed {request.Seed}" : FullLocation(files.InductionTokens, request.InductionTokens!).ToString(), induction.Length, (induction[0].Length - 1) / 2, InductionRows.Hash(induction)),
            OtherPrecision = request.Precision == Precision.Float32 ? null : request.Precision,
        };
        var plan = JobPlan.For(rows, tokens.Context, weights.Config.HeadCount * selection.Stored.Count, request.ShardRows);
        if ((JobLimits.FaultOf(spec) ?? JobLimits.FaultOf(plan, spec)) is { } limit)
            faults.Add($"The job is too large: {limit}.");
        return faults.Count > 0 ? null : new ResolvedJob(spec, plan, induction ?? []);
    }

    static int[][] Induction(JobRequest request, LocatedFiles files, ModelConfig config) => files.InductionTokens is { } file
        ? InductionRows.Read(file, request.InductionTokens!.Tensor, config)
        : InductionRows.Random(config, request.Seed, Tokenizer.TryLoad(files.Model!.Folder));

    static TokenLocation FullLocation(InputPath file, TokenLocation named) => named with { Path = Path.GetFullPath(file.Path) };

    static T? Try<T>(List<string> faults, Func<T> attempt)
        where T : class
    {
        try
        {
            return attempt();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            faults.Add(e.Message);
            return null;
        }
    }
}

/// <summary>A job that can be done.</summary>
/// <param name="InductionTokens">Rows [BOS, r, r]; none where the columns of the weights are left out.</param>
public sealed record ResolvedJob(JobSpec Spec, JobPlan Plan, int[][] InductionTokens);
