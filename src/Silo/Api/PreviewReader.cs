using System.Collections.Concurrent;
using HeadScope.Jobs;
using HeadScope.Jobs.Status;

namespace HeadScope.Silo.Api;

/// <summary>The head frame of a job's shards so far.</summary>
internal interface IPreviewReader
{
    Task<JobPreview> ReadAsync(JobStatus status, CancellationToken cancellation);
}

/// <summary>Reads previews from the store. Each shard's statistics are read once while somebody looks.</summary>
internal sealed class PreviewReader(JobStore jobs, TimeProvider time) : IPreviewReader
{
    /// <summary>Statistics are forgotten when nobody has looked for so long.</summary>
    static readonly TimeSpan Idle = TimeSpan.FromMinutes(2);

    /// <summary>Jobs whose statistics are held at a time.</summary>
    const int MostJobs = 8;

    readonly ConcurrentDictionary<string, Looked> _previews = new();

    public async Task<JobPreview> ReadAsync(JobStatus status, CancellationToken cancellation)
    {
        foreach (var (id, old) in _previews)
        {
            if (time.GetElapsedTime(old.Last) > Idle)
                _previews.TryRemove(id, out _);
        }

        if (_previews.Count >= MostJobs && !_previews.ContainsKey(status.Folder.Id))
            _previews.TryRemove(_previews.MinBy(pair => pair.Value.Last).Key, out _);
        var looked = _previews.GetOrAdd(status.Folder.Id, _ => new Looked(new LivePreview(jobs.Blobs, status.Folder, status.Spec, status.Plan)));
        looked.Last = time.GetTimestamp();
        await looked.Preview.AddAsync(status.CommittedShards, cancellation).ConfigureAwait(false);
        return await looked.Preview.ReadAsync(cancellation).ConfigureAwait(false);
    }

    sealed class Looked(LivePreview preview)
    {
        public LivePreview Preview => preview;

        /// <summary>When somebody last looked, as a timestamp.</summary>
        public long Last { get; set; }
    }
}
