using HeadScope.Data.Tokens;
using HeadScope.Jobs.Specs;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Specs;

/// <summary>Jobs in stores outlive the versions that put them there.</summary>
public class StoredSpecTests
{
    /// <summary>As version 0.1.0 stored it, but for where the files are.</summary>
    const string Stored = """
        {
          "format": 1,
          "model": {
            "location": "FIXTURES/neox-tiny/model",
            "name": "model",
            "hash": "54e2613335f8e6313ca90ad7ae0dd65189bc09f9c901ce17ef3367c88078f3fb",
            "layers": 3,
            "heads_per_layer": 4,
            "processing": [
              "fold_ln",
              "center_writing_weights",
              "center_unembed",
              "fold_value_biases"
            ]
          },
          "tokens": {
            "location": "FIXTURES/neox-tiny/inputs.safetensors:tokens",
            "rows": 5,
            "context": 64,
            "hash": "1c6e85c6844026d21925c7d6bc3abd569e622e124c273e1acc4d1d01c178e415"
          },
          "scores": {
            "quantile": 0.9,
            "no_induction_quantile": 0.95,
            "quantiles": [
              0,
              0.001,
              0.01,
              0.05,
              0.1,
              0.25,
              0.5,
              0.75,
              0.9,
              0.95,
              0.99,
              0.999,
              1
            ],
            "keep_scores": false,
            "examples": 10
          },
          "induction": {
            "source": "FIXTURES/neox-tiny/inputs.safetensors:ind_tokens",
            "rows": 8,
            "repeat": 20,
            "hash": "ba510f6c85fe7b271635c4b388f7d630a2a1a18bac5a83430e5ce4c1d030fcd6"
          }
        }

        """;

    const string Id = "e72195f88acbaf48";

    static string Here => Stored.ReplaceLineEndings("\n").Replace("FIXTURES", Fixture.Root.Replace('\\', '/'), StringComparison.Ordinal);

    [Fact]
    public void Read_SpecOfAnEarlierVersion_KeepsItsIdAndNamesItsFiles()
    {
        var spec = System.Text.Json.JsonSerializer.Deserialize<JobSpec>(Here, JobJson.Options)!;
        Assert.Equal(Id, spec.Id);
        Assert.Equal(new TokenLocation(Fixture.PathOf("neox-tiny", "inputs.safetensors"), "tokens"), spec.Tokens.Location);
    }

    /// <summary>A shard's record is compared with it, for every shard of every job.</summary>
    [Fact]
    public void Id_AskedTwice_IsMadeOnceAndOfEachCopyAnew()
    {
        var spec = System.Text.Json.JsonSerializer.Deserialize<JobSpec>(Here, JobJson.Options)!;
        Assert.Same(spec.Id, spec.Id);
        var other = spec with { Tokens = spec.Tokens with { Rows = 4 } };
        Assert.NotEqual(spec.Id, other.Id);
        Assert.Equal(spec, spec with { });
        Assert.Equal(Id, (spec with { Model = spec.Model with { Location = "elsewhere" } }).Id);

        Assert.Same(spec.Scores.Selection, spec.Scores.Selection);
        Assert.Equal(["entropy"], (spec.Scores with { Names = ["entropy"] }).Selection.Scores.Select(score => score.Name));
    }

    [Fact]
    public void Resolve_TheSameRequest_GivesTheSameSpec()
    {
        var tokens = Fixture.PathOf("neox-tiny", "inputs.safetensors");
        var spec = JobResolver.Resolve(new JobRequest
        {
            Model = Fixture.PathOf("neox-tiny", "model"),
            Tokens = TokenLocation.Parse($"{tokens}:tokens"),
            InductionTokens = TokenLocation.Parse($"{tokens}:ind_tokens"),
            Rows = 5,
        }).Spec;
        Assert.Equal(Id, spec.Id);
        Assert.Equal(Here, System.Text.Encoding.UTF8.GetString(JobJson.Write(spec)));
    }
}
