using System.ComponentModel;
using System.Diagnostics;

namespace Fleetwright.Supply.Solvers;

/// <summary>Runs a solver as a child process to its end, or ends it when cancelled.</summary>
internal static class SolverProcess
{
    /// <summary>Everything that the process wrote to its standard output.</summary>
    public static string Run(string command, IEnumerable<string> arguments, string workingFolder, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ProcessStartInfo start = new(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = workingFolder,
        };
        using Process process = Start(start);
        process.StandardInput.Close();
        using CancellationTokenRegistration kill = cancellation.Register(() => Kill(process));

        // A thread of its own: where many solves block the pool's threads, a task would wait for one of them.
        string errors = "";
        Thread reader = new(() => errors = process.StandardError.ReadToEnd());
        reader.Start();
        string output = process.StandardOutput.ReadToEnd();
        reader.Join();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0
            ? output
            : throw new SolverException($"{Path.GetFileName(command)} ended with code {process.ExitCode}: {LastLine(errors, output)}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new SolverException($"{start.FileName} did not start");
        }
        catch (Win32Exception e)
        {
            throw new SolverException($"{start.FileName} did not start: {e.Message}");
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It had ended by itself.
        }
    }

    private static string LastLine(params string[] texts) =>
        texts.Select(t => t.Trim()).FirstOrDefault(t => t.Length > 0)?.Split('\n')[^1].Trim() ?? "it said nothing";
}
