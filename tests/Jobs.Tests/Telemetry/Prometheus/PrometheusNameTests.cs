using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using HeadScope.Jobs.Telemetry;
using HeadScope.Jobs.Telemetry.Prometheus;

namespace HeadScope.Jobs.Tests.Telemetry.Prometheus;

public class PrometheusNameTests
{
    /// <summary>The names that the documentation promises, and what Prometheus will know them as.</summary>
    static readonly Dictionary<string, string> Promised = new()
    {
        ["headscope_tokens_scored_total"] = "Counter",
        ["headscope_shards_total"] = "Counter",
        ["headscope_shard_seconds"] = "Histogram",
        ["headscope_shard_retries_total"] = "Counter",
        ["headscope_batches_halved_total"] = "Counter",
        ["headscope_jobs"] = "ObservableUpDownCounter",
        ["headscope_job_progress_ratio"] = "ObservableGauge",
        ["headscope_workers"] = "ObservableUpDownCounter",
        ["headscope_queue_shards"] = "ObservableUpDownCounter",
        ["headscope_model_load_seconds"] = "Histogram",
        ["headscope_device_memory_bytes"] = "ObservableGauge",
        ["headscope_reduce_seconds"] = "Histogram",
        ["headscope_store_request_seconds"] = "Histogram",
    };

    [Fact]
    public void Instruments_OfHeadScope_HaveThePromisedNamesAndAHelpText()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (!instrument.Meter.Name.StartsWith("HeadScope.", StringComparison.Ordinal))
                    return;
                var kind = instrument.GetType().Name.Split('`')[0];
                found.Add(PrometheusName.Sample(PrometheusName.Family(instrument.Name, instrument.Unit, kind == "Counter"), kind == "Counter"), kind);
                Assert.False(string.IsNullOrEmpty(instrument.Description), instrument.Name);
            },
        };
        foreach (var owner in new[] { typeof(JobInstruments), typeof(WorkerInstruments), typeof(StoreInstruments) })
            RuntimeHelpers.RunClassConstructor(owner.TypeHandle);
        listener.Start();
        Assert.Equal(Promised.OrderBy(promised => promised.Key, StringComparer.Ordinal), found);
    }

    // The expectations are those of OpenTelemetry's own exporter for Prometheus.
    [Theory]
    [InlineData("http.server.request.duration", "s", false, "http_server_request_duration_seconds")]
    [InlineData("http.server.active_requests", "{request}", false, "http_server_active_requests")]
    [InlineData("db.bytes", "By", false, "db_bytes")]
    [InlineData("db.bytes_total", "By", true, "db_bytes_total")]
    [InlineData("net.io", "By/s", false, "net_io_bytes_per_second")]
    [InlineData("net.packets", "{packet}/s", true, "net_packets_per_second_total")]
    [InlineData("cpu.utilization", "1", false, "cpu_utilization")]
    [InlineData("disk.free", "%", false, "disk_free_percent")]
    [InlineData("jobs_total", null, true, "jobs_total")]
    [InlineData("jobs", "", true, "jobs_total")]
    [InlineData("2xx.answers", null, false, "_2xx_answers")]
    [InlineData("a..b--c__d", null, false, "a_b_c_d")]
    [InlineData("tail", "m/", false, "tail_m")]
    [InlineData("recording:rule", "MiBy", false, "recording:rule_mebibytes")]
    public void Sample_OfAnInstrument_FollowsOpenTelemetrysRules(string instrument, string? unit, bool counter, string expected) =>
        Assert.Equal(expected, PrometheusName.Sample(PrometheusName.Family(instrument, unit, counter), counter));

    [Theory]
    [InlineData("http.method", "http_method")]
    [InlineData("a:b", "a_b")]
    [InlineData("1st", "_1st")]
    [InlineData("", "_")]
    [InlineData("größe", "gr_e")]
    public void Label_OfATag_IsALegalName(string tag, string expected) => Assert.Equal(expected, PrometheusName.Label(tag));
}
