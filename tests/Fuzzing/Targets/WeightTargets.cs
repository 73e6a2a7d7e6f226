using System.Buffers.Binary;
using System.Text;
using HeadScope.Data.Files;
using HeadScope.Data.Tests;
using HeadScope.Data.Weights;
using HeadScope.Data.Weights.PyTorch;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;

namespace HeadScope.Fuzzing.Targets;

/// <summary>Weights and their descriptions.</summary>
internal static class WeightTargets
{
    static readonly string[] Checkpoints =
    [
        "dtypes.pth", "dtypes_legacy.bin", "views.pth", "views_legacy.bin", "parameters.pth", "parameters_legacy.bin",
        "training_protocol2.pt", "training_protocol4.pt", "in_a_tuple.pt", "calls_os_system.pt",
    ];

    /// <summary>Models, and a word that only their configurations have. The last is of those that have none.</summary>
    static readonly (string Word, string[] Model)[] Models =
    [
        ("NeoX", ["neox-tiny"]), ("GPT2", ["gpt2-tiny"]), ("Llama", ["llama-tiny"]), ("Mistral", ["mistral-tiny"]),
        ("Qwen2", ["qwen2-tiny"]), ("", ["attn-only-2l", "ln"]),
    ];

    public static FuzzTarget Safetensors(TemporaryFolder folder) => new(
        [SmallTensors(folder)], length => 64L * length + (256 << 10), bytes =>
        {
            var read = SafetensorsHeader.Read(new MemorySource(bytes, "damaged.safetensors"));
            foreach (var (info, offset) in read.Entries.Values)
                Assert.InRange(read.DataStart + offset + info.Count * info.Type.Size(), 0, bytes.Length);
        })
    {
        Damage = DamageHeader,
    };

    public static FuzzTarget Index(TemporaryFolder folder)
    {
        var path = folder.File("model.safetensors.index.json");
        File.WriteAllBytes(folder.File("a.safetensors"), SmallTensors(folder));
        File.WriteAllBytes(folder.File("b.safetensors"), SmallTensors(folder));
        byte[] seed =
        [
            .. """
            {"metadata": {"total_size": 24}, "weight_map": {"embed": "a.safetensors", "blocks.0.w": "b.safetensors"}}
            """u8,
        ];
        return new FuzzTarget([seed], length => 200L * length + (1 << 20), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            Assert.All(ShardedSafetensors.FilesOf(InputPath.Anywhere(path)), file => Assert.Equal(file, Path.GetFileName(file)));
            ShardedSafetensors.Open(InputPath.Anywhere(folder.File("")), "model.safetensors.index.json").Dispose();
        });
    }

    public static FuzzTarget Checkpoint(TemporaryFolder folder)
    {
        byte[][] seeds = [.. Checkpoints.Select(name => File.ReadAllBytes(Fixture.PathOf("pytorch", name)))];
        return new FuzzTarget(seeds, length => 256L * length + (256 << 10), bytes =>
        {
            using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(bytes));
            foreach (var (name, tensor) in checkpoint.Tensors)
                checkpoint.Read(name, new float[tensor.Count]);
        })
        {
            Damage = new CheckpointMutator(seeds).Next,
        };
    }

    public static FuzzTarget Config(TemporaryFolder folder)
    {
        foreach (var (index, (_, model)) in Models.Index())
            Fixture.Copy(folder.File($"{index}"), [.. model, "model"]);
        byte[][] seeds = [.. Models.Index().Select(model => File.ReadAllBytes(folder.File($"{model.Index}/config.json")))];

        // A configuration may claim a thousand layers, of which each names a dozen tensors.
        return new FuzzTarget(seeds, length => 200L * length + (32 << 20), bytes =>
        {
            var text = Encoding.Latin1.GetString(bytes);
            var model = folder.File($"{Models.Index().First(model => text.Contains(model.Item.Word, StringComparison.Ordinal)).Index}");
            File.WriteAllBytes(Path.Combine(model, "config.json"), bytes);
            using var weights = ModelWeights.Open(model, WeightProcessing.Default);
            weights.ReadPositions();
        });
    }

    /// <summary>Damages a header and tells its length, mostly, so that the damage is reached.</summary>
    public static byte[] DamageHeader(IReadOnlyList<byte[]> inputs, Random random)
    {
        var file = ByteChanges.Pick(inputs, random);
        if (file.Length < 8)
            return ByteChanges.Next(inputs, random);
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(file), (ulong)file.Length - 8);
        var damaged = JsonMutator.Next(file[8..(8 + length)], [.. inputs.Select(input => input[Math.Min(8, input.Length)..])], random);
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(
            prefix, random.Next(10) == 0 ? (ulong)random.NextInt64(-5, long.MaxValue) : (ulong)damaged.Length);
        return [.. prefix, .. damaged, .. file[(8 + length)..]];
    }

    static byte[] SmallTensors(TemporaryFolder folder)
    {
        var file = folder.File("small.safetensors");
        SafetensorsWriter.Write(file, [new StoredTensor("embed", [2, 3], new float[6]), new StoredTensor("blocks.0.w", [4], new float[4])]);
        return File.ReadAllBytes(file);
    }
}
