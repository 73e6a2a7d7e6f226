namespace HeadScope.Client.Telemetry;

/// <summary>Where a process shows its metrics.</summary>
/// <param name="Port">0 for any that is free.</param>
/// <param name="Address">A name or address of this machine, or * for all.</param>
/// <param name="Linger">How long to wait, at the end, for a scrape that sees the final numbers.</param>
internal sealed record MetricsOptions(int Port, string Address, TimeSpan Linger);
