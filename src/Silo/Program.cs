using HeadScope.Silo.Commands;

return await SiloCommandLine.RunAsync(args);
