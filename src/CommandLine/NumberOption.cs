using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace HeadScope.CommandLine;

/// <summary>Options that are numbers of a range.</summary>
public static class NumberOption
{
    public static Option<T> Create<T>(string name, string description, T otherwise, T lowest, T highest)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => otherwise,
            HelpName = "N",
            Validators = { result => Check(result, lowest, highest) },
        };

    /// <summary>Reports a number that is out of range. What is no number is reported by the parser.</summary>
    public static void Check<T>(OptionResult result, T lowest, T highest)
        where T : struct, INumber<T>
    {
        if (result.Tokens is not [var token] || !T.TryParse(token.Value, CultureInfo.InvariantCulture, out var value)
            || (value >= lowest && value <= highest))
            return;
        result.AddError(string.Create(
            CultureInfo.InvariantCulture, $"{result.Option.Name}: {value} is out of range; expected a number from {lowest} to {highest}."));
    }
}
