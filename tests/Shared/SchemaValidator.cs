using System.Diagnostics;

namespace Fleetwright.Testing;

/// <summary>The JSON Schema validator of tests/schemas, run by node; tests are skipped, saying so, where it cannot run.</summary>
internal static class SchemaValidator
{
    /// <summary>Runs it and says what it found; exit code 0 when everything fits.</summary>
    public static (int Code, string Output) Run(params string[] arguments)
    {
        string folder = Repository.Path("tests", "schemas");
        Assert.SkipUnless(Runs("node", folder, "--version"), "Needs node on the path to run the JSON Schema validator.");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "ajv")))
        {
            Assert.SkipUnless(Runs("npm", folder, "ci", "--no-audit", "--no-fund"), "npm ci failed in tests/schemas; without its packages the schemas cannot be checked.");
        }

        return Start("node", folder, ["validate.mjs", .. arguments]);
    }

    /// <summary>Runs it; everything must fit.</summary>
    public static void Passes(params string[] arguments)
    {
        (int code, string output) = Run(arguments);
        Assert.True(code == 0, output);
    }

    private static bool Runs(string program, string folder, params string[] arguments)
    {
        try
        {
            return Start(program, folder, arguments).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int Code, string Output) Start(string program, string folder, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
