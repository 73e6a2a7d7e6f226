using HeadScope.Data.Files;

namespace HeadScope.Jobs.Specs;

/// <summary>A model on this machine.</summary>
/// <param name="Hub">Where it comes from, if from the hub.</param>
public sealed record LocatedModel(InputPath Folder, HubSource? Hub);

/// <summary>Where the files are that a request names.</summary>
/// <param name="Model">Null where it was not found.</param>
/// <param name="InductionTokens">Null where the request names none.</param>
public sealed record LocatedFiles(LocatedModel? Model, InputPath Tokens, InputPath? InductionTokens)
{
    /// <summary>A request of this machine's own user.</summary>
    public static LocatedFiles Anywhere(JobRequest request, LocatedModel? model) => new(
        model, InputPath.Anywhere(request.Tokens.Path),
        request.InductionTokens is { } induction ? InputPath.Anywhere(induction.Path) : null);
}
