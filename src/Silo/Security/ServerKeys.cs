namespace HeadScope.Silo.Security;

/// <summary>The keys that callers need, or null.</summary>
internal sealed record ServerKeys(ApiKeyFile? File)
{
    /// <summary>Whether a caller would be known if it came again.</summary>
    public bool Have(Caller caller)
    {
        try
        {
            return File is null || (caller.Key is { } key && File.Keys.Contains(key));
        }
        catch (InvalidDataException)
        {
            return false; // the file is gone or damaged: nobody is known
        }
    }
}
