using System.Text;
using HeadScope.Jobs;
using Spectre.Console;

namespace HeadScope.Client.Output;

/// <summary>
/// Standard error for displays, whose own commands to the terminal are not escaped. Text from elsewhere in them is escaped by whoever puts
/// it there.
/// </summary>
internal sealed class DrawnOutput : IAnsiConsoleOutput
{
    readonly AnsiConsoleOutput _output = new(TerminalText.Drawing);

    public TextWriter Writer => TerminalText.Drawing;

    public bool IsTerminal => !Console.IsErrorRedirected;

    public int Width => _output.Width;

    public int Height => _output.Height;

    public void SetEncoding(Encoding encoding) => _output.SetEncoding(encoding);
}
