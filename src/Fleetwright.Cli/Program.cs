using Fleetwright.Cli;

using var interrupt = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    // The first Ctrl-C asks the command to stop and keep what it has; a second one ends the process at once.
    e.Cancel = !interrupt.IsCancellationRequested;
    interrupt.Cancel();
};
return await FleetwrightCli.RunAsync(args, new CommandContext(Console.Out, Console.Error, interrupt.Token)).ConfigureAwait(false);
