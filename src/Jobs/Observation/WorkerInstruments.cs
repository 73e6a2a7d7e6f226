using System.Diagnostics.Metrics;

namespace HeadScope.Jobs.Observation;

/// <summary>What is measured of workers and of what they compute on.</summary>
public static class WorkerInstruments
{
    public const string MeterName = "HeadScope.Workers";

    static readonly Meter Meter = new(MeterName);
    static readonly Lock Gate = new();
    static readonly SortedDictionary<string, Device> Devices = new(StringComparer.Ordinal);

    static readonly Histogram<double> ModelLoad = Meter.CreateHistogram(
        "headscope.model.load", "s", "Time to read a model's weights, process them and bring them to the device.", tags: null,
        Buckets.Work);

    static WorkerInstruments()
    {
        Meter.CreateObservableUpDownCounter(
            "headscope.workers", Workers, "{worker}", "Workers that are scoring shards or waiting for one, by what they compute on.");
        Meter.CreateObservableGauge(
            "headscope.device.memory", Memory, "By", "Memory in use on the device, by all programs; for processors, by this process.");
    }

    /// <summary>Counts a worker until disposed of.</summary>
    /// <param name="name">Of the device: bounded, for it becomes a label.</param>
    /// <param name="memory">Bytes in use on the device. Asked while it has workers.</param>
    internal static IDisposable Working(string name, Func<long> memory)
    {
        lock (Gate)
        {
            if (!Devices.TryGetValue(name, out var device))
                Devices.Add(name, device = new Device());
            device.Workers++;
            device.Memory = memory;
            return new Worker(device);
        }
    }

    internal static void ModelLoaded(TimeSpan time) => ModelLoad.Record(time.TotalSeconds);

    static IEnumerable<Measurement<int>> Workers()
    {
        lock (Gate)
            return [.. Devices.Select(device => new Measurement<int>(device.Value.Workers, Label(device.Key)))];
    }

    static IEnumerable<Measurement<long>> Memory()
    {
        lock (Gate)
        {
            var measured = new List<Measurement<long>>();
            foreach (var (name, device) in Devices.Where(device => device.Value.Workers > 0))
            {
                try
                {
                    measured.Add(new Measurement<long>(device.Memory(), Label(name)));
                }
                catch (InvalidOperationException)
                {
                    // A device that has failed says nothing more. Its shards tell why; the other measurements go on.
                }
            }

            return measured;
        }
    }

    static KeyValuePair<string, object?> Label(string device) => new("device", device);

    sealed class Device
    {
        public int Workers { get; set; }

        public Func<long> Memory { get; set; } = () => 0;
    }

    sealed class Worker(Device device) : IDisposable
    {
        Device? _device = device;

        public void Dispose()
        {
            lock (Gate)
            {
                if (_device is not null)
                    _device.Workers--;
                _device = null;
            }
        }
    }
}
