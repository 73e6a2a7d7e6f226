namespace HeadScope.Jobs.Tests.Observation;

/// <summary>Tests that read the process's own instruments: nothing else may run a job beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TelemetryCollection
{
    public const string Name = "Telemetry";
}
