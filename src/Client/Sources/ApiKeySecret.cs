using HeadScope.Jobs;

namespace HeadScope.Client.Sources;

/// <summary>
/// The key that a server asks for. It comes from the environment or a file, never from the command line, where other users of the
/// machine would see it; and it is sent to the server and shown nowhere.
/// </summary>
internal sealed class ApiKeySecret
{
    public const string Variable = "HEADSCOPE_API_KEY";

    ApiKeySecret(string value, string origin) => (Value, Origin) = (value, origin);

    public string Value { get; }

    /// <summary>Where it was found, for people.</summary>
    public string Origin { get; }

    /// <param name="file">Null for the environment's.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="InvalidDataException">What is there cannot be a key, or others can read it.</exception>
    public static ApiKeySecret? Read(string? file)
    {
        if (file is not null && File.Exists(file))
            PrivateFile.Check(file, "the API key in it");
        var (text, origin) = file is null ? (Environment.GetEnvironmentVariable(Variable), Variable) : (File.ReadAllText(file), file);
        var value = text?.Trim() ?? "";
        if (value.Length == 0)
            return file is null ? null : throw new InvalidDataException(
                $"{file}: the file is empty; expected an API key, as 'headscope-silo keys add' prints it.");
        return value.All(c => char.IsAscii(c) && !char.IsControl(c) && c != ' ')
            ? new ApiKeySecret(value, origin)
            : throw new InvalidDataException(
                $"{origin}: this is no API key; expected one line without spaces, as 'headscope-silo keys add' prints it.");
    }

    public override string ToString() => Origin; // so that no message shows the key by mistake
}
