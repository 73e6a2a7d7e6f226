using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;

namespace HeadScope.Jobs.Status;

/// <summary>What a job's folder says of it, at one moment.</summary>
/// <param name="CommittedShards">Their numbers, ascending; all of them where the job is done.</param>
/// <param name="Failure">Why it failed, where it did.</param>
/// <param name="Manifest">Of the results, where they are there.</param>
public sealed record JobStatus(
    JobFolder Folder, JobSpec Spec, JobPlan Plan, JobSubmission? Submission, JobControl Control, JobState State,
    IReadOnlyList<int> CommittedShards,
    JobFailure? Failure, Manifest? Manifest)
{
    /// <summary>A job that is in no store yet.</summary>
    public static JobStatus Planned(ResolvedJob job) =>
        new(new JobFolder(job.Spec.Id), job.Spec, job.Plan, null, JobControl.Default, JobState.Planned, [], null, null);

    /// <summary>Rows of the committed shards.</summary>
    public int RowsCommitted => CommittedShards.Sum(shard => Plan.Range(shard).Rows);

    /// <summary>Share of the rows that are committed, from 0 to 1.</summary>
    public double Progress => (double)RowsCommitted / Plan.Rows;
}
