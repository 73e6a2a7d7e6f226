using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Sources;

/// <summary>Where jobs are kept, and what one can ask of them there.</summary>
internal interface IJobSource
{
    /// <summary>For people; without secrets.</summary>
    string Location { get; }

    /// <summary>Adds a job, or finds that it is there. One that failed or was cancelled goes on.</summary>
    /// <param name="priority">Of a job that is new, from -100 to 100.</param>
    /// <exception cref="InvalidJobException">Something is wrong with the request; the message says all of it.</exception>
    Task<JobView> SubmitAsync(JobRequest request, int priority, CancellationToken cancellation);

    /// <summary>What a job is there or, where it is not, what it would be; nothing is submitted.</summary>
    /// <inheritdoc cref="SubmitAsync" path="/exception"/>
    Task<JobView> FindAsync(JobRequest request, int priority, CancellationToken cancellation);

    /// <summary>All jobs, in order of their ids; those too that cannot be read.</summary>
    Task<IReadOnlyList<JobView>> ListAsync(CancellationToken cancellation);

    /// <exception cref="IOException">There is no such job.</exception>
    Task<JobView> StatusAsync(string id, CancellationToken cancellation);

    /// <summary>How far a job is, again and again until it ends; that it has ended comes last. Lost connections are made again.</summary>
    IAsyncEnumerable<JobView> WatchAsync(string id, CancellationToken cancellation);

    /// <summary>The heads' scores so far; null where they are not known.</summary>
    Task<JobPreview?> PreviewAsync(string id, CancellationToken cancellation);

    /// <summary>Has a job stop; what is finished is kept. Returns what it is then: one that is done stays so.</summary>
    Task<JobView> CancelAsync(string id, CancellationToken cancellation);

    /// <summary>Deletes a job with everything it has made, whatever its blobs are.</summary>
    /// <exception cref="IOException">There is no such job.</exception>
    Task PurgeAsync(string id, CancellationToken cancellation);

    /// <summary>Changes what is given of a job's priority and of whether its shards are leased.</summary>
    Task<JobView> ChangeAsync(string id, int? priority, bool? paused, CancellationToken cancellation);

    /// <summary>What a job's results are; null where it is not done.</summary>
    Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation);

    /// <summary>One of a job's results, from a byte on.</summary>
    Task<Stream> OpenResultAsync(string id, string file, long offset, CancellationToken cancellation);
}
