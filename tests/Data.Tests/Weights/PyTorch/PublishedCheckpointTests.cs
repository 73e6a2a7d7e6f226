using HeadScope.Data.Weights;
using HeadScope.Data.Weights.PyTorch;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Checkpoints of TransformerLens, Hugging Face and ARENA, where they lie beside the repository.</summary>
public class PublishedCheckpointTests
{
    [SkippableTheory]
    [InlineData("oracle/neox-tiny/tl_raw.pth", "oracle/neox-tiny/tl_raw.safetensors")]
    [InlineData("oracle/neox-tiny/hf_pytorch_model.bin", "oracle/neox-tiny/hf.safetensors")]
    [InlineData("oracle/attn-only-2l/none/tl.pth", "oracle/attn-only-2l/none/tl.safetensors")]
    [InlineData("oracle/attn-only-2l/ln/tl.pth", "oracle/attn-only-2l/ln/tl.safetensors")]
    public void Read_ModelSavedBothWays_EqualsItsSafetensors(string name, string twin)
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.Beside(name));
        CheckpointAssert.Holds(new TensorFile(Fixture.Beside(twin)), checkpoint);
        // Of the checkpoints' tensors, the twins leave out constant buffers.
        Assert.All(
            checkpoint.Tensors.Keys.Except(new TensorFile(Fixture.Beside(twin)).Names),
            key => Assert.Matches(@"\.(mask|IGNORE|bias|masked_bias|inv_freq|rotary_sin|rotary_cos)$", key));
    }

    [SkippableFact]
    public void Read_LegacyHubFile_EqualsTheWeightsWithoutTheirPrefix()
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.Beside("oracle/gpt2-tiny/hf_hubstyle_noprefix_legacy.bin"));
        var twin = new TensorFile(Fixture.Beside("oracle/gpt2-tiny/hf.safetensors"));
        var common = twin.Names.Where(name => checkpoint.Tensors.ContainsKey(name["transformer.".Length..])).ToList();
        Assert.True(common.Count > 30);
        foreach (var name in common)
            CheckpointAssert.Same(twin, name, checkpoint, name["transformer.".Length..]);
    }

    [SkippableTheory]
    [InlineData("oracle/gpt2-tiny/tl_raw.pth", 60)]
    [InlineData("oracle/affine/full/tl_raw.pth", 60)]
    [InlineData("oracle/affine/small/tl_raw.pth", 60)]
    [InlineData("real/ARENA_2.0/august23_unique_char__first_unique_char_model.pt", 30)]
    [InlineData("real/ARENA_2.0/eagx_berlin_challenge__palindrome_classifier.pt", 30)]
    [InlineData("real/ARENA_2.0/eagx_berlin_challenge__palindrome_classifier_hard.pt", 30)]
    [InlineData("real/ARENA_2.0/july23_palindromes__palindrome_classifier.pt", 30)]
    [InlineData("real/ARENA_2.0/november23_cumsum__cumsum_model.pt", 18)]
    [InlineData("real/ARENA_2.0/october23_sorted_list__sorted_list_model.pt", 18)]
    [InlineData("real/ARENA_2.0/part4_interp_on_algorithmic_model__brackets_model_state_dict.pt", 60)]
    [InlineData("real/ARENA_2.0/september23_sum__sum_model.pt", 30)]
    public void Read_PublishedModel_HasOrdinaryWeights(string name, int count)
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.Beside(name));
        Assert.Equal(count, checkpoint.Tensors.Count);
        foreach (var (key, tensor) in checkpoint.Tensors)
        {
            if (tensor.Type == TensorType.Float32 && !key.EndsWith("IGNORE", StringComparison.Ordinal))
                Assert.DoesNotContain(CheckpointAssert.Values(checkpoint, key), value => !(Math.Abs(value) < 1e3f));
        }

        Assert.Contains(CheckpointAssert.Values(checkpoint, "blocks.0.attn.W_Q"), value => value != 0);
    }
}
