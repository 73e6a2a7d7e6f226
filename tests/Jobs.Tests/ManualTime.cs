namespace HeadScope.Jobs.Tests;

/// <summary>A clock that moves when it is told to.</summary>
/// <param name="ahead">By how much it is ahead of others of its kind.</param>
internal sealed class ManualTime(TimeSpan ahead = default) : TimeProvider
{
    long _ticks = TimeSpan.TicksPerDay + ahead.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
