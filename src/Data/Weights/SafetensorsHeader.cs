using System.Text.Json;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights;

/// <summary>
/// The header of a safetensors file: an 8-byte little-endian length, then that much JSON naming each tensor's type, shape and
/// byte range in the rest of the file. Nothing of it is believed before it is checked against the file.
/// </summary>
/// <remarks>Format: github.com/huggingface/safetensors, "Format" in its README.</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on the JSON.</summary>
    const long MaxHeaderBytes = 100_000_000;

    readonly string _path;

    SafetensorsHeader(string path, long dataStart)
    {
        _path = path;
        DataStart = dataStart;
    }

    public Dictionary<string, (TensorInfo Info, long Offset)> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>What the file says of itself, under <c>__metadata__</c>.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Where in the file the tensors' bytes start.</summary>
    public long DataStart { get; }

    public static SafetensorsHeader Read(ByteSource file)
    {
        var path = file.Name;
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < prefix.Length)
            throw Refuse(path, $"the file has {file.Length} bytes, but a safetensors file starts with an 8-byte header length");
        file.Read(0, prefix);
        var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(file.Length - prefix.Length))
            throw Refuse(path, $"the header says it is longer than the {file.Length - prefix.Length} bytes that follow: the file is " +
                $"truncated, or not safetensors");
        if (length > MaxHeaderBytes)
            throw Refuse(path, $"the header says it is longer than the {MaxHeaderBytes} bytes that the format allows");

        var json = new byte[length];
        file.Read(prefix.Length, json);
        var header = new SafetensorsHeader(path, prefix.Length + (long)length);
        JsonDocument document;
        try
        {
            document = StrictJson.Parse(json);
        }
        catch (FormatException e)
        {
            throw Refuse(path, $"the header is damaged: {e.Message}", e);
        }

        using (document)
            header.AddAll(document.RootElement, file.Length - header.DataStart);
        return header;
    }

    void AddAll(JsonElement root, long dataLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Refuse(_path, $"the header is a JSON {root.ValueKind}, not an object");
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                AddMetadata(property.Value);
                continue;
            }

            Entries.Add(property.Name, Parse(property.Name, property.Value, dataLength));
        }

        // The format lets tensors lie in any order, but neither overlap nor leave gaps.
        var end = 0L;
        var previous = "the header";
        foreach (var (info, offset) in Entries.Values.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Info.Count))
        {
            if (offset != end)
            {
                throw Refuse(_path, offset < end
                    ? $"the bytes of {Fault.Quote(info.Name)} overlap those of {Fault.Quote(previous)}"
                    : $"bytes {end} to {offset} of the data, between {Fault.Quote(previous)} and {Fault.Quote(info.Name)}, belong to no tensor");
            }

            end = offset + info.Count * info.Type.Size();
            previous = info.Name;
        }

        if (end != dataLength)
            throw Refuse(_path, $"the tensors take {end} bytes, but {dataLength} bytes of data follow the header");
    }

    /// <summary>The format has texts here only. Nothing depends on them, so anything else is passed over.</summary>
    void AddMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
            return;
        foreach (var fact in metadata.EnumerateObject().Where(fact => fact.Value.ValueKind == JsonValueKind.String))
            Metadata[fact.Name] = fact.Value.GetString()!;
    }

    (TensorInfo Info, long Offset) Parse(string name, JsonElement value, long dataLength)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var typeName) || typeName.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shapeArray) || shapeArray.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var range) || range.ValueKind != JsonValueKind.Array
                || range.GetArrayLength() != 2)
        {
            throw Refuse(_path, $"the entry of tensor {Fault.Quote(name)} lacks one of dtype (string), shape (array) and data_offsets " +
                $"(two numbers)");
        }

        var type = typeName.GetString() switch
        {
            "F16" => TensorType.Float16,
            "BF16" => TensorType.BFloat16,
            "F32" => TensorType.Float32,
            "F64" => TensorType.Float64,
            "I8" => TensorType.Int8,
            "U8" => TensorType.UInt8,
            "I16" => TensorType.Int16,
            "U16" => TensorType.UInt16,
            "I32" => TensorType.Int32,
            "U32" => TensorType.UInt32,
            "I64" => TensorType.Int64,
            "U64" => TensorType.UInt64,
            "BOOL" => TensorType.Bool,
            var other => throw Refuse(_path, $"tensor {Fault.Quote(name)} has dtype {Fault.Quote(other ?? "")}, which is not supported " +
                $"(F16, BF16, F32, F64, integers and BOOL are)"),
        };

        var shape = shapeArray.EnumerateArray().Select(axis => Natural(name, "shape", axis)).ToArray();
        if (shape.Length > 16)
            throw Refuse(_path, $"tensor {Fault.Quote(name)} has {shape.Length} axes");
        long bytes = type.Size();
        foreach (var axis in shape)
        {
            if (axis != 0 && bytes > long.MaxValue / axis)
                throw Refuse(_path, $"tensor {Fault.Quote(name)} of shape {TensorInfo.Describe(shape)} is larger than any file");
            bytes *= axis;
        }

        long start = Natural(name, "data_offsets", range[0]), end = Natural(name, "data_offsets", range[1]);
        if (end < start || end > dataLength)
            throw Refuse(_path, $"the data of tensor {Fault.Quote(name)} is said to lie at {start} to {end}, but the data has " +
                $"{dataLength} bytes: the file is truncated or its header wrong");
        if (end - start != bytes)
            throw Refuse(_path, $"tensor {Fault.Quote(name)} of shape {TensorInfo.Describe(shape)} and dtype {typeName.GetString()} " +
                $"takes {bytes} bytes, but its offsets {start} to {end} span {end - start}");
        return (new TensorInfo(name, type, shape), start);
    }

    long Natural(string name, string field, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0
            ? number
            : throw Refuse(
                _path,
                $"tensor {Fault.Quote(name)} has {Fault.Quote(value.GetRawText())} in its {field}, where a whole number from 0 on belongs");

    static InvalidDataException Refuse(string path, string what, Exception? cause = null) =>
        new($"{path}: {what}. Download or export the file again.", cause);
}
