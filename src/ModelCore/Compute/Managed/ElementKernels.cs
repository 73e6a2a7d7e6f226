using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>Operations on single rows, element by element.</summary>
internal static unsafe class ElementKernels
{
    /// <summary>x = activation(x), times <paramref name="factor"/> where that is not null.</summary>
    public static void Activate(float* x, float* factor, int count, Activation activation)
    {
        switch (activation)
        {
            case Activation.Gelu:
                Activate<Gelu>(x, factor, count);
                break;
            case Activation.GeluNew:
                Activate<GeluNew>(x, factor, count);
                break;
            case Activation.Silu:
                Activate<Silu>(x, factor, count);
                break;
            case Activation.Relu:
                Activate<Relu>(x, factor, count);
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

    public static void Divide(float* target, float* divisor, int count)
    {
        for (var i = 0; i < count; i += VectorMath.Lanes)
            VectorMath.StoreFirst(Vector512.Load(target + i) / Vector512.Load(divisor + i), target + i, count - i);
    }

    /// <summary>Turns feature i of a head with feature i + half by the given angles.</summary>
    public static void Rotate(float* head, int half, float* cosines, float* sines)
    {
        var i = 0;
        for (; i + VectorMath.Lanes <= half; i += VectorMath.Lanes)
        {
            Vector512<float> x = Vector512.Load(head + i), y = Vector512.Load(head + half + i);
            Vector512<float> cosine = Vector512.Load(cosines + i), sine = Vector512.Load(sines + i);
            Vector512.FusedMultiplyAdd(x, cosine, -(y * sine)).Store(head + i);
            Vector512.FusedMultiplyAdd(y, cosine, x * sine).Store(head + half + i);
        }

        for (; i < half; i++)
        {
            float x = head[i], y = head[i + half];
            head[i] = MathF.FusedMultiplyAdd(x, cosines[i], -(y * sines[i]));
            head[i + half] = MathF.FusedMultiplyAdd(y, cosines[i], x * sines[i]);
        }
    }

    /// <summary>Turns feature 2i of a head with feature 2i + 1 by the given angles.</summary>
    public static void RotateAdjacent(float* head, int pairs, float* cosines, float* sines)
    {
        for (var i = 0; i < pairs; i++)
        {
            float x = head[2 * i], y = head[2 * i + 1];
            head[2 * i] = MathF.FusedMultiplyAdd(x, cosines[i], -(y * sines[i]));
            head[2 * i + 1] = MathF.FusedMultiplyAdd(y, cosines[i], x * sines[i]);
        }
    }

    /// <summary>x = cap tanh(x / cap).</summary>
    public static void SoftCap(float* x, int count, float cap)
    {
        Vector512<float> most = Vector512.Create(cap), inverse = Vector512.Create(1 / cap);
        for (var i = 0; i < count; i += VectorMath.Lanes)
            VectorMath.StoreFirst(most * VectorMath.Tanh(Vector512.Load(x + i) * inverse), x + i, count - i);
    }

    static void Activate<TFunction>(float* x, float* factor, int count)
        where TFunction : struct, IFunction
    {
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var value = TFunction.Of(Vector512.Load(x + i));
            if (factor is not null)
                value *= Vector512.Load(factor + i);
            VectorMath.StoreFirst(value, x + i, count - i);
        }
    }

    interface IFunction
    {
        static abstract Vector512<float> Of(Vector512<float> v);
    }

    readonly struct Gelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> v) => v * VectorMath.NormalDistribution(v);
    }

    readonly struct GeluNew : IFunction
    {
        // ½ (1 + tanh u) = 1 / (1 + exp(-2u)), which keeps its relative precision where tanh u is near -1.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> v)
        {
            var cubic = Vector512.FusedMultiplyAdd(v * v * v, Vector512.Create(0.044715f), v);
            var minusTwoU = cubic * Vector512.Create(-1.59576912f); // -2 sqrt(2 / π)
            return v / (Vector512<float>.One + VectorMath.Exp(minusTwoU));
        }
    }

    readonly struct Silu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> v) => v / (Vector512<float>.One + VectorMath.Exp(-v));
    }

    readonly struct Relu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> v) =>
            Vector512.ConditionalSelect(Vector512.LessThan(v, Vector512<float>.Zero), Vector512<float>.Zero, v);
    }
}
