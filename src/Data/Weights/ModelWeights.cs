using System.Security.Cryptography;
using System.Text.Json;
using HeadScope.Data.Files;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights;

/// <summary>
/// A model on disk: a Hugging Face folder or a TransformerLens checkpoint. Parts are read, and processed, when asked for, each
/// time anew.
/// </summary>
public sealed class ModelWeights : IModelWeights, IDisposable
{
    /// <summary>The parameter that families give for the unembedding: W_U by token, [d_vocab, d_model].</summary>
    public const string UnembedByToken = "unembed.W_U by token";

    /// <summary>No supported model has as many; a configuration that claims more is broken.</summary>
    const int MaxLayers = 1024;

    /// <summary>Published configurations have a few kilobytes.</summary>
    const int MaxConfigBytes = 16 << 20;

    readonly ITensorSource _checkpoint;
    readonly ParameterMap _map;

    ModelWeights(ModelFamily family, ModelConfig config, ITensorSource checkpoint, ParameterMap map, WeightProcessing processing)
    {
        Family = family;
        Config = config;
        _checkpoint = checkpoint;
        _map = map;
        Processing = processing.For(config);
    }

    public ModelFamily Family { get; }

    public ModelConfig Config { get; }

    /// <summary>The steps that are done: those asked for that mean something for this model.</summary>
    public WeightProcessing Processing { get; }

    /// <summary>
    /// Parameters under TransformerLens's names, with their shapes, as a TransformerLens state dict would list them unprocessed; W_K and
    /// W_V have the heads that are stored, also where several query heads read one.
    /// </summary>
    public IEnumerable<(string Name, long[] Shape)> Parameters => _map.Names.Select(name => name == UnembedByToken
        ? ("unembed.W_U", [Config.DModel, Config.DVocabOut])
        : (name, name.EndsWith("attn.W_O", StringComparison.Ordinal) ? [Config.NHeads, Config.DHead, Config.DModel] : _map.ShapeOf(name)));

    /// <inheritdoc cref="Open(InputPath, WeightProcessing)"/>
    public static ModelWeights Open(string folder, WeightProcessing processing) => Open(InputPath.Anywhere(folder), processing);

    /// <exception cref="InvalidDataException">The folder does not hold a supported model; the message lists every fault.</exception>
    public static ModelWeights Open(InputPath folder, WeightProcessing processing)
    {
        if (!folder.IsFolder)
            throw new InvalidDataException(
                $"{folder.Name}: there is no such folder. A model is a folder with config.json and model.safetensors.");
        var files = ModelFiles.In(folder);
        var config = files.Config;
        using var document = ParseConfig(config);
        var reader = new ConfigReader(document.RootElement, config.Name);
        var family = ModelFamily.All.FirstOrDefault(candidate => candidate.Recognizes(reader)) ?? throw new InvalidDataException(
            $"{config.Name}: the architecture {Fault.Quote(reader.Architecture ?? reader.Text("model_type") ?? "none named")} is not " +
            $"supported. Supported: {string.Join(", ", ModelFamily.All.Select(known => known.Name))}.");
        var shape = family.ReadConfig(reader);
        Check(shape, config.Name);

        var checkpoint = files.OpenCheckpoint();
        try
        {
            var map = family.Map(shape, checkpoint);
            var faults = map.Faults(checkpoint);
            if (faults.Count > 0)
                throw new InvalidDataException(
                    $"{checkpoint.Location}: this is not the checkpoint that config.json describes: " +
                    $"{string.Join("; ", faults.Take(12))}{(faults.Count > 12 ? $"; and {faults.Count - 12} more" : "")}.");
            return new ModelWeights(family, shape, checkpoint, map, processing);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>W_E, [d_vocab, d_model].</summary>
    public float[] ReadEmbedding() => ReadWritten("embed.W_E");

    /// <summary>W_pos, [n_ctx, d_model], or null where positions are rotary.</summary>
    public float[]? ReadPositions() => _map.Has("pos_embed.W_pos") ? ReadWritten("pos_embed.W_pos") : null;

    public BlockWeights ReadBlock(int layer)
    {
        var prefix = $"blocks.{layer}";
        var block = new BlockWeights
        {
            Ln1 = ReadNorm($"{prefix}.ln1"),
            Ln2 = ReadNorm($"{prefix}.ln2"),
            Ln1Post = ReadNorm($"{prefix}.ln1_post"),
            Ln2Post = ReadNorm($"{prefix}.ln2_post"),
            QNorm = ReadNorm($"{prefix}.attn.q_norm"),
            KNorm = ReadNorm($"{prefix}.attn.k_norm"),
            WQ = Read($"{prefix}.attn.W_Q"),
            WK = Read($"{prefix}.attn.W_K"),
            WV = Read($"{prefix}.attn.W_V"),
            WO = Read($"{prefix}.attn.W_O"),
            BQ = ReadOrZeros($"{prefix}.attn.b_Q", Config.NHeads * Config.DHead),
            BK = ReadOrZeros($"{prefix}.attn.b_K", Config.NKeyValueHeads * Config.DHead),
            BV = ReadOrZeros($"{prefix}.attn.b_V", Config.NKeyValueHeads * Config.DHead),
            BO = ReadOrZeros($"{prefix}.attn.b_O", Config.DModel),
            WIn = Config.AttnOnly ? null : Read($"{prefix}.mlp.W_in"),
            WGate = Config.GatedMlp ? Read($"{prefix}.mlp.W_gate") : null,
            BIn = Config.AttnOnly ? null : ReadOrZeros($"{prefix}.mlp.b_in", Config.DMlp),
            WOut = Config.AttnOnly ? null : Read($"{prefix}.mlp.W_out"),
            BOut = Config.AttnOnly ? null : ReadOrZeros($"{prefix}.mlp.b_out", Config.DModel),
        };
        // TransformerLens adds it behind the gate; no published model has one.
        if (Config.GatedMlp && block.BIn!.AsSpan().ContainsAnyExcept(0f))
            throw new InvalidDataException(
                $"{_checkpoint.Location}: {prefix}.mlp.b_in is not zero, and the bias of a gated MLP's W_in is not supported.");
        WeightProcessor.Process(block, Config, Processing);
        return block;
    }

    public UnembedWeights ReadUnembed()
    {
        var unembed = new UnembedWeights
        {
            LnFinal = ReadNorm("ln_final"),
            WUByToken = Read(UnembedByToken),
            BU = ReadOrZeros("unembed.b_U", Config.DVocabOut),
        };
        WeightProcessor.Process(unembed, Config, Processing);
        return unembed;
    }

    /// <summary>
    /// SHA-256, in hex, of everything that decides what the model computes: config.json and the checkpoint's files.
    /// </summary>
    /// <exception cref="InvalidDataException">A file is missing.</exception>
    public static string Hash(InputPath folder)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        foreach (var (name, path) in ModelFiles.In(folder).All)
        {
            sha.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            using var file = new FileSource(path);
            sha.AppendData(BitConverter.GetBytes(file.Length));
            for (long read = 0; read < file.Length;)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - read));
                file.Read(read, part);
                sha.AppendData(part);
                read += part.Length;
            }
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <inheritdoc cref="Hash(InputPath)"/>
    public static string Hash(string folder) => Hash(InputPath.Anywhere(folder));

    public void Dispose() => _checkpoint.Dispose();

    static JsonDocument ParseConfig(InputPath path)
    {
        using var file = new FileSource(path);
        JsonDocument document;
        try
        {
            document = StrictJson.Parse(file.ReadAll(MaxConfigBytes));
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{path.Name}: expected a JSON object with the model's configuration; {e.Message}.", e);
        }

        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document
            : throw new InvalidDataException(
                $"{path.Name}: expected a JSON object with the model's configuration; its root is a {document.RootElement.ValueKind}.");
    }

    static void Check(ModelConfig config, string location)
    {
        void Require(bool holds, string what)
        {
            if (!holds)
                throw new InvalidDataException($"{location}: {what}.");
        }

        Require(config.NLayers <= MaxLayers, $"{config.NLayers} layers are more than any supported model has ({MaxLayers})");
        Require(
            config.NKeyValueHeads > 0 && config.NHeads % config.NKeyValueHeads == 0,
            $"{config.NHeads} heads cannot share {config.NKeyValueHeads} heads of keys and values");
        Require(
            config.RotaryDim <= config.DHead && config.RotaryDim % 2 == 0,
            $"the rotary dimension {config.RotaryDim} is not an even number up to d_head ({config.DHead})");
        Require(
            config.WindowedLayers is null || config.WindowedLayers.Count == config.NLayers,
            $"the attention of {config.WindowedLayers?.Count} layers is named, of {config.NLayers}");
        foreach (var (name, size) in new (string, long)[]
        {
            ("embedding", (long)config.DVocab * config.DModel),
            ("unembedding", (long)config.DVocabOut * config.DModel),
            ("position table", (long)config.NCtx * (config.PositionalEmbedding == PositionalEmbedding.Rotary ? config.RotaryDim / 2 : config.DModel)),
            ("attention layer", (long)config.NHeads * config.DHead * config.DModel),
            ("MLP", (long)config.DMlp * config.DModel),
        })
            Require(size <= Array.MaxLength, $"{name}: {size} values are more than can be held");
    }

    float[] Read(string parameter) => _map.Read(_checkpoint, parameter);

    float[] ReadOrZeros(string parameter, int count) => _map.Has(parameter) ? Read(parameter) : new float[count];

    float[] ReadWritten(string parameter)
    {
        var values = Read(parameter);
        if (Processing.CenterWritingWeights)
            WeightProcessor.CenterRows(values, Config.DModel);
        return values;
    }

    NormWeights? ReadNorm(string name) =>
        _map.Has($"{name}.w") ? new NormWeights(Read($"{name}.w"), _map.Has($"{name}.b") ? Read($"{name}.b") : null) : null;
}
