using System.Globalization;
using HeadScope.Data.Tokens.Concatenation;
using HeadScope.Jobs;

namespace HeadScope.Client.Output;

/// <summary>Progress of making token rows: one line that is written over on a terminal, a line every half minute elsewhere.</summary>
internal sealed class ConcatenationLines(TimeProvider time) : IProgress<ConcatenationProgress>, IDisposable
{
    static readonly TimeSpan OnTerminal = TimeSpan.FromSeconds(0.5);
    static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(30);

    readonly bool _terminal = !Console.IsErrorRedirected;
    readonly long _started = time.GetTimestamp();
    long _last = time.GetTimestamp();
    int _width;

    public void Report(ConcatenationProgress value)
    {
        if (time.GetElapsedTime(_last) < (_terminal ? OnTerminal : Elsewhere))
            return;
        _last = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_started).TotalSeconds;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{value.Documents:N0} documents ({value.Documents / seconds:N0}/s), {value.Tokens:N0} tokens " +
            $"({value.Tokens / seconds:N0}/s), {value.Rows:N0} rows");
        if (_terminal)
            TerminalText.Drawing.Write($"\r{line.PadRight(_width)}");
        else
            Console.Error.WriteLine(line);
        _width = line.Length;
    }

    /// <summary>Leaves the terminal's line empty.</summary>
    public void Dispose()
    {
        if (_terminal && _width > 0)
            TerminalText.Drawing.Write($"\r{new string(' ', _width)}\r");
    }
}
