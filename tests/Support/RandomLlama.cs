using System.Text.Json;

namespace HeadScope.Tests.Support;

/// <summary>A small model of the Llama family with random weights, as its configuration says.</summary>
internal sealed record RandomLlama
{
    public string Architecture { get; init; } = "LlamaForCausalLM";

    public int Layers { get; init; } = 2;

    public int Model { get; init; } = 20;

    public int Heads { get; init; } = 4;

    public int KeyValueHeads { get; init; } = 2;

    public int HeadSize { get; init; } = 6;

    public int Mlp { get; init; } = 29;

    public int Vocabulary { get; init; } = 37;

    public int Context { get; init; } = 80;

    public bool QueryKeyValueBias { get; init; }

    public bool OutputBias { get; init; }

    public bool Tied { get; init; }

    /// <summary>Norms before attention and MLP, and between them and the residual stream.</summary>
    public (bool Before, bool After) Norms { get; init; } = (true, false);

    /// <summary>Features of the norms of queries and keys; null where there are none.</summary>
    public (int Query, int Key)? QueryKeyNorm { get; init; }

    /// <summary>About what a norm's stored weights lie: 0 where 1 is added to them.</summary>
    public float NormMean { get; init; } = 1;

    /// <summary>Whether queries, keys and values are one tensor, and the MLP's gate and what it gates.</summary>
    public bool Fused { get; init; }

    /// <summary>More fields of config.json.</summary>
    public Dictionary<string, object?> Fields { get; init; } = [];

    public override string ToString() => $"{Architecture} {Heads}/{KeyValueHeads} heads of " +
        $"{HeadSize}{string.Concat(Fields.Select(field => $", {field.Key} {JsonSerializer.Serialize(field.Value)}"))}";

    /// <summary>Writes config.json and model.safetensors.</summary>
    public void Write(string folder, int seed, string type = "F32")
    {
        Directory.CreateDirectory(folder);
        WriteConfig(folder);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), Tensors(seed), type);
    }

    public void WriteConfig(string folder)
    {
        var config = new Dictionary<string, object?>
        {
            ["architectures"] = new[] { Architecture },
            ["hidden_size"] = Model,
            ["intermediate_size"] = Mlp,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = KeyValueHeads,
            ["head_dim"] = HeadSize,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = Context,
            ["tie_word_embeddings"] = Tied,
        };
        foreach (var (name, value) in Fields)
            config[name] = value;
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(config));
    }

    /// <summary>The tensors that such a checkpoint has, under Hugging Face's names.</summary>
    public IReadOnlyList<StoredTensor> Tensors(int seed)
    {
        var random = new Random(seed);
        var tensors = new List<StoredTensor> { Matrix("model.embed_tokens.weight", Vocabulary, Model, 1) };
        for (var l = 0; l < Layers; l++)
        {
            var layer = $"model.layers.{l}";
            if (Norms.Before)
                tensors.Add(Vector($"{layer}.input_layernorm.weight", Model, NormMean));
            tensors.Add(Vector($"{layer}.post_attention_layernorm.weight", Model, NormMean));
            if (Norms is (true, true))
                tensors.Add(Vector($"{layer}.pre_feedforward_layernorm.weight", Model, NormMean));
            if (Norms.After)
                tensors.Add(Vector($"{layer}.post_feedforward_layernorm.weight", Model, NormMean));
            if (QueryKeyNorm is { } features)
            {
                tensors.Add(Vector($"{layer}.self_attn.q_norm.weight", features.Query, NormMean));
                tensors.Add(Vector($"{layer}.self_attn.k_norm.weight", features.Key, NormMean));
            }

            if (Fused)
            {
                tensors.Add(Matrix($"{layer}.self_attn.qkv_proj.weight", (Heads + 2 * KeyValueHeads) * HeadSize, Model, Model));
                tensors.Add(Matrix($"{layer}.mlp.gate_up_proj.weight", 2 * Mlp, Model, Model));
            }
            else
            {
                AddProjections(layer);
            }

            tensors.Add(Matrix($"{layer}.self_attn.o_proj.weight", Model, Heads * HeadSize, Heads * HeadSize));
            if (OutputBias)
                tensors.Add(Vector($"{layer}.self_attn.o_proj.bias", Model, 0));
            tensors.Add(Matrix($"{layer}.mlp.down_proj.weight", Model, Mlp, Mlp));
        }

        tensors.Add(Vector("model.norm.weight", Model, NormMean));
        if (!Tied)
            tensors.Add(Matrix("lm_head.weight", Vocabulary, Model, Model));
        return tensors;

        void AddProjections(string layer)
        {
            foreach (var (name, heads) in new[] { ("q", Heads), ("k", KeyValueHeads), ("v", KeyValueHeads) })
            {
                tensors.Add(Matrix($"{layer}.self_attn.{name}_proj.weight", heads * HeadSize, Model, Model));
                if (QueryKeyValueBias)
                    tensors.Add(Vector($"{layer}.self_attn.{name}_proj.bias", heads * HeadSize, 0));
            }

            tensors.Add(Matrix($"{layer}.mlp.gate_proj.weight", Mlp, Model, Model));
            tensors.Add(Matrix($"{layer}.mlp.up_proj.weight", Mlp, Model, Model));
        }

        // Uniform with the deviation that keeps a product's inputs and outputs of one size.
        StoredTensor Matrix(string name, int rows, int columns, int inputs) =>
            new(name, [rows, columns], Values(rows * columns, 0, MathF.Sqrt(3f / inputs)));
        StoredTensor Vector(string name, int count, float mean) => new(name, [count], Values(count, mean, 0.5f));
        float[] Values(int count, float mean, float range) =>
            [.. Enumerable.Range(0, count).Select(_ => mean + (random.NextSingle() * 2 - 1) * range)];
    }
}
