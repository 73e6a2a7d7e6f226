using System.CommandLine;
using HeadScope.Client;
using HeadScope.Client.Commands;

var root = new RootCommand("Scores every attention head of a transformer over a whole dataset.")
{
    DemoCommand.Create(),
    RunCommand.Create(),
    SubmitCommand.Create(),
    StatusCommand.Create(),
    WatchCommand.Create(),
    ListCommand.Create(),
    PullCommand.Create(),
    CancelCommand.Create(),
    ControlCommands.Pause(),
    ControlCommands.Resume(),
    ControlCommands.Priority(),
    WorkCommand.Create(),
    ServeCommand.Create(),
    HeadsCommand.Create(),
    TokensCommand.Create(),
    InspectCommand.Create(),
    DoctorCommand.Create(),
};
return await CommandRunner.RunAsync(root, args);
