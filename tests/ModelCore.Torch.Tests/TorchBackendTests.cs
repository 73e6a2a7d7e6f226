using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Tests.Compute;
using HeadScope.Tests.Support;
using static HeadScope.ModelCore.Tests.Compute.BackendOperations;

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>Each operation of the TorchSharp backend beside the same in float64, and what it refuses.</summary>
public class TorchBackendTests
{
    readonly BackendOperations _operations = new(() => TestDevice.Open(), () => TestDevice.Open(2));

    [Fact]
    public void Multiply_AnyShape_IsTheProduct() => _operations.Multiply();

    [Fact]
    public void Elementwise_AnyWidth_IsTheFunction() => _operations.Elementwise();

    [Fact]
    public void Download_WholeOrInPart_ShowsTheRows() => _operations.Download();

    [Fact]
    public void Attend_EveryVariant_IsSoftmaxAttention() => _operations.Attend();

    [Fact]
    public void Rotate_AnyPairs_TurnsThem() => _operations.Rotate();

    [Fact]
    public void TokenLoss_AnyVocabulary_IsCrossEntropy() => _operations.TokenLoss();

    /// <summary>A wrong shape must not reach the native library, which may end the process.</summary>
    [Fact]
    public void Operations_WrongShapes_AreRefused()
    {
        using var backend = TestDevice.Open();
        using var x = backend.Upload(Random(6, 1), 2, 3);
        using var y = backend.Upload(Random(6, 1), 3, 2);
        using var matrix = backend.Load(Random(8, 2), 4, 2);
        Assert.Throws<ArgumentException>(() => backend.Upload(Random(5, 1), 2, 3));
        Assert.Throws<ArgumentException>(() => backend.Load(Random(8, 2), 4, 2, Random(3, 3)));
        Assert.Throws<ArgumentException>(() => backend.Multiply(x, matrix));
        Assert.Throws<ArgumentException>(() => backend.Add(x, y));
        Assert.Throws<ArgumentException>(() => backend.ActivateGate(x, Activation.Relu, y));
        Assert.Throws<ArgumentException>(() => backend.DivideColumns(x, y));
        Assert.Throws<ArgumentException>(() => backend.TokenLoss(x, matrix, [0, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.GatherRows(x, [2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.GatherRows(x, [-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.GatherOutputs(matrix, [2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.SliceColumns(2, 2));
        Assert.Throws<ArgumentException>(
            () => backend.Attend(new AttentionInputs(x, x, y, new BatchShape(1, 2), new HeadShape(1, 1, 3), 1), new AttentionHooks()));
        var ended = backend.Upload([1], 1, 1);
        ended.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backend.Add(ended, ended));
    }

    [Fact]
    public void Allocate_MoreThanThereIs_IsOutOfMemory()
    {
        using var backend = TestDevice.Open();
        var fault = Assert.Throws<OutOfMemoryException>(() => backend.Allocate(1 << 20, 1 << 21));
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Views_OfViews_ShareTheirRootsMemory()
    {
        using var backend = TestDevice.Open();
        using var root = backend.Upload([.. Enumerable.Range(0, 20).Select(i => (float)i)], 4, 5);
        var view = root.SliceRows(1, 3).SliceColumns(1, 3).SliceRows(1, 2).SliceColumns(2, 1);
        Assert.Equal([13, 18], Values(backend, view));
        using var hundred = backend.Upload([100, 100], 2, 1);
        backend.Add(view, hundred);
        Assert.Equal([10, 11, 12, 113, 14], Values(backend, root.SliceRows(2, 1)));
    }
}
