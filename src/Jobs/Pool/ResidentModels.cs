using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Pool;

/// <summary>
/// The models a process has in memory, for several jobs: one copy of each on each device, shared by the device's workers; when a
/// device has more than it should, those that were used least recently and are not in use are let go.
/// </summary>
/// <param name="most">How many to keep on each device, at least 1. Models in use are kept all the same.</param>
/// <param name="threads">Threads to load them with.</param>
public sealed class ResidentModels(int most, int threads) : IDisposable
{
    readonly Lock _gate = new();
    readonly Dictionary<string, Resident> _models = [];
    long _uses;

    /// <summary>
    /// A model, loaded if it is not here. It stays until the caller disposes of the use. Where the device has no room for it, all that
    /// nobody uses are let go first.
    /// </summary>
    /// <exception cref="OutOfMemoryException">The device has no room for it beside the models in use.</exception>
    public Use Acquire(JobSession session, Workplace place)
    {
        try
        {
            return AcquireBeside(session, place);
        }
        catch (OutOfMemoryException) when (HasIdle(place))
        {
            lock (_gate)
                EvictIdle(place, 0);

            // What the load had brought there before it failed belongs to nobody, and goes now rather than some time.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return AcquireBeside(session, place);
        }
    }

    Use AcquireBeside(JobSession session, Workplace place)
    {
        var key = $"{session.Spec.Model.Hash} {string.Join(' ', session.Spec.Model.Processing)} {session.Spec.Precision} " +
            $"{place.Device.Backend} {place.Device.Name}";
        Resident resident;
        lock (_gate)
        {
            if (!_models.TryGetValue(key, out resident!))
                _models.Add(key, resident = new Resident(key, place.Device.Open(threads, session.Spec.Precision), session, place));
            resident.Users++;
            resident.LastUse = ++_uses;
            EvictIdle(place, most);
        }

        try
        {
            return new Use(this, resident);
        }
        catch
        {
            lock (_gate)
            {
                if (_models.GetValueOrDefault(key) == resident)
                    _models.Remove(key); // the next use tries again
                if (--resident.Users == 0)
                    resident.Dispose();
            }

            throw;
        }
    }

    public void Dispose()
    {
        foreach (var resident in _models.Values)
            resident.Dispose();
    }

    bool HasIdle(Workplace place)
    {
        lock (_gate)
            return _models.Values.Any(resident => resident.Place == place && resident.Users == 0);
    }

    void EvictIdle(Workplace place, int keep)
    {
        var there = _models.Values.Where(resident => resident.Place == place).ToList();
        foreach (var oldest in there.Where(resident => resident.Users == 0).OrderBy(resident => resident.LastUse).Take(there.Count - keep))
        {
            _models.Remove(oldest.Key);
            oldest.Dispose();
        }
    }

    void Release(Resident resident)
    {
        lock (_gate)
        {
            resident.Users--;
            EvictIdle(resident.Place, most);
        }
    }

    /// <summary>A model and the backend whose memory it lies in.</summary>
    internal sealed class Resident(string key, IBackend backend, JobSession session, Workplace place) : IDisposable
    {
        readonly Lazy<Transformer> _model = new(() => place.RunAsync(() => session.LoadModel(backend)).GetAwaiter().GetResult());

        public string Key => key;

        public Workplace Place => place;

        public Transformer Model => _model.Value;

        public int Users { get; set; }

        public long LastUse { get; set; }

        public void Dispose()
        {
            if (_model.IsValueCreated)
                _model.Value.Dispose();
            backend.Dispose();
        }
    }

    /// <summary>A model that somebody uses.</summary>
    public sealed class Use : IDisposable
    {
        readonly ResidentModels _models;
        readonly Resident _resident;

        internal Use(ResidentModels models, Resident resident) => (_models, _resident, Model) = (models, resident, resident.Model);

        public Transformer Model { get; }

        public void Dispose() => _models.Release(_resident);
    }
}
