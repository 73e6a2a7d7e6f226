namespace HeadScope.Data.Tokens;

/// <summary>The tokens of a model and their ids: one to one, gaps allowed.</summary>
internal sealed class Vocabulary
{
    /// <summary>
    /// One more than the largest id a file may use. The largest vocabularies have a quarter of a million tokens; with this
    /// limit, a table with a place for every id stays small.
    /// </summary>
    public const int IdLimit = 1 << 20;

    readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    readonly Dictionary<int, string> _tokens = [];

    public int Count => _ids.Count;

    public IEnumerable<KeyValuePair<int, string>> Tokens => _tokens;

    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public string? TokenOf(int id) => _tokens.GetValueOrDefault(id);

    /// <summary>False, and nothing added, where the token or its id is taken.</summary>
    public bool TryAdd(string token, int id)
    {
        if (!_ids.TryAdd(token, id))
            return false;
        if (_tokens.TryAdd(id, token))
            return true;
        _ids.Remove(token);
        return false;
    }
}
