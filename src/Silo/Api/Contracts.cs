using System.ComponentModel;
using HeadScope.Jobs.Status;

namespace HeadScope.Silo.Api;

/// <param name="Next">Give it as 'after' to have the next page; absent on the last.</param>
public sealed record JobPage(IReadOnlyList<JobView> Jobs, string? Next);

/// <summary>What may be changed of a job that is not done.</summary>
public sealed record JobChange(
    [property: Description("From -100 to 100: jobs of a higher priority have workers first. Needs the role admin.")] int? Priority,
    [property: Description("Whether to lease no more shards.")] bool? Paused);
