using System.Text.RegularExpressions;
using Fleetwright.Testing;

namespace Fleetwright.Acceptance.Tests;

/// <summary>What README shows is what the program does.</summary>
public sealed partial class ReadMeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_first_result_is_what_the_default_run_prints()
    {
        Outcome outcome = await Program.Run("run", Repository.Path("examples", "meta-2024.yaml"), "--out", _folder.Path("out"));
        Assert.True(outcome.Code == 0, outcome.Error);
        string printed = string.Join('\n', outcome.Output.ReplaceLineEndings("\n").TrimEnd().Split('\n')
            .Where(l => !l.StartsWith("Report: ", StringComparison.Ordinal) && !l.StartsWith("Results: ", StringComparison.Ordinal) && !l.StartsWith("No report page: ", StringComparison.Ordinal)));
        string readme = await File.ReadAllTextAsync(Repository.Path("README.md"), TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            readme = Block().Replace(readme, m => $"{m.Groups[1].Value}{printed}\n```");
            await File.WriteAllTextAsync(Repository.Path("README.md"), readme, TestContext.Current.CancellationToken);
        }

        Assert.Equal(printed, Block().Match(readme).Groups[2].Value.TrimEnd());
    }

    [Fact]
    public async Task Every_command_of_the_table_runs()
    {
        string readme = await File.ReadAllTextAsync(Repository.Path("README.md"), TestContext.Current.CancellationToken);
        List<string> commands = [.. Command().Matches(readme).Select(m => m.Groups[1].Value).Where(c => !c.Contains("SCENARIO", StringComparison.Ordinal) && !c.Contains("NAME", StringComparison.Ordinal))];
        Assert.True(commands.Count >= 5, string.Join('\n', commands));
        foreach (string command in commands)
        {
            Outcome outcome = await Program.Run([.. Words().Matches(command).Select(w => w.Value.Trim('\''))]);
            Assert.True(outcome.Code == 0, $"{command}: exit {outcome.Code}\n{outcome.Error}");
        }
    }

    [GeneratedRegex("(<!-- first-result[^>]*-->\n```text\n)(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("\\| `fleetwright ([^`]+)`")]
    private static partial Regex Command();

    [GeneratedRegex("'[^']*'|[^ ]+")]
    private static partial Regex Words();
}
