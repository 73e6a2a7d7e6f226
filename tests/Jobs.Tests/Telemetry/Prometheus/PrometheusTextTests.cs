using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using HeadScope.Jobs.Telemetry.Prometheus;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Telemetry.Prometheus;

public sealed class PrometheusTextTests : IDisposable
{
    readonly Meter _meter = new("test");
    readonly MetricCollector _collector;

    public PrometheusTextTests() => _collector = new MetricCollector(meter => meter == _meter, seriesLimit: 5);

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Write_OneOfEach_IsTheTextFormat()
    {
        Measure();
        Assert.Equal("""
            # HELP jobs_total Jobs with a \\ and\na "break".
            # TYPE jobs_total counter
            jobs_total{state="done"} 3
            jobs_total{state="failed"} 0.5
            # HELP memory_bytes Held.
            # TYPE memory_bytes gauge
            memory_bytes 12345678901
            # HELP wait_seconds Waiting.
            # TYPE wait_seconds histogram
            wait_seconds_bucket{op="read",le="0.5"} 1
            wait_seconds_bucket{op="read",le="1"} 2
            wait_seconds_bucket{op="read",le="10"} 2
            wait_seconds_bucket{op="read",le="+Inf"} 3
            wait_seconds_sum{op="read"} 21.25
            wait_seconds_count{op="read"} 3

            """, Text(PrometheusFormat.Text));
    }

    [Fact]
    public void Write_OneOfEach_IsOpenMetrics()
    {
        Measure();
        Assert.Equal("""
            # HELP jobs Jobs with a \\ and\na \"break\".
            # TYPE jobs counter
            jobs_total{state="done"} 3
            jobs_total{state="failed"} 0.5
            # HELP memory_bytes Held.
            # TYPE memory_bytes gauge
            # UNIT memory_bytes bytes
            memory_bytes 12345678901
            # HELP wait_seconds Waiting.
            # TYPE wait_seconds histogram
            # UNIT wait_seconds seconds
            wait_seconds_bucket{op="read",le="0.5"} 1
            wait_seconds_bucket{op="read",le="1.0"} 2
            wait_seconds_bucket{op="read",le="10.0"} 2
            wait_seconds_bucket{op="read",le="+Inf"} 3
            wait_seconds_sum{op="read"} 21.25
            wait_seconds_count{op="read"} 3
            # EOF

            """, Text(PrometheusFormat.OpenMetrics));
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(0.1, "0.1")]
    [InlineData(-3, "-3")]
    public void Write_Number_IsSpeltAsPrometheusReadsIt(double value, string expected)
    {
        _meter.CreateObservableGauge("value", () => value);
        Assert.EndsWith($"\nvalue {expected}\n", Text(PrometheusFormat.Text), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_LabelsOfAnyText_ReadBackTheSame()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        const string Hard = "\\\"\n{}=, #é漢😀\t\r\0";
        for (var round = 0; round < 200; round++)
        {
            using var meter = new Meter("labels");
            using var collector = new MetricCollector(other => other == meter);
            var counter = meter.CreateCounter<long>("count");
            string Value() => string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ =>
                random.Next(2) == 0 ? Hard.EnumerateRunes().ElementAt(random.Next(Hard.EnumerateRunes().Count())) : new Rune(random.Next(32, 127))));
            var expected = Enumerable.Range(0, 10).Select(_ => (A: Value(), B: Value())).Distinct().ToList();
            foreach (var (a, b) in expected)
            {
                // The order of tags makes no difference.
                counter.Add(1, new KeyValuePair<string, object?>("a", a), new("b", b));
                counter.Add(2, new KeyValuePair<string, object?>("b", b), new("a", a));
            }

            var samples = PrometheusSamples.Parse(Encoding.UTF8.GetString(PrometheusText.Write(collector.Collect(), PrometheusFormat.OpenMetrics)));
            Assert.True(samples.HasEnd);
            Assert.True(
                expected.Order().SequenceEqual(samples.All.Select(sample => (sample.Labels["a"], sample.Labels["b"])).Order()) && samples.All.All(sample => sample.Value == 3),
                $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void Write_HistogramsOfRandomValues_AddUp()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            using var meter = new Meter("histograms");
            using var collector = new MetricCollector(other => other == meter);
            var bounds = Enumerable.Range(0, random.Next(1, 8)).Select(_ => Math.Round(random.NextDouble() * 10, 1)).Distinct().Order().ToArray();
            var histogram = meter.CreateHistogram("time", "s", "", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
            var values = Enumerable.Range(0, random.Next(1, 200)).Select(_ => random.Next(3) == 0 ? bounds[random.Next(bounds.Length)] : random.NextDouble() * 12 - 1).ToList();
            values.ForEach(value => histogram.Record(value));
            histogram.Record(double.NaN);

            var samples = PrometheusSamples.Parse(Encoding.UTF8.GetString(PrometheusText.Write(collector.Collect(), PrometheusFormat.Text)));
            foreach (var bound in bounds)
            {
                var le = $"time_seconds_bucket{{le=\"{bound.ToString(CultureInfo.InvariantCulture)}\"}}";
                Assert.True(samples[le] == values.Count(value => value <= bound), $"seed {seed}, round {round}: {le}");
            }

            Assert.Equal(values.Count, samples["time_seconds_bucket{le=\"+Inf\"}"]);
            Assert.Equal(values.Count, samples["time_seconds_count"]);
            Assert.Equal(values.Sum(), samples["time_seconds_sum"]);
        }
    }

    string Text(PrometheusFormat format) => Encoding.UTF8.GetString(PrometheusText.Write(_collector.Collect(), format));

    void Measure()
    {
        var jobs = _meter.CreateCounter<double>("jobs", "{job}", "Jobs with a \\ and\na \"break\".");
        jobs.Add(1, new KeyValuePair<string, object?>("state", "done"));
        jobs.Add(0.5, new KeyValuePair<string, object?>("state", "failed"));
        jobs.Add(2, new KeyValuePair<string, object?>("state", "done"));
        _meter.CreateGauge<long>("memory", "By", "Held.").Record(12345678901);
        var wait = _meter.CreateHistogram("wait", "s", "Waiting.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 10] });
        foreach (var seconds in new[] { 0.25, 1, 20 })
            wait.Record(seconds, new KeyValuePair<string, object?>("op", "read"));
    }
}
