using HeadScope.Data.Weights;
using HeadScope.ModelCore.Circuits;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Tests.Circuits;

public sealed class OverflowingCircuitsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Circuits_TokensLeaveTheRangeOfFloat32_AreNaNWhereTheyAreMadeOfTokens()
    {
        OverflowingModel.Write(_folder.File("model"));
        using var weights = ModelWeights.Open(_folder.File("model"), WeightProcessing.Default);
        using var backend = new ManagedBackend();
        using var model = Transformer.Load(weights, backend);
        var circuits = new OvCircuits(weights, model, backend);
        Assert.All(circuits.VocabularyEigenvalues(), eigenvalues => Assert.Equal(float.NaN, OvCircuits.Score(eigenvalues)));
        Assert.All(circuits.CopyShare(), share => Assert.Equal(double.NaN, share));
        Assert.All(circuits.ResidualEigenvalues(), eigenvalues => Assert.InRange(OvCircuits.Score(eigenvalues), -1, 1));
    }
}
