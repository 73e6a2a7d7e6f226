using HeadScope.Grains.Contracts;
using HeadScope.Jobs.Status;

namespace HeadScope.Silo.Api;

/// <summary>Previews from the grain that merges a job's shards as they arrive.</summary>
internal sealed class PreviewReader(IGrainFactory grains)
{
    /// <exception cref="IOException">No silo answers.</exception>
    public async Task<JobPreview> ReadAsync(JobStatus status, CancellationToken cancellation)
    {
        try
        {
            return (await grains.GetGrain<IAggregatorGrain>(status.Folder.Id).PreviewAsync().WaitAsync(cancellation).ConfigureAwait(false))
                .ToPreview();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            throw new IOException($"The preview of job {status.Folder.Id} was not read: no silo of the cluster answers ({e.Message}).", e);
        }
    }
}
