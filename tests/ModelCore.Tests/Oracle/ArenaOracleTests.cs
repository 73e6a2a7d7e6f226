using System.Text.Json;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Circuits;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Oracle;

/// <summary>
/// Trained models of the ARENA course, where they lie beside the repository: classifiers of sequences, causal and bidirectional.
/// </summary>
public class ArenaOracleTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("august23_unique_char__first_unique_char_model")]
    [InlineData("eagx_berlin_challenge__palindrome_classifier")]
    [InlineData("eagx_berlin_challenge__palindrome_classifier_hard")]
    [InlineData("july23_palindromes__palindrome_classifier")]
    [InlineData("november23_cumsum__cumsum_model")]
    [InlineData("october23_sorted_list__sorted_list_model")]
    [InlineData("part4_interp_on_algorithmic_model__brackets_model_state_dict")]
    [InlineData("september23_sum__sum_model")]
    public void Forward_PublishedModel_HasTransformerLensOutputs(string name)
    {
        using var folder = new TemporaryFolder();
        var configuration = JsonDocument.Parse(
            File.ReadAllBytes(Fixture.Beside($"real/ARENA_2.0/{name}.config.json"))).RootElement.GetProperty("transformer_lens_cfg");
        File.WriteAllText(folder.File("config.json"), configuration.GetRawText());
        File.Copy(Fixture.Beside($"real/ARENA_2.0/{name}.pt"), folder.File("model.pt"));
        var expected = new TensorFile(Fixture.Beside($"real/ARENA_2.0/{name}.expected.safetensors"));
        var tokens = expected.Integers("tokens");
        var batch = new BatchShape(expected.Shape("tokens")[0], expected.Shape("tokens")[1]);

        using var backend = new ManagedBackend(2);
        using (var raw = ModelWeights.Open(folder.File(""), WeightProcessing.None))
        using (var model = Transformer.Load(raw, backend))
        {
            var last = model.Config.NLayers - 1;
            var cache = new ActivationCache(
                backend, hook => hook == $"blocks.{last}.hook_resid_post" || hook.EndsWith("hook_pattern", StringComparison.Ordinal));
            Meets("logits", model.Logits(backend, tokens, batch, cache));
            Meets("resid_post_last", cache[$"blocks.{last}.hook_resid_post"].Values);
            Meets(
                "patterns",
                [.. Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => cache[$"blocks.{layer}.attn.hook_pattern"].Values)]);
            Meets("OV_eig_score", [.. new OvCircuits(raw, model, backend).ResidualEigenvalues().Select(OvCircuits.Score)]);
        }

        if (!expected.Has("logits_proc"))
            return; // made without processing: the model has no norms
        using var processed = ModelWeights.Open(folder.File(""), WeightProcessing.Default);
        using var processedModel = Transformer.Load(processed, backend);
        Meets("logits_proc", processedModel.Logits(backend, tokens, batch));

        void Meets(string what, float[] actual)
        {
            var wanted = expected.Floats(what);
            Assert.Equal(wanted.Length, actual.Length);
            var worst = 0.0;
            for (var i = 0; i < wanted.Length; i++)
            {
                var error = Math.Abs((double)actual[i] - wanted[i]);
                worst = Math.Max(worst, error);
                Assert.True(
                    error <= OracleModel.Absolute || error <= OracleModel.Relative * Math.Abs(wanted[i]),
                    $"{name} {what}[{i}] is {actual[i]}, TransformerLens has {wanted[i]}.");
            }

            output.WriteLine($"{name} {what}: max |error| {worst:G3}");
        }
    }
}
