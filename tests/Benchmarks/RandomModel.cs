using System.Runtime.InteropServices;
using System.Text.Json;

namespace HeadScope.Benchmarks;

/// <summary>A Pythia, or a descendant of Llama, of some shape with random weights, as a folder in the Hugging Face layout.</summary>
public static class RandomModel
{
    /// <summary>
    /// Layers, d_model, heads, d_mlp, d_vocab, n_ctx, share of rotary features; with heads of keys and values it is a Llama.
    /// </summary>
    public sealed record Shape(int Layers, int Model, int Heads, int Mlp, int Vocabulary, int Context, double Rotary, int KeyValueHeads = 0)
    {
        public string Architecture { get; init; } = KeyValueHeads > 0 ? "LlamaForCausalLM" : "GPTNeoXForCausalLM";

        public int HeadSize { get; init; } = Model / Heads;

        /// <summary>Whether there is a norm of each head's queries and keys.</summary>
        public bool QueryKeyNorm { get; init; }

        /// <summary>Whether norms lie on both sides of attention and MLP, with weights that are stored less 1, as Gemma's do.</summary>
        public bool NormsAfter { get; init; }
    }

    public static IReadOnlyDictionary<string, Shape> Shapes { get; } = new Dictionary<string, Shape>
    {
        ["pythia-70m"] = new(6, 512, 8, 2048, 50304, 2048, 0.25),
        ["pythia-160m"] = new(12, 768, 12, 3072, 50304, 2048, 0.25),
        ["pythia-410m"] = new(24, 1024, 16, 4096, 50304, 2048, 0.25),
        ["gpt2"] = new(12, 768, 12, 3072, 50257, 1024, 0.25), // its sizes, in Pythia's form
        ["smollm-135m"] = new(30, 576, 9, 1536, 49152, 2048, 1, KeyValueHeads: 3),
        ["qwen3-0.6b"] = new(28, 1024, 16, 3072, 151936, 40960, 1, KeyValueHeads: 8) { Architecture = "Qwen3ForCausalLM", HeadSize = 128, QueryKeyNorm = true },
        ["gemma-3-270m"] = new(18, 640, 4, 2048, 262144, 32768, 1, KeyValueHeads: 1)
        {
            Architecture = "Gemma3ForCausalLM",
            HeadSize = 256,
            QueryKeyNorm = true,
            NormsAfter = true,
        },
        ["demo"] = new(4, 128, 4, 512, 2048, 256, 0.5),
    };

    /// <summary>Writes config.json and model.safetensors (float16), unless they are there.</summary>
    public static string Write(string folder, string name)
    {
        var shape = Shapes[name];
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "model.safetensors");
        if (File.Exists(path))
            return folder;
        var isLlama = shape.KeyValueHeads > 0;
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new
        {
            architectures = new[] { shape.Architecture },
            num_hidden_layers = shape.Layers,
            hidden_size = shape.Model,
            num_attention_heads = shape.Heads,
            num_key_value_heads = isLlama ? shape.KeyValueHeads : shape.Heads,
            head_dim = shape.HeadSize,
            intermediate_size = shape.Mlp,
            vocab_size = shape.Vocabulary,
            max_position_embeddings = shape.Context,
            rotary_pct = shape.Rotary,
            tie_word_embeddings = isLlama,
            sliding_window = shape.NormsAfter ? 512 : (int?)null, // Gemma 3's
            bos_token_id = 0,
        }));
        WriteSafetensors(path, isLlama ? LlamaTensors(shape) : PythiaTensors(shape));
        return folder;
    }

    static IEnumerable<(string Name, int[] Shape, float Deviation, float Mean)> PythiaTensors(Shape s)
    {
        yield return ("gpt_neox.embed_in.weight", [s.Vocabulary, s.Model], 1, 0);
        for (var l = 0; l < s.Layers; l++)
        {
            var layer = $"gpt_neox.layers.{l}";
            foreach (var norm in new[] { "input_layernorm", "post_attention_layernorm" })
            {
                yield return ($"{layer}.{norm}.weight", [s.Model], 0.1f, 1);
                yield return ($"{layer}.{norm}.bias", [s.Model], 0.1f, 0);
            }

            foreach (var (matrix, outputs, inputs) in new[]
            {
                ("attention.query_key_value", 3 * s.Model, s.Model), ("attention.dense", s.Model, s.Model), ("mlp.dense_h_to_4h", s.Mlp, s.Model), ("mlp.dense_4h_to_h", s.Model, s.Mlp),
            })
            {
                yield return ($"{layer}.{matrix}.weight", [outputs, inputs], 1 / MathF.Sqrt(inputs), 0);
                yield return ($"{layer}.{matrix}.bias", [outputs], 0.1f, 0);
            }
        }

        yield return ("gpt_neox.final_layer_norm.weight", [s.Model], 0.1f, 1);
        yield return ("gpt_neox.final_layer_norm.bias", [s.Model], 0.1f, 0);
        yield return ("embed_out.weight", [s.Vocabulary, s.Model], 1 / MathF.Sqrt(s.Model), 0);
    }

    static IEnumerable<(string Name, int[] Shape, float Deviation, float Mean)> LlamaTensors(Shape s)
    {
        // The embedding is the unembedding, too.
        yield return ("model.embed_tokens.weight", [s.Vocabulary, s.Model], 1 / MathF.Sqrt(s.Model), 0);
        int width = s.HeadSize * s.Heads, shared = s.HeadSize * s.KeyValueHeads;
        var mean = s.NormsAfter ? 0 : 1;
        for (var l = 0; l < s.Layers; l++)
        {
            var layer = $"model.layers.{l}";
            foreach (var norm in s.NormsAfter
                ? new[] { "input", "post_attention", "pre_feedforward", "post_feedforward" }
                : ["input", "post_attention"])
                yield return ($"{layer}.{norm}_layernorm.weight", [s.Model], 0.1f, mean);
            foreach (var norm in s.QueryKeyNorm ? new[] { "q_norm", "k_norm" } : [])
                yield return ($"{layer}.self_attn.{norm}.weight", [s.HeadSize], 0.1f, mean);
            foreach (var (matrix, outputs, inputs) in new[]
            {
                ("self_attn.q_proj", width, s.Model), ("self_attn.k_proj", shared, s.Model), ("self_attn.v_proj", shared, s.Model), ("self_attn.o_proj", s.Model, width),
                ("mlp.gate_proj", s.Mlp, s.Model), ("mlp.up_proj", s.Mlp, s.Model), ("mlp.down_proj", s.Model, s.Mlp),
            })
                yield return ($"{layer}.{matrix}.weight", [outputs, inputs], 1 / MathF.Sqrt(inputs), 0);
        }

        yield return ("model.norm.weight", [s.Model], 0.1f, mean);
    }

    static void WriteSafetensors(string path, IEnumerable<(string Name, int[] Shape, float Deviation, float Mean)> tensors)
    {
        var list = tensors.ToList();
        var header = new Dictionary<string, object>();
        var offset = 0L;
        foreach (var (name, shape, _, _) in list)
        {
            var bytes = shape.Aggregate(2L, (product, axis) => product * axis);
            header[name] = new { dtype = "F16", shape, data_offsets = new[] { offset, offset + bytes } };
            offset += bytes;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = File.Create(path);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        var random = new Random(1);
        foreach (var (_, shape, deviation, mean) in list)
        {
            var values = new Half[shape.Aggregate(1, (product, axis) => product * axis)];
            for (var i = 0; i < values.Length; i++)
            {
                // The sum of three uniform numbers is near enough to normal.
                var noise = (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 2;
                values[i] = (Half)(mean + deviation * noise);
            }

            file.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }
}
