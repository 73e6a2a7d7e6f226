using System.Globalization;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Specs;
using Microsoft.Extensions.Time.Testing;

namespace HeadScope.Jobs.Tests.Leasing;

public class UnitTableTests
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);

    /// <summary>HEADSCOPE_FUZZ asks for so many random histories.</summary>
    static readonly int Histories = int.TryParse(
        Environment.GetEnvironmentVariable("HEADSCOPE_FUZZ"), CultureInfo.InvariantCulture, out var asked) ? asked : 300;

    [Fact]
    public void TryAssign_UnitsInWork_AreNobodyElsesUntilTheyLapse()
    {
        var time = new FakeTimeProvider();
        var table = Table(time, rows: 4, weights: true);
        Assert.Equal(["000000", "000001", "weights"], Enumerable.Range(0, 3).Select(_ => table.TryAssign("a")!.Unit));
        Assert.Null(table.TryAssign("b"));
        time.Advance(Duration - TimeSpan.FromTicks(1));
        Assert.Null(table.TryAssign("b"));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("000000", table.TryAssign("b")!.Unit);
    }

    [Fact]
    public void Renew_AssignmentOfAnEarlierTable_IsTakenUpUnlessSomebodyElseHasTheUnit()
    {
        var time = new FakeTimeProvider();
        var table = Table(time, rows: 4, weights: false);
        Assert.True(table.Renew(new Assignment("000001", -5), "a"));
        var leased = table.TryAssign("b")!;
        Assert.Equal("000000", leased.Unit);
        Assert.Null(table.TryAssign("c"));
        Assert.False(table.Renew(new Assignment("000000", -6), "d"));
        table.Abandon(new Assignment("000000", -6)); // not the last assignment of its unit
        Assert.Null(table.TryAssign("c"));
        table.Abandon(leased);
        Assert.Equal("000000", table.TryAssign("c")!.Unit);
    }

    [Fact]
    public void AbandonAll_WorkersThatAreGone_FreesTheirUnitsAlone()
    {
        var table = Table(new FakeTimeProvider(), rows: 6, weights: false);
        foreach (var worker in new[] { "a", "b", "a" })
            table.TryAssign(worker);
        table.AbandonAll(worker => worker == "a");
        Assert.Equal(["000000", "000002"], new[] { table.TryAssign("c"), table.TryAssign("c") }.Select(lease => lease!.Unit));
        Assert.Null(table.TryAssign("c"));
    }

    [Fact]
    public void TryAssign_UnitsThatOthersClaimed_AreLeftToThemUntilTheyAreFree()
    {
        var table = Table(new FakeTimeProvider(), rows: 6, weights: false);
        var mine = table.TryAssign("a")!;
        table.NoteClaims([0, 1]); // one of the two is this worker's own
        Assert.Equal("000002", table.TryAssign("b")!.Unit);
        Assert.Null(table.TryAssign("c"));
        table.Abandon(mine);
        Assert.Equal("000000", table.TryAssign("c")!.Unit);
        table.NoteClaims([]);
        Assert.Equal("000001", table.TryAssign("c")!.Unit);
    }

    [Fact]
    public void Refuse_ManyUnitsInARow_GoesOnSomewhereElse()
    {
        var table = Table(new FakeTimeProvider(), rows: 2000, weights: false);
        var first = table.TryAssign("a")!;
        table.Refuse(first);
        var next = Enumerable.Range(0, 3).Select(_ => int.Parse(table.TryAssign("a")!.Unit, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal([After(next[0]), After(next[1])], next[1..]);
        for (var units = 3; units < 999; units++)
            Assert.NotEqual(first.Unit, table.TryAssign("a")!.Unit);
        Assert.Null(table.TryAssign("a"));

        int After(int unit) => unit == 999 ? 1 : unit + 1; // the first is others'
    }

    [Fact]
    public void Renew_UnitThatWasSeenClaimed_IsItsHolders()
    {
        var table = Table(new FakeTimeProvider(), rows: 4, weights: false);
        table.NoteClaims([0]);
        Assert.True(table.Renew(new Assignment("000000", -1), "a"));
        table.NoteClaims([0]);
        table.Abandon(new Assignment("000000", -1));
        Assert.Equal("000000", table.TryAssign("b")!.Unit);
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
            var time = new FakeTimeProvider();
            var units = new JobUnits(new JobPlan(random.Next(1, 30), random.Next(1, 4)), random.Next(2) == 0);
            var table = new UnitTable(units, time, Duration, random.Next());
            var held = new Dictionary<Assignment, (string Worker, long Renewed)>();
            var done = new HashSet<string>();
            for (var step = 0; step < 200; step++)
            {
                var one = held.Count == 0 ? default : held.ElementAt(random.Next(held.Count));
                switch (random.Next(8))
                {
                    case 0 or 1 or 2:
                        var worker = $"w{random.Next(4)}";
                        if (table.TryAssign(worker) is { } lease)
                        {
                            Assert.DoesNotContain(lease.Unit, done);
                            Assert.False(
                                held.Any(other => other.Key.Unit == lease.Unit && IsLive(other.Value.Renewed)),
                                $"seed {seed}, step {step}: {lease.Unit} is in work");
                            held.Add(lease, (worker, time.GetTimestamp()));
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
                        table = new UnitTable(units, time, Duration, random.Next());
                        foreach (var unit in done)
                            table.Complete(units.IndexOf(unit)!.Value);
                        foreach (var (claim, holding) in held.Where(other => IsLive(other.Value.Renewed)).ToList())
                        {
                            if (table.Renew(claim, holding.Worker))
                                held[claim] = (holding.Worker, time.GetTimestamp());
                        }

                        break;
                }

                Assert.Equal(
                    (done.Count, done.Sum(unit => units.RangeOf(unit)?.Rows ?? 0)), (table.Progress.Done, table.Progress.RowsDone));
            }

            time.Advance(Duration);
            while (table.TryAssign("last") is { } lease)
                table.Complete(units.IndexOf(lease.Unit)!.Value);
            Assert.True(table.Progress == new UnitProgress(units.Count, units.Count, 0, units.Plan.Rows), $"seed {seed}: {table.Progress}");

            bool IsLive(long renewed) => time.GetElapsedTime(renewed) < Duration;
        }
    }

    static UnitTable Table(TimeProvider time, int rows, bool weights) =>
        new(new JobUnits(new JobPlan(rows, 2), weights), time, Duration, firstGeneration: 0);
}
