using System.Text.Json;

namespace HeadScope.Data.Tokens;

/// <summary>
/// A value in one of a tokenizer's JSON files, with the path that leads to it. Reading it as what it is not throws
/// <see cref="InvalidDataException"/>, which names file, field, what is there and what was expected.
/// </summary>
internal readonly record struct TokenizerField(string File, string Parent, string? Name, int? Index, JsonElement Value)
{
    const int MaxShown = 60;

    public TokenizerField(string file, JsonElement root)
        : this(file, "", null, null, root)
    {
    }

    /// <summary>
    /// As in <c>model.vocab["Ġthe"]</c> or <c>added_tokens[3].id</c>. Put together only when asked for: files have 100,000 fields.
    /// </summary>
    public string Path => (Index, Name) switch
    {
        (int index, _) => $"{Parent}[{index}]",
        (_, null) => Parent,
        _ when Name.Length > MaxShown || Name.Any(c => !char.IsAsciiLetter(c) && c != '_') => $"{Parent}[\"{Shorten(Name)}\"]",
        _ => Parent.Length == 0 ? Name : $"{Parent}.{Name}",
    };

    public bool IsNull => Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>A member of this object; null as JSON has it where it is absent.</summary>
    public TokenizerField this[string name]
    {
        get
        {
            Expect(JsonValueKind.Object, "an object");
            return new TokenizerField(File, Path, name, null, Value.TryGetProperty(name, out var value) ? value : default);
        }
    }

    public bool IsZero => Value.ValueKind == JsonValueKind.Number && Value.GetDouble() == 0;

    public string Text()
    {
        Expect(JsonValueKind.String, "a string");
        try
        {
            return Value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The only cause left: an escape that names half of a surrogate pair.
            throw new InvalidDataException(Unexpected("Unicode text").Message, e);
        }
    }

    public bool Flag() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Unexpected("true or false"),
    };

    public bool Flag(bool absent) => IsNull ? absent : Flag();

    public int Id() => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out var id) && id is >= 0 and < Vocabulary.IdLimit
        ? id
        : throw Unexpected($"a whole number from 0 to {Vocabulary.IdLimit - 1}");

    public IEnumerable<TokenizerField> Items()
    {
        Expect(JsonValueKind.Array, "an array");
        var (file, path) = (File, Path);
        return Value.EnumerateArray().Select((value, i) => new TokenizerField(file, path, null, i, value));
    }

    public IEnumerable<(string Name, TokenizerField Value)> Members()
    {
        Expect(JsonValueKind.Object, "an object");
        var (file, path) = (File, Path);
        return Value.EnumerateObject().Select(member => (member.Name, new TokenizerField(file, path, member.Name, null, member.Value)));
    }

    public InvalidDataException Unexpected(string expected) => Fault($"{Describe()} where {expected} was expected. {WriteAgain}");

    /// <summary>The file asks for something this tokenizer does not do, and would be read wrongly if that were passed over.</summary>
    public InvalidDataException Unsupported(string supported) => Fault(
        $"{Describe()} is not supported; {supported}. " +
        "Use a byte-level BPE tokenizer of the GPT-2 or GPT-NeoX family, or tokenize elsewhere and pass the token ids.");

    /// <summary>A fault of a file that nothing in it can be blamed for.</summary>
    public static InvalidDataException Damaged(string file, string fault, Exception? cause = null) =>
        new($"{file}: the whole: {fault} {WriteAgain}", cause);

    public InvalidDataException Fault(string fault) => new($"{File}: {(Path is { Length: > 0 } path ? path : "the whole")}: {fault}");

    /// <summary>A text that is short enough for a message, and fit to print.</summary>
    public static string Shorten(string text) => Files.Fault.Shorten(text, MaxShown);

    public const string WriteAgain = "Save the tokenizer again with the library that made it, or download it again.";

    void Expect(JsonValueKind kind, string expected)
    {
        if (Value.ValueKind != kind)
            throw Unexpected(expected);
    }

    string Describe() => Value.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => Shorten(Value.GetRawText()),
    };
}
