using HeadScope.ModelCore.Compute.Reference;
using HeadScope.ModelCore.Tests.Oracle;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Model;

/// <summary>The formulas as they read, in float64, are TransformerLens's too.</summary>
public class ReferenceOracleTests(ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(OracleModel.Activations), MemberType = typeof(OracleModel))]
    public void Reference_EveryModel_MeetsTransformerLens(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output, backend: new ReferenceBackend());
        ActivationOracleTests.MeetActivations(oracle);
        ScoringOracleTests.MeetScores(oracle);
    }
}
