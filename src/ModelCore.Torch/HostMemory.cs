using System.Runtime.InteropServices;
using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>Copies between this process's memory and tensors, in parts that a span can show.</summary>
internal static class HostMemory
{
    const long PartBytes = 1L << 30;

    /// <summary>Indices or flags, [count], on the device. What was asked of a card before is not waited for.</summary>
    public static torch.Tensor ToDevice(torch.Tensor host, Device device) =>
        device.type == TorchSharp.DeviceType.CPU ? host : Staging.Upload(host, device);

    /// <summary>Indices, [count], on the device.</summary>
    public static torch.Tensor ToDevice(ReadOnlySpan<int> indices, Device device)
    {
        var wide = new long[indices.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = indices[i];
        return ToDevice(tensor(wide), device);
    }

    /// <summary>A float32 tensor [rows, columns] on the device.</summary>
    public static torch.Tensor ToDevice(ReadOnlySpan<float> values, int rows, int columns, Device device)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException(
                $"A [{rows}, {columns}] tensor has {(long)rows * columns} values, not {values.Length}.", nameof(values));
        var host = empty(rows, columns, ScalarType.Float32);
        for (var row = 0; row < rows; row += RowsOfPart(columns))
        {
            var count = Math.Min(RowsOfPart(columns), rows - row);
            values.Slice(row * columns, count * columns).CopyTo(MemoryMarshal.Cast<byte, float>(host.narrow(0, row, count).bytes));
        }

        return device.type == TorchSharp.DeviceType.CPU ? host : host.to(device);
    }

    public static void ToHost(torch.Tensor values, Span<float> destination)
    {
        var host = values.cpu().contiguous(); // [rows, columns]
        int rows = (int)host.shape[0], columns = (int)host.shape[1];
        for (var row = 0; row < rows; row += RowsOfPart(columns))
        {
            var count = Math.Min(RowsOfPart(columns), rows - row);
            MemoryMarshal.Cast<byte, float>(host.narrow(0, row, count).bytes).CopyTo(destination.Slice(row * columns, count * columns));
        }
    }

    /// <summary>Shows the rows of a float32 tensor [rows, columns] that lies in this process's memory, where they lie.</summary>
    public static void Show(torch.Tensor values, RowReader reader)
    {
        int rows = (int)values.shape[0], columns = (int)values.shape[1];
        for (var first = 0; first < rows; first += RowsOfPart(columns))
        {
            var count = Math.Min(RowsOfPart(columns), rows - first);
            var part = MemoryMarshal.Cast<byte, float>(values.narrow(0, first, count).bytes);
            for (var row = 0; row < count; row++)
                reader(first + row, part.Slice(row * columns, columns));
        }
    }

    static int RowsOfPart(int columns) => (int)Math.Max(1, PartBytes / (sizeof(float) * (long)columns));
}
