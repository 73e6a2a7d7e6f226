namespace HeadScope.ModelCore;

/// <summary>Guesses what somebody meant who mistyped a name.</summary>
public static class Suggestion
{
    /// <summary>The name that is nearest to what was typed, as a question in brackets; empty where none is near.</summary>
    public static string For(string typed, IEnumerable<string> names)
    {
        var nearest = names.Select(name => (Name: name, Edits: Edits(typed.ToLowerInvariant(), name))).OrderBy(candidate => candidate.Edits)
            .FirstOrDefault();
        return nearest.Name is not null && nearest.Edits <= Math.Max(1, typed.Length / 3) ? $" (did you mean '{nearest.Name}'?)" : "";
    }

    /// <summary>How many letters must be inserted, deleted, replaced or exchanged with their neighbour to make one of the other.</summary>
    static int Edits(string a, string b)
    {
        var edits = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }

                edits[i, j] = Math.Min(
                    Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1,
                    edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
            }
        }

        return edits[a.Length, b.Length];
    }
}
