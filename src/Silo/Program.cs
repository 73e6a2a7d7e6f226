using HeadScope.Jobs;
using HeadScope.Silo.Commands;

TerminalText.GuardConsole();
return await SiloCommandLine.RunAsync(args);
