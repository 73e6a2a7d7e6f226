using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Work;

public class DeviceThreadTests
{
    [Fact]
    public async Task Run_WorkOfManyCallers_IsDoneOnOneThreadOneAfterTheOther()
    {
        using var thread = new DeviceThread("the device's");
        var threads = new HashSet<(int, string?)>();
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => thread.RunAsync(() =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            threads.Add((Environment.CurrentManagedThreadId, Thread.CurrentThread.Name));
            return Interlocked.Decrement(ref inside);
        }, default))));
        Assert.Equal("the device's", Assert.Single(threads).Item2);
    }

    [Fact]
    public async Task Run_WorkFails_FaultIsTheCallersAndTheThreadGoesOn()
    {
        using var thread = new DeviceThread("device");
        await Assert.ThrowsAsync<InvalidDataException>(() => thread.RunAsync<int>(() => throw new InvalidDataException("no"), default));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => thread.RunAsync<int>(() => throw new OperationCanceledException(), default));
        Assert.True(await thread.RunAsync(() => true, default));
    }
}
