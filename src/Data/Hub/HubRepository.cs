using System.Text.RegularExpressions;

namespace HeadScope.Data.Hub;

/// <summary>What a repository of the hub holds.</summary>
public enum HubKind
{
    Model,
    Dataset,
}

/// <summary>A repository of the Hugging Face hub, such as <c>EleutherAI/pythia-70m</c> or <c>gpt2</c>.</summary>
public sealed partial record HubRepository
{
    /// <summary>The branch that is meant where none is named.</summary>
    public const string DefaultRevision = "main";

    const int LongestId = 96;

    /// <exception cref="ArgumentException">The id is not <c>name</c> or <c>organization/name</c>.</exception>
    public HubRepository(HubKind kind, string id)
    {
        if (!IsId(id))
        {
            throw new ArgumentException(
                $"'{id}' is no id of the hub: expected name or organization/name, of letters, digits, '-', '_' and '.', at most " +
                $"{LongestId} characters.", nameof(id));
        }

        (Kind, Id) = (kind, id);
    }

    public HubKind Kind { get; }

    public string Id { get; }

    /// <summary>The folder of its own in a cache.</summary>
    public string FolderName => $"{Plural}--{Id.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>Under the endpoint: where its page is, and its files.</summary>
    public string Path => Kind == HubKind.Model ? Id : $"{Plural}/{Id}";

    /// <summary>Under the endpoint: what the hub says about it.</summary>
    public string ApiPath => $"api/{Plural}/{Id}";

    string Plural => Kind == HubKind.Model ? "models" : "datasets";

    /// <summary>Whether a repository could have this id; whether there is one, only the hub knows.</summary>
    public static bool IsId(string id) => id.Length <= LongestId && Pattern().IsMatch(id)
        && !id.Contains("--", StringComparison.Ordinal) && !id.Contains("..", StringComparison.Ordinal) && !id.EndsWith(
            ".git", StringComparison.Ordinal);

    /// <summary>Whether a revision is a whole commit id: those alone never change their meaning.</summary>
    public static bool IsCommit(string revision) => CommitPattern().IsMatch(revision);

    public override string ToString() => $"{(Kind == HubKind.Model ? "model" : "dataset")} '{Id}'";

    // Names start and end with a letter, a digit or an underscore.
    [GeneratedRegex(@"\A(?:\w(?:[\w.-]*\w)?/)?\w(?:[\w.-]*\w)?\z", RegexOptions.ECMAScript)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex CommitPattern();
}
