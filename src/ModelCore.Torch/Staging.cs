using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// Page-locked memory between this process and a card. From and to ordinary memory a copy would wait for all that the card was told
/// before, and the processors with it.
/// </summary>
internal sealed class Staging(int card) : IDisposable
{
    readonly List<Buffer> _free = []; // two batches' downloads, as a rule

    /// <summary>
    /// Indices on the card, some time before the first operation that reads them. The native library keeps the page-locked copy until then.
    /// </summary>
    public static torch.Tensor Upload(torch.Tensor host, Device device) => host.pin_memory().to(device, non_blocking: true);

    public IDownload Download(torch.Tensor values)
    {
        var count = values.numel();
        var buffer = _free.Where(buffer => buffer.Values.numel() >= count)
            .MinBy(buffer => buffer.Values.numel()) ?? Buffer.Create(count, CudaCard.Of(card));
        _free.Remove(buffer);
        try
        {
            var target = buffer.Values.narrow(0, 0, count).view(values.shape);
            target.copy_(values, true); // without waiting
            buffer.Copied.Record();
            return new PinnedDownload(this, buffer, target.DetachFromDisposeScope());
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _free.ForEach(buffer => buffer.Dispose());
        _free.Clear();
    }

    sealed record Buffer(torch.Tensor Values, CudaEvent Copied) : IDisposable
    {
        public static Buffer Create(long count, CudaCard card) =>
            new(empty(count, ScalarType.Float32).pin_memory().DetachFromDisposeScope(), new CudaEvent(card));

        public void Dispose()
        {
            Values.Dispose();
            Copied.Dispose();
        }
    }

    sealed class PinnedDownload(Staging staging, Buffer buffer, torch.Tensor target) : IDownload
    {
        public void Finish(RowReader reader)
        {
            buffer.Copied.Wait();
            Operation.Run(reader, reader =>
            {
                HostMemory.Show(target, reader);
                return true;
            });
        }

        public void Dispose()
        {
            target.Dispose();
            buffer.Copied.Wait(); // given up or not: the card may still write to it
            staging._free.Add(buffer);
        }
    }
}
