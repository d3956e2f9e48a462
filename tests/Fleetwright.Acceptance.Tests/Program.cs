using System.Diagnostics;
using System.Text;

namespace Fleetwright.Acceptance.Tests;

/// <summary>What a run of the program left behind.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record Outcome(int Code, string Output, string Error)
{
    public IReadOnlyList<string> Messages => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the program: in this process for most tests, as a process of its own where signals, PATH or streams matter.</summary>
internal static class Program
{
    /// <summary>Runs in this process.</summary>
    public static Task<Outcome> Run(params string[] arguments) => Run(new StringWriter(), arguments, CancellationToken.None);

    /// <summary>Runs in this process with a way to stop it and a place for progress.</summary>
    public static async Task<Outcome> Run(StringWriter error, string[] arguments, CancellationToken stop)
    {
        using var output = new StringWriter();
        int code = await Cli.FleetwrightCli.RunAsync(arguments, new Cli.CommandContext(output, TextWriter.Synchronized(error), stop));
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>Starts a process of the program that obeys SIGINT whatever this process does with it.</summary>
    public static Process Start(string? path, params string[] arguments)
    {
        string dotnet = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT", dotnet, Path.Combine(AppContext.BaseDirectory, "fleetwright.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs a process of the program to its end.</summary>
    public static async Task<Outcome> RunProcess(string? path, params string[] arguments)
    {
        using Process process = Start(path, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, output, await error);
    }
}
