using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Work;

public class LeaseTableTests
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);

    /// <summary>HEADSCOPE_FUZZ asks for so many random histories.</summary>
    static readonly int Histories = int.TryParse(Environment.GetEnvironmentVariable("HEADSCOPE_FUZZ"), System.Globalization.CultureInfo.InvariantCulture, out var asked) ? asked : 300;

    [Fact]
    public void TryLease_UnitsInWork_AreNobodyElsesUntilTheyLapse()
    {
        var time = new ManualTime();
        var table = Table(time, rows: 4, weights: true);
        Assert.Equal(["000000", "000001", "weights"], Enumerable.Range(0, 3).Select(_ => table.TryLease("a")!.Claim.Unit));
        Assert.Null(table.TryLease("b"));
        time.Advance(Duration - TimeSpan.FromTicks(1));
        Assert.Null(table.TryLease("b"));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("000000", table.TryLease("b")!.Claim.Unit);
    }

    [Fact]
    public void Renew_LeaseOfAnEarlierTable_IsTakenUpUnlessSomebodyElseHasTheUnit()
    {
        var time = new ManualTime();
        var table = Table(time, rows: 4, weights: false);
        Assert.True(table.Renew(new Claim("000001", -5), "a"));
        var leased = table.TryLease("b")!;
        Assert.Equal("000000", leased.Claim.Unit);
        Assert.Null(table.TryLease("c"));
        Assert.False(table.Renew(new Claim("000000", -6), "d"));
        table.Abandon(new Claim("000000", -6)); // not the last lease of its unit
        Assert.Null(table.TryLease("c"));
        table.Abandon(leased.Claim);
        Assert.Equal("000000", table.TryLease("c")!.Claim.Unit);
    }

    [Fact]
    public void AbandonAll_WorkersThatAreGone_FreesTheirUnitsAlone()
    {
        var table = Table(new ManualTime(), rows: 6, weights: false);
        foreach (var worker in new[] { "a", "b", "a" })
            table.TryLease(worker);
        table.AbandonAll(worker => worker == "a");
        Assert.Equal(["000000", "000002"], new[] { table.TryLease("c"), table.TryLease("c") }.Select(lease => lease!.Claim.Unit));
        Assert.Null(table.TryLease("c"));
    }

    /// <summary>
    /// Random histories of workers that lease, renew, finish, give up and die, of clocks that move and of tables that are lost and made
    /// anew: a unit is never two live workers' at a time, what is done stays done, and in the end all is.
    /// </summary>
    [Fact]
    public void Histories_Random_KeepEveryPromise()
    {
        for (var seed = 0; seed < Histories; seed++)
        {
            var random = new Random(seed);
            var time = new ManualTime();
            var units = new JobUnits(new JobPlan(random.Next(1, 30), random.Next(1, 4)), random.Next(2) == 0);
            var table = new LeaseTable(units, time, Duration, random.Next());
            var held = new Dictionary<Claim, (string Worker, long Renewed)>();
            var done = new HashSet<string>();
            for (var step = 0; step < 200; step++)
            {
                var one = held.Count == 0 ? default : held.ElementAt(random.Next(held.Count));
                switch (random.Next(8))
                {
                    case 0 or 1 or 2:
                        var worker = $"w{random.Next(4)}";
                        if (table.TryLease(worker) is { } lease)
                        {
                            Assert.DoesNotContain(lease.Claim.Unit, done);
                            Assert.False(held.Any(other => other.Key.Unit == lease.Claim.Unit && IsLive(other.Value.Renewed)), $"seed {seed}, step {step}: {lease.Claim.Unit} is in work");
                            Assert.Equal(units.RangeOf(lease.Claim.Unit), lease.Shard);
                            held.Add(lease.Claim, (worker, time.GetTimestamp()));
                        }

                        break;
                    case 3 when one.Key is not null && table.Renew(one.Key, one.Value.Worker):
                        held[one.Key] = (one.Value.Worker, time.GetTimestamp());
                        break;
                    case 4 when one.Key is not null:
                        Assert.Equal(done.Add(one.Key.Unit), table.Complete(units.IndexOf(one.Key.Unit)!.Value));
                        held.Remove(one.Key);
                        break;
                    case 5 when one.Key is not null:
                        table.Abandon(one.Key);
                        held.Remove(one.Key);
                        break;
                    case 6:
                        time.Advance(TimeSpan.FromSeconds(random.Next(30)));
                        break;
                    case 7 when random.Next(10) == 0:
                        // The table is lost. The store tells the next what is done; the living renew before anybody leases.
                        table = new LeaseTable(units, time, Duration, random.Next());
                        foreach (var unit in done)
                            table.Complete(units.IndexOf(unit)!.Value);
                        foreach (var (claim, holding) in held.Where(other => IsLive(other.Value.Renewed)).ToList())
                        {
                            if (table.Renew(claim, holding.Worker))
                                held[claim] = (holding.Worker, time.GetTimestamp());
                        }

                        break;
                }

                Assert.Equal((done.Count, done.Sum(unit => units.RangeOf(unit)?.Rows ?? 0)), (table.Done, table.RowsDone));
            }

            time.Advance(Duration);
            while (table.TryLease("last") is { } lease)
                table.Complete(units.IndexOf(lease.Claim.Unit)!.Value);
            Assert.True(table.IsComplete && table.Done == units.Count && table.RowsDone == units.Plan.Rows, $"seed {seed}: {table.Done} of {units.Count} units are done");

            bool IsLive(long renewed) => time.GetElapsedTime(renewed) < Duration;
        }
    }

    static LeaseTable Table(TimeProvider time, int rows, bool weights) => new(new JobUnits(new JobPlan(rows, 2), weights), time, Duration, firstGeneration: 0);
}
