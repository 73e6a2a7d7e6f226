namespace HeadScope.Data.Tests;

/// <summary>Tests that measure what the whole process does, and so run while no others do.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;
