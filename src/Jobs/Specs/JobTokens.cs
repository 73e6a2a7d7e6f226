using HeadScope.Data.Tokens;

namespace HeadScope.Jobs.Specs;

/// <summary>
/// A job's token rows, known to be those it was made for. A file that is overwritten in place while the job runs would give scores of
/// other tokens under the old hash: nothing that was made of rows counts unless the file was as hashed when they were read, and untouched
/// meanwhile.
/// </summary>
/// <remarks>
/// Whoever scores looks whether the file was written to, which costs nothing, and hashes it again only then. Whoever reduces hashes it all
/// again before the manifest names the hash: every reducer reads tokens, for the examples. Any number of threads may ask.
/// </remarks>
/// <param name="vocabulary">Tokens that the model knows.</param>
public sealed class JobTokens(TokenDataset tokens, JobSpec spec, int vocabulary) : IDisposable
{
    readonly Lock _gate = new();
    DateTime? _verified; // when the file that was found right had been written to last

    public TokenDataset Rows => tokens;

    /// <summary>Reads all rows, and compares their hash with the job's.</summary>
    /// <exception cref="InvalidDataException">They are other rows.</exception>
    public void Verify()
    {
        var written = tokens.LastWriteTime;
        if (tokens.Rows < spec.Tokens.Rows || tokens.Context != spec.Tokens.Context
            || tokens.Hash(spec.Tokens.Rows, vocabulary) != spec.Tokens.Hash)
        {
            throw new InvalidDataException(
                $"{tokens.Name}: these are not the tokens that job {spec.Id} was made for: the file has changed. "
                + "Restore it, or start a new job.");
        }

        lock (_gate)
            _verified = written;
    }

    /// <summary>Does what reads rows, and makes sure that they were the job's all the while.</summary>
    /// <exception cref="InvalidDataException">
    /// They are other rows, or the file was written to meanwhile: what was done must not count.
    /// </exception>
    public void Use(Action action)
    {
        var written = tokens.LastWriteTime;
        lock (_gate)
        {
            if (_verified != written)
                Verify();
        }

        action();
        if (tokens.LastWriteTime != written)
        {
            throw new InvalidDataException(
                $"{tokens.Name}: the file was written to while job {spec.Id} read it. Leave it as it is while jobs need it.");
        }
    }

    public void Dispose() => tokens.Dispose();
}
