using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>A constant matrix on a device, in the type its products are computed in and in the layout it came in.</summary>
/// <param name="weights">[inputs, outputs], or [outputs, inputs] where <paramref name="transposed"/>.</param>
/// <param name="bias">[outputs], float32.</param>
internal sealed class TorchMatrix(torch.Tensor weights, torch.Tensor? bias, bool transposed)
    : Matrix((int)weights.shape[transposed ? 1 : 0], (int)weights.shape[transposed ? 0 : 1])
{
    /// <summary>x W + b, [x's rows, count], float32: the outputs from <paramref name="first"/> on.</summary>
    public torch.Tensor Multiply(torch.Tensor x, int first, int count)
    {
        var columns = transposed ? weights.narrow(0, first, count).t() : weights.narrow(1, first, count); // [inputs, count]
        var part = bias?.narrow(0, first, count);
        if (weights.dtype == ScalarType.Float32)
            return part is null ? mm(x, columns) : addmm(part, x, columns, 1, 1);
        var product = mm(x.to_type(weights.dtype), columns).to_type(ScalarType.Float32);
        return part is null ? product : product.add_(part, Scalars.One);
    }

    /// <summary>Columns of W, [outputs.Length, inputs], float32; rows of zeros where an index is negative.</summary>
    public torch.Tensor Gather(int[] outputs, Device device)
    {
        var indices = HostMemory.ToDevice(Array.ConvertAll(outputs, output => Math.Max(output, 0)), device);
        var rows = transposed ? weights.index_select(0, indices) : weights.index_select(1, indices).t().contiguous();
        rows = rows.to_type(ScalarType.Float32);
        if (Array.Exists(outputs, output => output < 0))
            rows = rows.mul(HostMemory.ToDevice(tensor(Array.ConvertAll(outputs, output => output < 0 ? 0f : 1f)), device).unsqueeze(1));
        return rows;
    }

    public override void Dispose()
    {
        weights.Dispose();
        bias?.Dispose();
    }
}
