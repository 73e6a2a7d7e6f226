using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Sources;

/// <summary>Where jobs are kept, and what one can ask of them there.</summary>
internal interface IJobSource
{
    /// <summary>For people; without secrets.</summary>
    string Location { get; }

    /// <summary>Adds a job, or finds that it is there. One that failed or was cancelled goes on.</summary>
    /// <exception cref="InvalidJobException">Something is wrong with the request; the message says all of it.</exception>
    Task<JobOverview> SubmitAsync(JobRequest request, CancellationToken cancellation);

    /// <summary>All jobs, in order of their ids.</summary>
    Task<IReadOnlyList<JobOverview>> ListAsync(CancellationToken cancellation);

    /// <exception cref="InvalidDataException">There is no such job.</exception>
    Task<JobOverview> StatusAsync(string id, CancellationToken cancellation);

    /// <summary>Has a job stop; what is finished is kept. Returns what it is then: one that is done stays so.</summary>
    Task<JobOverview> CancelAsync(string id, CancellationToken cancellation);

    /// <summary>What a job's results are; null where it is not done.</summary>
    Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation);

    /// <summary>One of a job's results.</summary>
    Task<Stream> OpenResultAsync(string id, string file, CancellationToken cancellation);
}
