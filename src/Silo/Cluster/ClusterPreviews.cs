using HeadScope.Grains.Contracts;
using HeadScope.Jobs.Status;
using HeadScope.Silo.Api;

namespace HeadScope.Silo.Cluster;

/// <summary>Previews from the grain that merges a job's shards as they arrive.</summary>
internal sealed class ClusterPreviews(IGrainFactory grains) : IPreviewReader
{
    public async Task<JobPreview> ReadAsync(JobStatus status, CancellationToken cancellation) =>
        (await grains.GetGrain<IAggregatorGrain>(status.Folder.Id).PreviewAsync().WaitAsync(cancellation).ConfigureAwait(false)).ToPreview();
}
