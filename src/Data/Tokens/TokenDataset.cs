using System.Buffers.Binary;
using System.Security.Cryptography;
using HeadScope.Data.Files;
using HeadScope.Data.Weights;

namespace HeadScope.Data.Tokens;

/// <summary>
/// A file of token rows, [rows, context], integers: a tensor of a safetensors file, or a .npy file. Rows are read by range; the
/// file is never held.
/// </summary>
public sealed class TokenDataset : IDisposable
{
    public const string DefaultTensor = "tokens";

    readonly ITokenStorage _storage;

    TokenDataset(string name, ITokenStorage storage)
    {
        Name = name;
        _storage = storage;
        var shape = storage.Shape;
        if (shape.Length != 2)
            throw new InvalidDataException($"{name}: the tokens have the shape {TensorInfo.Describe(shape)}; expected [rows, context].");
        if (shape[0] < 1 || shape[1] < 1)
            throw new InvalidDataException($"{name}: the tokens have the shape {TensorInfo.Describe(shape)}: there is nothing to score.");
        if (shape[0] > int.MaxValue || shape[1] > 1 << 20)
            throw new InvalidDataException(
                $"{name}: the tokens have the shape {TensorInfo.Describe(shape)}; at most {int.MaxValue} rows of {1 << 20} are supported.");
        Rows = (int)shape[0];
        Context = (int)shape[1];
    }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    public int Rows { get; }

    /// <summary>Tokens a row.</summary>
    public int Context { get; }

    /// <summary>What the file says of its making, such as <c>headscope tokens</c> writes: texts by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _storage.Metadata;

    /// <summary>When the file was written to last, in UTC: later than at first where it was overwritten in place.</summary>
    public DateTime LastWriteTime => _storage.LastWriteTime;

    /// <summary>Opens a file of this machine's own user.</summary>
    /// <inheritdoc cref="Open(InputPath, string?)"/>
    public static TokenDataset Open(TokenLocation location) => Open(InputPath.Anywhere(location.Path), location.Tensor);

    /// <param name="file">A .npy file, or otherwise a safetensors file.</param>
    /// <param name="tensor">Of a safetensors file. Null for the tensor <c>tokens</c>.</param>
    /// <exception cref="InvalidDataException">The file is missing or damaged, or does not hold rows of tokens.</exception>
    public static TokenDataset Open(InputPath file, string? tensor)
    {
        ITokenStorage storage;
        try
        {
            storage = file.Path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase)
                ? NpyTokens.Open(file)
                : SafetensorsTokens.Open(file, tensor ?? DefaultTensor);
        }
        catch (FileNotFoundException)
        {
            throw new InvalidDataException($"{file.Name}: there is no such file. Tokens come from FILE.safetensors[:TENSOR] or FILE.npy.");
        }

        try
        {
            return new TokenDataset(tensor is null ? file.Name : $"{file.Name}:{tensor}", storage);
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    /// <summary>Reads rows from <paramref name="firstRow"/> on, as many as fit <paramref name="destination"/>, [rows * context].</summary>
    /// <exception cref="InvalidDataException">A token is negative or larger than an int32.</exception>
    public void Read(int firstRow, Span<int> destination)
    {
        var size = _storage.ItemSize;
        var rented = System.Buffers.ArrayPool<byte>.Shared.Rent(checked(destination.Length * size));
        var bytes = rented.AsSpan(0, destination.Length * size);
        _storage.ReadBytes((long)firstRow * Context * size, bytes);
        for (var i = 0; i < destination.Length; i++)
        {
            var item = bytes.Slice(i * size, size);
            var token = (size, _storage.Signed) switch
            {
                (8, _) => BinaryPrimitives.ReadInt64LittleEndian(item),
                (4, true) => BinaryPrimitives.ReadInt32LittleEndian(item),
                (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(item),
                (2, true) => BinaryPrimitives.ReadInt16LittleEndian(item),
                (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(item),
                (_, true) => (sbyte)item[0],
                _ => item[0],
            };
            if (token is < 0 or > int.MaxValue)
                throw new InvalidDataException(
                    $"{Name}: the token at row {firstRow + i / Context}, position {i % Context} is {token}; tokens are numbers from 0 on.");
            destination[i] = (int)token;
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>
    /// SHA-256, in hex, of the first rows as int32, whatever they are stored as; and checks on the way that each token is in the
    /// vocabulary.
    /// </summary>
    /// <exception cref="InvalidDataException">A token is not; the message says which.</exception>
    public string Hash(int rows, int vocabulary)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<int> shape = [rows, Context];
        sha.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(shape));
        var rowsAtATime = Math.Max(1, (1 << 18) / Context);
        var buffer = new int[rowsAtATime * Context];
        for (var first = 0; first < rows; first += rowsAtATime)
        {
            var part = buffer.AsSpan(0, Math.Min(rowsAtATime, rows - first) * Context);
            Read(first, part);
            var wrong = part.IndexOfAnyExceptInRange(0, vocabulary - 1);
            if (wrong >= 0)
                throw new InvalidDataException(
                    $"{Name}: the token at row {first + wrong / Context}, position {wrong % Context} is {part[wrong]}, but the model's " +
                    $"vocabulary has {vocabulary} tokens. Was the text tokenised for another model?");
            sha.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(part));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    public void Dispose() => _storage.Dispose();
}
