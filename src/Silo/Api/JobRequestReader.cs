using System.Text.Json;
using HeadScope.Data.Files;
using HeadScope.Data.Hub;
using HeadScope.Data.Tokens;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Roots;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Silo.Api;

/// <summary>What a caller asks for, and where its files are.</summary>
/// <param name="Model">Null where it is one of the hub.</param>
/// <param name="InductionTokens">Null where none are named.</param>
internal sealed record AskedJob(JobRequest Request, InputPath? Model, InputPath Tokens, InputPath? InductionTokens, int Priority);

/// <summary>Reads what a caller asks for, and finds all that is wrong with it rather than the first.</summary>
/// <param name="allowHub">Whether a model that the server does not have may be one of the hub.</param>
internal sealed class JobRequestReader(InputRoots roots, bool allowHub)
{
    const string NotebookPreset = "notebook";
    const int LongestText = 1024;

    static readonly string[] Fields =
    [
        "model", "revision", "tokens", "rows", "scores", "quantile", "no_induction_quantile", "quantiles", "raw", "keep_scores", "skip_heads", "induction_tokens", "seed",
        "shard_rows", "examples", "precision", "priority",
    ];

    readonly List<string> _faults = [];

    /// <summary>What is wrong, as far as it has been read.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The job, with defaults in the place of what is wrong; null where it names no model or no tokens.</summary>
    public AskedJob? Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            _faults.Add($"The body is a JSON {Kind(body)}; expected an object such as {{\"model\": \"pythia-70m\", \"tokens\": \"pile.safetensors\"}}.");
            return null;
        }

        NoteUnknown([.. body.EnumerateObject().Select(field => field.Name).Except(Fields)]);
        var model = Model(Text(body, "model", required: true));
        var tokens = Tokens("tokens", Text(body, "tokens", required: true));
        var induction = Tokens("induction_tokens", Text(body, "induction_tokens"));
        var priority = Whole(body, "priority", JobControl.LowestPriority, JobControl.HighestPriority) ?? 0;
        var request = new JobRequest
        {
            Model = model?.Named ?? "",
            Revision = Text(body, "revision"),
            Tokens = tokens?.Named ?? new TokenLocation(""),
            Rows = (int?)Whole(body, "rows", 1, int.MaxValue),
            Scores = Names(body),
            Quantile = Level(body, "quantile") ?? JobRequest.DefaultQuantile,
            NoInductionQuantile = Level(body, "no_induction_quantile") ?? JobRequest.DefaultNoInductionQuantile,
            Quantiles = Levels(body),
            Raw = Flag(body, "raw"),
            KeepScores = Flag(body, "keep_scores"),
            SkipHeads = Flag(body, "skip_heads"),
            InductionTokens = induction?.Named,
            Seed = Whole(body, "seed", long.MinValue, long.MaxValue) ?? 0,
            ShardRows = (int?)Whole(body, "shard_rows", 1, int.MaxValue),
            Examples = (int?)Whole(body, "examples", 0, JobResolver.MostExamples) ?? JobRequest.DefaultExamples,
            Precision = PrecisionOf(body),
        };
        return model is { } located && tokens is { } file ? new AskedJob(request, located.Folder, file.Path, induction?.Path, (int)priority) : null;
    }

    /// <summary>However many there are: one fault, so that what else is wrong is seen.</summary>
    void NoteUnknown(IReadOnlyList<string> fields)
    {
        if (fields.Count == 0)
            return;
        var named = string.Join(", ", fields.Take(InvalidJobException.MostListed).Select(name => $"'{Shown(name)}'"));
        var more = fields.Count > InvalidJobException.MostListed ? $" and {fields.Count - InvalidJobException.MostListed:N0} more" : "";
        _faults.Add($"{named}{more}: there is no such field. There are {string.Join(", ", Fields)}.");
    }

    /// <summary>A model's folder; without one, a model of the hub.</summary>
    (string Named, InputPath? Folder)? Model(string? named)
    {
        if (named is null)
            return null;
        try
        {
            return (named, roots.Models.Resolve(named));
        }
        catch (InvalidDataException e)
        {
            if (allowHub && HubRepository.IsId(named))
                return (named, null);
            _faults.Add($"model: {e.Message}{(allowHub ? " Nor is it an id of a model on the hub." : "")}");
            return null;
        }
    }

    (TokenLocation Named, InputPath Path)? Tokens(string field, string? named)
    {
        if (named is null)
            return null;
        var location = TokenLocation.Parse(named);
        try
        {
            return (location, roots.Tokens.Resolve(location.Path));
        }
        catch (InvalidDataException e)
        {
            _faults.Add($"{field}: {e.Message}");
            return null;
        }
    }

    /// <summary>Scores by name; what names mean, and which there are, is found when the job is resolved.</summary>
    IReadOnlyList<string> Names(JsonElement body)
    {
        if (!Has(body, "scores", out var value))
            return [ScoreNames.Default];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= ScoreCatalogue.All.Count && value.EnumerateArray().All(IsShortText))
            return [.. value.EnumerateArray().Select(name => name.GetString()!)];
        _faults.Add($"scores: {Shown(value)} is not a list of names; expected an array of at most {ScoreCatalogue.All.Count} strings, such as [\"{ScoreNames.Default}\", \"{ScoreCatalogue.All[0].Name}\"].");
        return [ScoreNames.Default];
    }

    string? Text(JsonElement body, string field, bool required = false)
    {
        if (!Has(body, field, out var value))
        {
            if (required)
                _faults.Add($"{field}: it is missing; every job names one.");
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
            _faults.Add($"{field}: {Shown(value)} is a {Kind(value)}; expected a string.");
        else if (value.GetString() is { Length: <= LongestText } text)
            return text;
        else
            _faults.Add($"{field}: {Shown(value)} is too long; expected at most {LongestText} characters.");
        return null;
    }

    long? Whole(JsonElement body, string field, long lowest, long highest)
    {
        if (!Has(body, field, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) && whole >= lowest && whole <= highest)
            return whole;
        _faults.Add($"{field}: {Shown(value)} is out of range; expected a whole number from {lowest} to {highest}.");
        return null;
    }

    Precision PrecisionOf(JsonElement body)
    {
        if (Text(body, "precision") is not { } name)
            return Precision.Float32;
        if (PrecisionNames.All.Contains(name))
            return Enum.Parse<Precision>(name, ignoreCase: true);
        _faults.Add($"precision: found {Shown(name)}; expected one of {string.Join(", ", PrecisionNames.All)}.");
        return Precision.Float32;
    }

    double? Level(JsonElement body, string field) => Has(body, field, out var value) ? LevelIn(value, field) : null;

    double? LevelIn(JsonElement value, string field)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var level) && level is >= 0 and <= 1)
            return level;
        _faults.Add($"{field}: {Shown(value)} is no level; expected a number from 0 to 1.");
        return null;
    }

    IReadOnlyList<double> Levels(JsonElement body)
    {
        if (!Has(body, "quantiles", out var value) || (value.ValueKind == JsonValueKind.String && value.GetString() == NotebookPreset))
            return JobRequest.NotebookQuantiles;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > JobResolver.MostQuantiles)
        {
            _faults.Add($"quantiles: expected at most {JobResolver.MostQuantiles} levels in an array, or \"{NotebookPreset}\".");
            return [];
        }

        return [.. value.EnumerateArray().Index().Select(item => LevelIn(item.Item, $"quantiles[{item.Index}]")).OfType<double>()];
    }

    bool Flag(JsonElement body, string field)
    {
        if (!Has(body, field, out var value))
            return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        _faults.Add($"{field}: {Shown(value)} is a {Kind(value)}; expected true or false.");
        return false;
    }

    static bool Has(JsonElement body, string field, out JsonElement value) => body.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;

    static bool IsShortText(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= LongestText;

    static string Shown(JsonElement value) => Shown(value.GetRawText());

    static string Shown(string text) => text.Length <= 60 ? text : $"{text[..57]}...";

    static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
