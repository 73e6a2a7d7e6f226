using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests;

/// <summary>A spec's model, loaded, and a scorer over its tokens.</summary>
internal sealed class TestModel : IDisposable
{
    readonly ModelWeights _weights;
    readonly IBackend _backend;
    readonly Transformer _model;
    readonly TokenDataset _tokens;

    /// <param name="around">Puts something around the backend that scores.</param>
    public TestModel(JobSpec spec, Func<IBackend, IBackend>? around = null)
    {
        _backend = around is null ? TestDevice.Open() : around(TestDevice.Open());
        _weights = ModelWeights.Open(
            spec.Model.Location, spec.Model.Processing.Count == 0 ? WeightProcessing.None : WeightProcessing.Default);
        _model = Transformer.Load(_weights, _backend);
        _tokens = TokenDataset.Open(spec.Tokens.Location);
        Scorer = new ModelShardScorer(new HeadScorer(_model, _backend, spec.Scores.Selection), _backend, _tokens, 5);
    }

    public ModelShardScorer Scorer { get; }

    public void Dispose()
    {
        _model.Dispose();
        _weights.Dispose();
        _tokens.Dispose();
        _backend.Dispose();
    }
}
