using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Status;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Api;

/// <summary>
/// A job's progress as server-sent events: 'job' whenever it has changed, with a <see cref="JobView"/>, until the job ends or the caller's
/// key is taken away.
/// </summary>
internal sealed class JobEvents(JobMonitor monitor, ServerKeys keys, IHostApplicationLifetime lifetime, TimeProvider time)
{
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Proxies cut connections that are silent for longer.</summary>
    static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    public async IAsyncEnumerable<SseItem<JobView>> WatchAsync(
        JobFolder folder, JobView first, Caller caller, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        var sent = 0;
        var last = time.GetTimestamp();
        for (JobView? view = first, before = null; view is not null;)
        {
            if (view != before || time.GetElapsedTime(last) >= LongestSilence)
            {
                yield return new SseItem<JobView>(view, "job")
                {
                    EventId = (++sent).ToString(
                    System.Globalization.CultureInfo.InvariantCulture)
                };
                (before, last) = (view, time.GetTimestamp());
            }

            if (view.State.HasEnded())
                yield break;
            try
            {
                await Task.Delay(LookInterval, time, stop.Token).ConfigureAwait(false);
                if (!keys.Have(caller))
                    yield break;
                view = await monitor.TryViewAsync(folder, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
    }
}
