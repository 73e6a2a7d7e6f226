using System.Text.Json;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Weights;

/// <summary>The same model in other files is the same model.</summary>
public sealed class StoredFormTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_ShardsAndIndex_IsTheModelOfOneFile()
    {
        var model = new RandomLlama();
        model.Write(_folder.File("whole"), 1);
        var shards = model.Tensors(1).Index().GroupBy(entry => entry.Index % 3, entry => entry.Item)
            .ToDictionary(shard => $"model-{shard.Key + 1:D5}-of-00003.safetensors", shard => shard.ToList());
        Directory.CreateDirectory(_folder.File("sharded"));
        model.WriteConfig(_folder.File("sharded"));
        foreach (var (name, tensors) in shards)
            SafetensorsWriter.Write(_folder.File($"sharded/{name}"), tensors);
        var map = shards.SelectMany(shard => shard.Value.Select(tensor => (tensor.Name, shard.Key))).ToDictionary();
        File.WriteAllText(
            _folder.File("sharded/model.safetensors.index.json"),
            JsonSerializer.Serialize(new { metadata = new { total_size = 0 }, weight_map = map }));
        Assert.Equal(Logits("whole"), Logits("sharded"));

        File.Delete(_folder.File("sharded/model-00002-of-00003.safetensors"));
        var fault = Assert.Throws<InvalidDataException>(() => Logits("sharded"));
        Assert.Contains("'model-00002-of-00003.safetensors'", fault.Message);
    }

    [Theory]
    [InlineData("BF16")]
    [InlineData("F16")]
    public void Open_HalfPrecision_IsTheModelOfTheRoundedWeights(string type)
    {
        var model = new RandomLlama();
        model.Write(_folder.File("half"), 2, type);
        Directory.CreateDirectory(_folder.File("rounded"));
        model.WriteConfig(_folder.File("rounded"));
        Func<float, float> round = type == "BF16" ? SafetensorsWriter.RoundToBFloat16 : value => (float)(Half)value;
        SafetensorsWriter.Write(
            _folder.File("rounded/model.safetensors"),
            [.. model.Tensors(2).Select(tensor => tensor with { Values = Array.ConvertAll(tensor.Values, value => round(value)) })]);
        model.Write(_folder.File("exact"), 2);
        Assert.Equal(Logits("rounded"), Logits("half"));
        Assert.NotEqual(Logits("exact"), Logits("half"));
    }

    /// <summary>As older and newer files name its tensors.</summary>
    [Theory]
    [InlineData("language_model.model.")]
    [InlineData("model.language_model.")]
    public void Open_Gemma3ThatReadsImages_IsItsTextPart(string prefix)
    {
        var model = new RandomLlama
        {
            Architecture = "Gemma3ForCausalLM",
            Norms = (true, true),
            QueryKeyNorm = (6, 6),
            NormMean = 0,
            Tied = true,
            Fields = { ["sliding_window"] = 5 },
        };
        model.Write(_folder.File("text"), 5);
        Directory.CreateDirectory(_folder.File("images"));
        var text = JsonDocument.Parse(File.ReadAllBytes(_folder.File("text/config.json"))).RootElement;
        File.WriteAllText(_folder.File("images/config.json"), JsonSerializer.Serialize(
            new { architectures = new[] { "Gemma3ForConditionalGeneration" }, model_type = "gemma3", text_config = text }));
        SafetensorsWriter.Write(
            _folder.File("images/model.safetensors"),
            [
                .. model.Tensors(5).Select(tensor => tensor with { Name = $"{prefix}{tensor.Name["model.".Length..]}" }),
                new StoredTensor("vision_tower.vision_model.embeddings.patch_embedding.bias", [3], [1, 2, 3]),
            ]);
        Assert.Equal(Logits("text"), Logits("images"));
    }

    [Fact]
    public void Open_WithoutTheOuterPrefix_IsTheSameModel()
    {
        var model = new RandomLlama { Tied = true };
        model.Write(_folder.File("prefixed"), 3);
        Directory.CreateDirectory(_folder.File("bare"));
        model.WriteConfig(_folder.File("bare"));
        SafetensorsWriter.Write(
            _folder.File("bare/model.safetensors"),
            [.. model.Tensors(3).Select(tensor => tensor with { Name = tensor.Name["model.".Length..] })]);
        Assert.Equal(Logits("prefixed"), Logits("bare"));
    }

    [Fact]
    public void Open_TiedEmbeddings_IgnoresAnUnembeddingThatIsStoredTwice()
    {
        new RandomLlama { Tied = true }.Write(_folder.File("tied"), 4);
        Directory.CreateDirectory(_folder.File("twice"));
        new RandomLlama { Tied = true }.WriteConfig(_folder.File("twice"));
        SafetensorsWriter.Write(_folder.File("twice/model.safetensors"), new RandomLlama().Tensors(4));
        Assert.Equal(Logits("tied"), Logits("twice"));

        new RandomLlama().WriteConfig(_folder.File("tied"));
        var fault = Assert.Throws<InvalidDataException>(() => Logits("tied"));
        Assert.Contains("'lm_head.weight' [37, 20]", fault.Message);
    }

    public void Dispose() => _folder.Dispose();

    float[] Logits(string folder)
    {
        using var weights = ModelWeights.Open(_folder.File(folder), WeightProcessing.Default);
        using var backend = new ManagedBackend();
        using var model = Transformer.Load(weights, backend);
        return model.Logits(backend, [3, 1, 4, 1, 5, 9, 2, 6], new BatchShape(2, 4));
    }
}
