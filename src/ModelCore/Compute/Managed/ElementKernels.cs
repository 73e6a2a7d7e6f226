using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>Operations on single rows, element by element.</summary>
internal static unsafe class ElementKernels
{
    public static void Activate(float* x, int count, Activation activation)
    {
        switch (activation)
        {
            case Activation.Gelu:
                for (var i = 0; i < count; i += VectorMath.Lanes)
                {
                    var v = Vector512.Load(x + i);
                    VectorMath.StoreFirst(v * VectorMath.NormalDistribution(v), x + i, count - i);
                }

                break;
            case Activation.GeluNew:
                // ½ (1 + tanh u) = 1 / (1 + exp(-2u)), which keeps its relative precision where tanh u is near -1.
                for (var i = 0; i < count; i += VectorMath.Lanes)
                {
                    var v = Vector512.Load(x + i);
                    var cubic = Vector512.FusedMultiplyAdd(v * v * v, Vector512.Create(0.044715f), v);
                    var minusTwoU = cubic * Vector512.Create(-1.59576912f); // -2 sqrt(2 / π)
                    VectorMath.StoreFirst(v / (Vector512<float>.One + VectorMath.Exp(minusTwoU)), x + i, count - i);
                }

                break;
            case Activation.Silu:
                for (var i = 0; i < count; i += VectorMath.Lanes)
                {
                    var v = Vector512.Load(x + i);
                    VectorMath.StoreFirst(v / (Vector512<float>.One + VectorMath.Exp(-v)), x + i, count - i);
                }

                break;
            case Activation.Relu:
                for (var i = 0; i < count; i += VectorMath.Lanes)
                {
                    var v = Vector512.Load(x + i);
                    VectorMath.StoreFirst(Vector512.ConditionalSelect(Vector512.LessThan(v, Vector512<float>.Zero), Vector512<float>.Zero, v), x + i, count - i);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, null);
        }
    }

    public static void Add(float* target, float* addend, int count)
    {
        for (var i = 0; i < count; i += VectorMath.Lanes)
            VectorMath.StoreFirst(Vector512.Load(target + i) + Vector512.Load(addend + i), target + i, count - i);
    }

    public static void Multiply(float* target, float* factor, int count)
    {
        for (var i = 0; i < count; i += VectorMath.Lanes)
            VectorMath.StoreFirst(Vector512.Load(target + i) * Vector512.Load(factor + i), target + i, count - i);
    }

    public static void Divide(float* target, float* divisor, int count)
    {
        for (var i = 0; i < count; i += VectorMath.Lanes)
            VectorMath.StoreFirst(Vector512.Load(target + i) / Vector512.Load(divisor + i), target + i, count - i);
    }

    /// <summary>Turns feature i of a head with feature i + half by the given angles.</summary>
    public static void Rotate(float* head, int half, float* cosines, float* sines)
    {
        for (var i = 0; i < half; i++)
        {
            float x = head[i], y = head[i + half];
            head[i] = MathF.FusedMultiplyAdd(x, cosines[i], -(y * sines[i]));
            head[i + half] = MathF.FusedMultiplyAdd(y, cosines[i], x * sines[i]);
        }
    }
}
