using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>
/// The steps of <see cref="WeightProcessing"/>, part of a model by part, so that a model need never be held twice.
/// Each element is computed in float64 and rounded once.
/// </summary>
internal static class WeightProcessor
{
    public static void Process(BlockWeights block, ModelConfig config, WeightProcessing steps)
    {
        if (steps.FoldLn)
        {
            if (block.Ln1 is { } ln1)
            {
                FoldIntoHeads(block.WQ, block.BQ, ln1, config);
                FoldIntoHeads(block.WK, block.BK, ln1, config);
                FoldIntoHeads(block.WV, block.BV, ln1, config);
                block.Ln1 = null;
            }

            if (block.Ln2 is { } ln2 && block.WIn is not null)
            {
                Fold(block.WIn, block.BIn, ln2, config);
                if (block.WGate is not null)
                    Fold(block.WGate, [], ln2, config);
                block.Ln2 = null;
            }
        }

        if (steps.CenterWritingWeights)
        {
            CenterRows(block.WO, config.DModel);
            CenterRows(block.BO, config.DModel);
            if (block.WOut is not null)
            {
                CenterRows(block.WOut, config.DModel);
                CenterRows(block.BOut!, config.DModel);
            }
        }

        if (steps.FoldValueBiases)
            FoldValueBiases(block, config);
    }

    /// <summary>Subtracts from each row of <paramref name="width"/> values its mean.</summary>
    public static void CenterRows(float[] rows, int width)
    {
        for (var start = 0; start < rows.Length; start += width)
        {
            var row = rows.AsSpan(start, width);
            var mean = 0.0;
            foreach (var value in row)
                mean += value;
            mean /= width;
            foreach (ref var value in row)
                value = (float)(value - mean);
        }
    }

    public static void Process(UnembedWeights unembed, ModelConfig config, WeightProcessing steps)
    {
        var model = config.DModel;
        var fold = steps.FoldLn ? unembed.LnFinal : null;
        var center = fold is not null && config.Normalization == NormKind.LayerNorm;

        var row = new double[model];
        var meanRow = new double[model];
        if (steps.CenterUnembed)
        {
            for (var t = 0; t < config.DVocabOut; t++)
            {
                Fold(unembed.WUByToken.AsSpan(t * model, model));
                for (var d = 0; d < model; d++)
                    meanRow[d] += row[d] / config.DVocabOut;
            }
        }

        for (var t = 0; t < config.DVocabOut; t++)
        {
            var weights = unembed.WUByToken.AsSpan(t * model, model);
            if (fold?.B is { } bias)
            {
                var sum = 0.0;
                for (var d = 0; d < model; d++)
                    sum += (double)weights[d] * bias[d];
                unembed.BU[t] = (float)(unembed.BU[t] + sum);
            }

            Fold(weights);
            for (var d = 0; d < model; d++)
                weights[d] = (float)(row[d] - meanRow[d]);
        }

        if (steps.CenterUnembed)
            CenterRows(unembed.BU, config.DVocabOut);
        if (fold is not null)
            unembed.LnFinal = null;

        // What a token's weights become before centring over the vocabulary, into row.
        void Fold(ReadOnlySpan<float> weights)
        {
            var mean = 0.0;
            for (var d = 0; d < model; d++)
                mean += row[d] = weights[d] * (double)(fold?.W[d] ?? 1);
            if (!center)
                return;
            foreach (ref var value in row.AsSpan())
                value -= mean / model;
        }
    }

    /// <summary>Folds into [head, d_model, d_head] with bias [head, d_head].</summary>
    static void FoldIntoHeads(float[] weights, float[] biases, NormWeights norm, ModelConfig config)
    {
        var size = config.DModel * config.DHead;
        for (var head = 0; head < weights.Length / size; head++)
            Fold(weights.AsSpan(head * size, size), biases.AsSpan(head * config.DHead, config.DHead), norm, config);
    }

    /// <summary>Folds into [d_model, outputs] with bias [outputs].</summary>
    static void Fold(Span<float> weights, Span<float> biases, NormWeights norm, ModelConfig config)
    {
        var model = config.DModel;
        var outputs = weights.Length / model;
        var mean = new double[outputs];
        var bias = new double[outputs];
        for (var d = 0; d < model; d++)
        {
            var row = weights.Slice(d * outputs, outputs);
            double w = norm.W[d], b = norm.B?[d] ?? 0;
            for (var o = 0; o < outputs; o++)
            {
                mean[o] += row[o] * w / model;
                bias[o] += row[o] * b;
            }
        }

        // Only LayerNorm leaves nothing along the mean direction to read.
        if (config.Normalization != NormKind.LayerNorm)
            Array.Clear(mean);
        for (var d = 0; d < model; d++)
        {
            var row = weights.Slice(d * outputs, outputs);
            for (var o = 0; o < outputs; o++)
                row[o] = (float)(row[o] * (double)norm.W[d] - mean[o]);
        }

        for (var o = 0; o < biases.Length; o++)
            biases[o] = (float)(biases[o] + bias[o]);
    }

    static void FoldValueBiases(BlockWeights block, ModelConfig config)
    {
        var sum = new double[config.DModel];
        for (var head = 0; head < config.NHeads; head++)
        {
            for (var k = 0; k < config.DHead; k++)
            {
                double bias = block.BV[config.Heads.KeyValueHeadOf(head) * config.DHead + k];
                var row = block.WO.AsSpan((head * config.DHead + k) * config.DModel, config.DModel);
                for (var d = 0; d < row.Length; d++)
                    sum[d] += bias * row[d];
            }
        }

        for (var d = 0; d < config.DModel; d++)
            block.BO[d] = (float)(block.BO[d] + sum[d]);
        Array.Clear(block.BV);
    }
}
