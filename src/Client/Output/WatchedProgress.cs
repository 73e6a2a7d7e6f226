using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Output;

/// <summary>How far a job is that others work on, as they tell it.</summary>
internal sealed class WatchedProgress(JobView first, TimeProvider time) : IJobFigures
{
    readonly RateMeter _rows = new(time);
    volatile JobView _latest = first;
    volatile JobPreview? _preview;

    public JobView Latest => _latest;

    public int Shards => _latest.Shards;

    public int ShardsCommitted => _latest.ShardsCommitted;

    public int Failures => 0; // those who work know

    public bool IsReducing => _latest.State == JobState.Reducing;

    public bool IsPaused => _latest.State == JobState.Paused;

    public double Share => _latest.Progress;

    public double TokensPerSecond => _latest.TokensPerSecond ?? ((_rows.PerSecond ?? 0) * _latest.Context);

    public TimeSpan? Remaining =>
        TokensPerSecond is > 0 and var rate ? TimeSpan.FromSeconds((1 - Share) * _latest.Rows * _latest.Context / rate) : null;

    public LeadingHeads TopHeads(int count) => _preview is { } preview ? LeadingHeads.Of(preview, count) : LeadingHeads.None;

    public void Take(JobView status)
    {
        _rows.Add((long)Math.Round((status.Progress - _latest.Progress) * status.Rows));
        _latest = status;
    }

    public void Take(JobPreview? preview) => _preview = preview;
}
