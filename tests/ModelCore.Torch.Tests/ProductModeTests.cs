namespace HeadScope.ModelCore.Torch.Tests;

public class ProductModeTests
{
    /// <summary>A setting of the whole process must hold for every operation that asked for it, from its start to its end.</summary>
    [Fact]
    public void Enter_ThreadsThatDisagree_NeverMeet()
    {
        var setting = false;
        var mode = new ProductMode(wanted => Volatile.Write(ref setting, wanted));
        var wrong = 0;
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            for (var turn = 0; turn < 2000; turn++)
            {
                using (mode.Enter(i % 2 == 0))
                {
                    Thread.Yield();
                    if (Volatile.Read(ref setting) != (i % 2 == 0))
                        Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(1)), "a thread waits forever"));
        Assert.Equal(0, wrong);
    }
}
