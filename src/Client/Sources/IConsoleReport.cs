using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Sources;

/// <summary>Whoever tells people what is done for them.</summary>
internal interface IConsoleReport
{
    /// <summary>A line for people.</summary>
    void Say(string line);

    /// <summary>Does what needs models, and shows it if one is downloaded for it.</summary>
    Task<T> WithModelsAsync<T>(Func<ModelLocator, Task<T>> action);
}
