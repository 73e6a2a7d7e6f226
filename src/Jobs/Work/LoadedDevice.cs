using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Work;

/// <summary>A job's model on a device, for the device's workers.</summary>
internal sealed class LoadedDevice : IDisposable
{
    readonly IBackend _loader;

    LoadedDevice(Workplace place, IBackend loader, Transformer model) => (Place, _loader, Model) = (place, loader, model);

    public Workplace Place { get; }

    public Transformer Model { get; }

    public static async Task<LoadedDevice> LoadAsync(JobSession session, IComputeDevice device, int threads)
    {
        var place = new Workplace(device);
        IBackend? loader = null;
        try
        {
            loader = device.Open(threads, session.Spec.Precision);
            return new LoadedDevice(place, loader, await place.RunAsync(() => session.LoadModel(loader)).ConfigureAwait(false));
        }
        catch
        {
            loader?.Dispose();
            place.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        _loader.Dispose();
        Place.Dispose();
    }
}
