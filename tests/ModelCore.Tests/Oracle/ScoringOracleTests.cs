using HeadScope.ModelCore.Circuits;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Oracle;

/// <summary>Everything that notebook 002 computes, as TransformerLens computes it.</summary>
public class ScoringOracleTests(ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(OracleModel.Scored), MemberType = typeof(OracleModel))]
    public void Score_EveryToken_MeetsTransformerLens(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        MeetScores(oracle);
    }

    internal static void MeetScores(OracleModel oracle)
    {
        var scores = oracle.Score();
        foreach (var score in ScoreArrays.Default)
            oracle.Meets(score, scores.Of(score));
        int[] copies = [.. scores.NumCopies];
        oracle.Equals("num_copies", copies);
        oracle.Equals("is_movable", [.. copies.Select(count => count > 0 ? 1 : 0)]);
        oracle.Equals("induction_mask", [.. scores.IsInduction.ToArray().Select(induction => induction ? 1 : 0)]);
    }

    [Theory]
    [MemberData(nameof(OracleModel.Scored), MemberType = typeof(OracleModel))]
    public void Circuits_WeightsAlone_MeetTransformerLens(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        var (tokens, batch) = oracle.Sequences(oracle.Inputs!, "ind_tokens");
        var statistics = new AttentionStatistics(oracle.Model, oracle.Backend);
        var induction = statistics.Induction(tokens, batch, (batch.Context - 1) / 2);
        oracle.Meets("induction_scores", induction);
        oracle.Meets("head_df.induction", induction);

        var circuits = new OvCircuits(oracle.Weights, oracle.Model, oracle.Backend);
        var residual = circuits.ResidualEigenvalues();
        oracle.Meets("eigenvals_resid_score", [.. residual.Select(OvCircuits.Score)]);
        oracle.Meets("eigenvals_resid.sum_abs", [.. residual.Select(head => (float)head.Sum(value => value.Magnitude))]);
        oracle.Meets("eigenvals_resid.sum_real", [.. residual.Select(head => (float)head.Sum(value => value.Real))]);
        oracle.Meets("head_df.eigenvals_resid", [.. residual.Select(OvCircuits.Score)]);
        var vocabulary = circuits.VocabularyEigenvalues();
        oracle.Meets("eigenvals_vocab_score", [.. vocabulary.Select(OvCircuits.Score)]);
        oracle.Meets("eigenvals_vocab.sum_abs", [.. vocabulary.Select(head => (float)head.Sum(value => value.Magnitude))]);
        oracle.Meets("eigenvals_vocab.sum_real", [.. vocabulary.Select(head => (float)head.Sum(value => value.Real))]);
        oracle.Meets("head_df.eigenvals_vocab", [.. vocabulary.Select(OvCircuits.Score)]);

        var shares = circuits.CopyShare();
        oracle.Meets("frac_copy_argmax", [.. shares.Select(share => (float)share)]);
        oracle.Meets("head_df.frac_copy_argmax", [.. shares.Select(share => (float)share)]);
        var argmax = circuits.CopyArgmax();
        oracle.Equals("full_OV_argmax", [.. argmax.SelectMany(head => head)]);
        Assert.Equal(shares, argmax.Select(head => (double)head.Index().Count(entry => entry.Index == entry.Item) / head.Length));
        foreach (var key in new[] { "post_mlp_embed", "post_mlp_embed_first16" }.Where(oracle.Expected.Has))
        {
            using var embedding = oracle.Model.PostMlpEmbedding(oracle.Backend, 0, oracle.Expected.Shape(key)[0]);
            var values = new float[embedding.Rows * embedding.Columns];
            oracle.Backend.Download(embedding, values);
            oracle.Meets(key, values);
        }
    }

    [Theory]
    [MemberData(nameof(OracleModel.Scored), MemberType = typeof(OracleModel))]
    public void Eigenvalues_EveryHead_AreTransformerLens(string name, string variant)
    {
        // LAPACK's order is its own: each eigenvalue of one list has its own near neighbour in the other.
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        var circuits = new OvCircuits(oracle.Weights, oracle.Model, oracle.Backend);
        foreach (var (key, actual) in new[] { ("eigenvals_resid", circuits.ResidualEigenvalues()), ("eigenvals_vocab", circuits.VocabularyEigenvalues()) })
        {
            float[] real = oracle.Expected.Floats($"{key}.real"), imaginary = oracle.Expected.Floats($"{key}.imag");
            for (var head = 0; head < actual.Length; head++)
            {
                var size = actual[head].Length;
                var expected = Enumerable.Range(head * size, size).Select(i => new System.Numerics.Complex(real[i], imaginary[i])).ToList();
                var largest = expected.Max(value => value.Magnitude);
                foreach (var value in actual[head])
                {
                    var nearest = expected.MinBy(candidate => (candidate - value).Magnitude);
                    // An eigenvalue moves with rounding by about the matrix's size times 1e-7 times its own condition number.
                    Assert.InRange((nearest - value).Magnitude, 0, 1e-3 * largest);
                    expected.Remove(nearest);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(OracleModel.Activations), MemberType = typeof(OracleModel))]
    public void AttendedSources_EveryPosition_MeetTransformerLens(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        var (tokens, batch) = oracle.Sequences(oracle.Inputs!, "tokens");
        var sources = AttendedSources.Of(oracle.Model, oracle.Backend, tokens, batch);
        oracle.Equals("argmax_with_bos", sources.Argmax);
        oracle.Equals("argmax_without_bos", sources.ArgmaxWithoutBos);
        oracle.Meets("max_with_bos", sources.Max);
        oracle.Meets("max_without_bos", sources.MaxWithoutBos);
        oracle.Equals("argmax_token_with_bos", TokensAt(sources.Argmax));
        oracle.Equals("argmax_token_without_bos", TokensAt(sources.ArgmaxWithoutBos));

        // [layer, head, batch, position] of sources to [batch, layer, head, position] of their tokens.
        int[] TokensAt(int[] argmax)
        {
            var predicted = batch.Context - 1;
            var heads = oracle.Model.Config.HeadCount;
            return
            [
                .. from row in Enumerable.Range(0, batch.Sequences)
                   from head in Enumerable.Range(0, heads)
                   from position in Enumerable.Range(0, predicted)
                   select tokens[row * batch.Context + argmax[(head * batch.Sequences + row) * predicted + position]],
            ];
        }
    }
}
