namespace HeadScope.Jobs.Roots;

/// <summary>Where the files of jobs must lie for a process to open them.</summary>
/// <param name="models">Folders with models. Models from the hub lie in the hub's cache instead.</param>
/// <param name="tokens">Folders with token files.</param>
public sealed class InputRoots(IReadOnlyList<string> models, IReadOnlyList<string> tokens)
{
    public RootedPaths Models { get; } = new("model", models);

    public RootedPaths Tokens { get; } = new("token file", tokens);
}
