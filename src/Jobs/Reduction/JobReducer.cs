using System.Diagnostics;
using System.Globalization;
using HeadScope.Data.Frames;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Reduction;

/// <summary>Makes a job's results of its shards. Doing it twice, or on two machines, gives the same bytes.</summary>
public sealed class JobReducer(
    IBlobStore store, JobFolder folder, JobPresence presence, JobSpec spec, JobPlan plan, ModelConfig config, JobTokens tokens, int threads)
{
    /// <summary>Rows of a row group of the long tables: what one holds in memory while it is written.</summary>
    const int RowsPerGroup = 1 << 18;

    readonly ResultWriter _results = new(store, folder);
    readonly Dictionary<string, double> _seconds = [];

    /// <exception cref="InvalidDataException">A shard is missing or damaged, or something does not add up; the message names
    /// it.</exception>
    public async Task<Manifest> ReduceAsync(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var shards = await CommittedShards.ReadAsync(store, folder, spec, plan, config.HeadCount, threads, cancellation)
            .ConfigureAwait(false);
        var weights = spec.Induction is null ? null : await WeightsColumns.ReadAsync(store, folder, config.HeadCount, cancellation)
            .ConfigureAwait(false);
        Lap("merge");

        var levels = spec.Scores.Quantiles.Append(spec.Scores.Quantile).Append(spec.Scores.NoInductionQuantile).Distinct().Order().ToList();
        var quantiles = await new QuantilePass(shards, levels).RunAsync(threads, cancellation).ConfigureAwait(false);
        Lap("quantiles");

        var heads = Frames.Heads(quantiles, shards.Statistics, spec.Scores, weights, config.NLayers, config.NHeads);
        await _results.WriteAsync(ResultNames.HeadsCsv, heads.WriteCsv, cancellation).ConfigureAwait(false);
        await WriteFrameAsync(ResultNames.Heads, heads, cancellation).ConfigureAwait(false);
        await WriteFrameAsync(ResultNames.Quantiles, Frames.Quantiles(quantiles, config.NLayers, config.NHeads), cancellation)
            .ConfigureAwait(false);
        await WriteFrameAsync(ResultNames.Moments, Frames.Moments(shards.Statistics, config.NHeads), cancellation).ConfigureAwait(false);
        var examples = Frames.Examples(shards.Statistics, config.NHeads, tokens.Rows);
        await WriteFrameAsync(ResultNames.Examples, examples, cancellation).ConfigureAwait(false);
        Lap("frames");

        var losses = new TokenLossTable(shards);
        await _results.WriteAsync(ResultNames.TokenLoss, (stream, token) => losses.WriteAsync(stream, Options(), token), cancellation)
            .ConfigureAwait(false);
        Lap("token_loss");
        if (spec.Scores.KeepScores)
        {
            await _results.WriteAsync(ResultNames.Scores, (stream, token) => ScoresTable.WriteAsync(
                shards, config.NHeads, stream, Options(), token), cancellation).ConfigureAwait(false);
            Lap("scores");
        }

        tokens.Verify(); // the manifest is about to say so
        Lap("tokens");

        var summary = losses.Summarize(shards.Statistics);
        var model = new ManifestModel(
            spec.Model.Name, spec.Model.Hub, spec.Model.Hash, config.NLayers, config.NHeads, spec.Model.Processing);
        var dataset = new ManifestTokens(spec.Tokens.Rows, spec.Tokens.Context, spec.Tokens.Hash);
        await _results.WriteAsync(ResultNames.Report, stream => HtmlReport.Write(
            stream, folder.Id, model, dataset, spec.Scores, summary, heads), cancellation).ConfigureAwait(false);
        var compute = new ManifestCompute(
            spec.Precision, [.. shards.Records.Select(record => record.Work.DeviceKind()).Distinct().Order(StringComparer.Ordinal)],
            TwoDigits(shards.Records.Max(record => record.Work.Distance)));
        var manifest = new Manifest(
            folder.Id, ProductVersion.Product, model, dataset, spec.Scores,
            spec.Induction is null ? null : new ManifestInduction(spec.Induction.Rows, spec.Induction.Repeat, spec.Induction.Hash), compute,
            summary, _results.Files);
        Lap("report");

        var timings = new Timings(_seconds, [.. shards.Records.Select(record => new ShardTiming(record.Shard, record.Rows, record.Work))]);
        await store.WriteAsync(folder.Result(ResultNames.Timings), JobJson.Write(timings), cancellation).ConfigureAwait(false);
        await presence.ThrowIfGoneAsync(cancellation).ConfigureAwait(false);
        await store.WriteAsync(folder.Manifest, JobJson.Write(manifest), cancellation).ConfigureAwait(false);
        await presence.ThrowIfGoneAsync(cancellation).ConfigureAwait(false);
        await Intermediates.DropAsync(store, folder, cancellation).ConfigureAwait(false);
        return manifest;

        void Lap(string stage)
        {
            _seconds[stage] = Math.Round(clock.Elapsed.TotalSeconds, 3);
            clock.Restart();
        }
    }

    static double? TwoDigits(double? value) =>
        value is { } known ? double.Parse(known.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    Task WriteFrameAsync(string file, Frame frame, CancellationToken cancellation) =>
        _results.WriteAsync(file, stream => frame.WriteParquet(stream, ProductVersion.Product, Metadata()), cancellation);

    ParquetOptions Options() => new() { CreatedBy = ProductVersion.Product, Metadata = Metadata(), RowsPerGroup = RowsPerGroup };

    KeyValuePair<string, string>[] Metadata() => [new("headscope.job", folder.Id), new("headscope.model", spec.Model.Name), new(
        "headscope.processing", string.Join(",", spec.Model.Processing))];

    sealed record Timings(IReadOnlyDictionary<string, double> ReduceSeconds, IReadOnlyList<ShardTiming> Shards);

    sealed record ShardTiming(int Shard, int Rows, ShardWork Work);
}
