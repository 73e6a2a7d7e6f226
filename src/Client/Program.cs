using System.CommandLine;
using HeadScope.Client.Commands;
using HeadScope.CommandLine;
using HeadScope.Jobs;

TerminalText.GuardConsole();
var root = new RootCommand("Scores every attention head of a transformer over a whole dataset.")
{
    DemoCommand.Create(),
    RunCommand.Create(),
    SubmitCommand.Create(),
    JobCommands.Status(),
    JobCommands.Watch(),
    ListCommand.Create(),
    PullCommand.Create(),
    JobCommands.Cancel(),
    PurgeCommand.Create(),
    JobCommands.Pause(),
    JobCommands.Resume(),
    JobCommands.Priority(),
    WorkCommand.Create(),
    ServeCommand.Create(),
    HeadsCommand.Create(),
    TokensCommand.Create(),
    InspectCommand.Create(),
    DoctorCommand.Create(),
};
using var signals = new StopSignals();
return await new CommandRunner("headscope", root).RunAsync(args, signals.Token);
