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
    const int LongestText = 1024;

    static readonly string[] Fields =
    [
        "model", "revision", "tokens", "rows", "scores", "quantile", "no_induction_quantile", "quantiles", "raw", "keep_scores",
        "skip_heads", "induction_tokens", "seed",
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
            _faults.Add($"The body is a JSON {Kind(body)}; expected an object such as {{\"model\": \"pythia-70m\", \"tokens\": " +
                $"\"pile.safetensors\"}}.");
            return null;
        }

        NoteUnknown([.. body.EnumerateObject().Select(field => field.Name).Except(Fields)]);
        var model = Model(Text(body, "model", required: true));
        var tokens = Tokens("tokens", Text(body, "tokens", required: true));
        var induction = Tokens("induction_tokens", Text(body, "induction_tokens"));
        var priority = Whole(body, RequestRules.Priority) ?? JobControl.Default.Priority;
        var request = new JobRequest
        {
            Model = model?.Named ?? "",
            Revision = Text(body, "revision"),
            Tokens = tokens?.Named ?? new TokenLocation(""),
            Rows = Whole(body, RequestRules.Rows),
            Scores = Names(body),
            Quantile = Level(body, RequestRules.Quantile) ?? JobRequest.DefaultQuantile,
            NoInductionQuantile = Level(body, RequestRules.NoInductionQuantile) ?? JobRequest.DefaultNoInductionQuantile,
            Quantiles = Levels(body),
            Raw = Flag(body, "raw"),
            KeepScores = Flag(body, "keep_scores"),
            SkipHeads = Flag(body, "skip_heads"),
            InductionTokens = induction?.Named,
            Seed = Seed(body),
            ShardRows = Whole(body, RequestRules.ShardRows),
            Examples = Whole(body, RequestRules.Examples) ?? JobRequest.DefaultExamples,
            Precision = PrecisionOf(body),
        };
        return model is { } located && tokens is { } file
            ? new AskedJob(request, located.Folder, file.Path, induction?.Path, priority)
            : null;
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

    /// <summary>Scores by name.</summary>
    IReadOnlyList<string> Names(JsonElement body)
    {
        if (!Has(body, "scores", out var value))
            return [ScoreNames.Default];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= ScoreCatalogue.All.Count
            && value.EnumerateArray().All(IsShortText))
        {
            string[] names = [.. value.EnumerateArray().Select(name => name.GetString()!)];
            var before = _faults.Count;
            ScoreNames.Select(names, _faults);
            return _faults.Count == before ? names : [ScoreNames.Default];
        }

        _faults.Add($"scores: {Shown(value)} is not a list of names; expected an array of at most {ScoreCatalogue.All.Count} strings, " +
            $"such as [\"{ScoreNames.Default}\", \"{ScoreCatalogue.All[0].Name}\"].");
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

    int? Whole(JsonElement body, NumberRule rule)
    {
        if (!Has(body, rule.Field, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var whole) && rule.FaultOf(whole) is null)
            return whole;
        _faults.Add(rule.Fault(Shown(value)));
        return null;
    }

    long Seed(JsonElement body)
    {
        if (!Has(body, "seed", out var value))
            return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seed))
            return seed;
        _faults.Add($"seed: {Shown(value)} is out of range; expected a whole number of 64 bits.");
        return 0;
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

    double? Level(JsonElement body, NumberRule rule) => Has(body, rule.Field, out var value) ? LevelIn(value, rule) : null;

    double? LevelIn(JsonElement value, NumberRule rule)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var level) && rule.FaultOf(level) is null)
            return level;
        _faults.Add(rule.Fault(Shown(value)));
        return null;
    }

    IReadOnlyList<double> Levels(JsonElement body)
    {
        if (!Has(body, "quantiles", out var value)
            || (value.ValueKind == JsonValueKind.String && value.GetString() == RequestRules.NotebookPreset))
            return JobRequest.NotebookQuantiles;
        var fault = value.ValueKind == JsonValueKind.Array
            ? RequestRules.FaultOfCount(value.GetArrayLength())
            : $"quantiles: {Shown(value)} is a {Kind(value)}; expected an array of at most {RequestRules.MostQuantiles} levels, "
                + $"or \"{RequestRules.NotebookPreset}\".";
        if (fault is null)
            return [.. value.EnumerateArray().Select(level => LevelIn(level, RequestRules.Quantiles)).OfType<double>()];
        _faults.Add(fault);
        return [];
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

    static bool Has(JsonElement body, string field, out JsonElement value) =>
        body.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;

    static bool IsShortText(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= LongestText;

    static string Shown(JsonElement value) => Shown(value.GetRawText());

    static string Shown(string text) => text.Length <= 60 ? text : $"{text[..57]}...";

    static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
