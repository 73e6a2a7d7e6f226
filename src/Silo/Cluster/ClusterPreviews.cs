using HeadScope.Grains.Contracts;
using HeadScope.Jobs.Status;
using HeadScope.Silo.Api;

namespace HeadScope.Silo.Cluster;

/// <summary>Previews from the grain that merges a job's shards as they arrive.</summary>
internal sealed class ClusterPreviews(IGrainFactory grains) : IPreviewReader
{
    /// <exception cref="IOException">No silo that works on jobs answers.</exception>
    public async Task<JobPreview> ReadAsync(JobStatus status, CancellationToken cancellation)
    {
        try
        {
            return (await grains.GetGrain<IAggregatorGrain>(status.Folder.Id).PreviewAsync().WaitAsync(cancellation).ConfigureAwait(false)).ToPreview();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            throw new IOException($"The preview of job {status.Folder.Id} is not to be had: no silo that works on jobs answers ({e.Message}).", e);
        }
    }
}
