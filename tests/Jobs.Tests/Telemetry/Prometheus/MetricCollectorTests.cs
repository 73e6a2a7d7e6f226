using System.Diagnostics.Metrics;
using System.Text;
using HeadScope.Jobs.Telemetry.Prometheus;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Telemetry.Prometheus;

public sealed class MetricCollectorTests : IDisposable
{
    const int Limit = 5;

    readonly Meter _meter = new("test");
    readonly MetricCollector _collector;

    public MetricCollectorTests() => _collector = new MetricCollector(meter => meter == _meter, Limit);

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Collect_MoreSeriesThanAllowed_CountsTheRestTogether()
    {
        var counter = _meter.CreateCounter<int>("requests");
        for (var user = 0; user < 1000; user++)
            counter.Add(1, new KeyValuePair<string, object?>("user", user));
        _meter.CreateObservableGauge("sizes", () => Enumerable.Range(0, 1000).Select(user => new Measurement<int>(2, new KeyValuePair<string, object?>("user", user))));
        for (var scrape = 0; scrape < 2; scrape++)
        {
            var samples = Scrape();
            Assert.Equal(2 * (Limit + 1), samples.All.Count);
            Assert.Equal(1, samples["requests_total{user=\"0\"}"]);
            Assert.Equal(1000 - Limit, samples["requests_total{otel_metric_overflow=\"true\"}"]);
            Assert.Equal(2 * (1000 - Limit), samples["sizes{otel_metric_overflow=\"true\"}"]);
        }
    }

    [Fact]
    public void Collect_ObservedSeriesThatIsNotObservedAgain_IsGone()
    {
        var devices = new List<string> { "one", "two" };
        _meter.CreateObservableUpDownCounter("workers", () => devices.Select(device => new Measurement<int>(1, new KeyValuePair<string, object?>("device", device))));
        var gauge = _meter.CreateGauge<float>("load");
        gauge.Record(0.5f);
        Assert.Equal(3, Scrape().All.Count);
        devices.Remove("one");
        Assert.Equal(["load", "workers"], Scrape().All.Select(sample => sample.Name));
        devices.Clear();
        Assert.False(Scrape().Types.ContainsKey("workers"));
    }

    [Fact]
    public void Collect_InstrumentThatThrows_LosesOnlyItself()
    {
        _meter.CreateObservableGauge("broken", new Func<int>(() => throw new InvalidOperationException("no device")));
        _meter.CreateObservableCounter("whole", () => 7L);
        Assert.Equal(7, Assert.Single(Scrape().All).Value);
        Assert.Equal("counter", Scrape().Types["whole_total"]);
    }

    [Fact]
    public void Collect_TagsThatBecomeOneLabel_AreJoined()
    {
        _meter.CreateCounter<byte>("count").Add(1, new KeyValuePair<string, object?>("a.b", 1.5), new("a-b", true), new("none", null));
        var labels = Assert.Single(Scrape().All).Labels;
        Assert.Equal("1.5;true", labels["a_b"]);
        Assert.Equal("", labels["none"]);
    }

    [Fact]
    public void Collect_NameTakenByAnotherType_KeepsTheFirst()
    {
        _meter.CreateCounter<int>("thing").Add(1);
        _meter.CreateHistogram<int>("thing").Record(1);
        Assert.Equal("counter", Assert.Single(Scrape().Types).Value);
    }

    [Fact]
    public async Task Collect_InstrumentsMadeByAClassThatIsObserved_DoesNotDeadlock()
    {
        // A scrape asks an instrument of a class whose initialisation, on another thread, is making the next one.
        using var collector = new MetricCollector(meter => meter.Name == SlowClass.Name);
        var scraping = Task.Run(() =>
        {
            while (collector.Collect().Count < 2)
                Thread.Yield();
        });
        await Task.WhenAll(scraping, Task.Run(SlowClass.Touch)).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Collect_WhileManyThreadsMeasure_IsConsistentAndInTheEndExact()
    {
        const int Threads = 4, Each = 20_000;
        var histogram = _meter.CreateHistogram("time", null, "", tags: null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2] });
        var counter = _meter.CreateCounter<long>("count");
        var measuring = Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                histogram.Record(1 + (i & 1), new KeyValuePair<string, object?>("thread", thread % 2));
                counter.Add(1);
            }
        })).ToList();
        var (last, finished) = (0.0, false);
        while (!finished)
        {
            finished = measuring.All(task => task.IsCompleted);
            var samples = Scrape();
            foreach (var (_, labels, count) in samples.All.Where(sample => sample.Name == "time_count"))
            {
                var thread = $"thread=\"{labels["thread"]}\"";
                Assert.Equal(count, samples[$"time_bucket{{le=\"+Inf\",{thread}}}"]);

                // Every value is 1 or 2: what is above 1 shows in the sum.
                Assert.Equal(samples[$"time_sum{{{thread}}}"], 2 * count - samples[$"time_bucket{{le=\"1\",{thread}}}"]);
            }

            var total = samples.Types.ContainsKey("count_total") ? samples["count_total"] : 0;
            Assert.True(total >= last, "a counter went down");
            last = total;
        }

        await Task.WhenAll(measuring);
        Assert.Equal(Threads * Each, Scrape()["count_total"]);
    }

    PrometheusSamples Scrape() => PrometheusSamples.Parse(Encoding.UTF8.GetString(PrometheusText.Write(_collector.Collect(), PrometheusFormat.Text)));

    static class SlowClass
    {
        public const string Name = "slow";

        static readonly Meter Meter = new(Name);

        static SlowClass()
        {
            Meter.CreateObservableGauge("first", One);
            Thread.Sleep(50); // a scrape may find the first before there is the second
            Meter.CreateObservableGauge("second", One);
        }

        public static void Touch() => One();

        static int One() => 1;
    }
}
