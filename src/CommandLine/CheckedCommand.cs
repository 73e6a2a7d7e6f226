using System.CommandLine;

namespace HeadScope.CommandLine;

/// <summary>A verb that knows more of what can be wrong with its arguments than the parser: all of it is listed at once.</summary>
public sealed class CheckedCommand(string name, string description) : Command(name, description)
{
    /// <summary>What is wrong beside what the parser has found. Asked where that found something: otherwise the verb says it.</summary>
    public Func<ParseResult, IEnumerable<string>> MoreFaults { get; set; } = _ => [];
}
