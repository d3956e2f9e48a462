using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fleetwright.Testing;

namespace Fleetwright.Cli.Tests;

public sealed partial class ChipExploreTests : IDisposable
{
    private const string Small = """
        name: small
        base: mtia-2i
        sweep:
          rows: [6, 8]
          clock: 1 GHz .. 1.4 GHz step 0.2 GHz
          node: [tsmc-n5, samsung-4lpx]
          memory:
            - { kind: lpddr5, units: 4, capacity: 16 GB }
            - { kind: hbm3e, units: 1 }
        mix:
          - { name: chat, model: llama-3.2-1b, step: decode, batch: 8, context: 1024 }
          - { name: rank <1>, model: dlrm-small, batch: 512, latency: 20 ms }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_example_answers_what_hbm_buys_and_costs_as_the_page_says()
    {
        (int code, string output, string error) = await Run("chip", "explore", Repository.Path("examples", "explore-artemis.yaml"));
        Assert.True(code == ExitCode.Success, error);
        string told = string.Join('\n', output.ReplaceLineEndings("\n").Split('\n').TakeWhile(l => !l.StartsWith("Front", StringComparison.Ordinal)).Select(l => l.TrimEnd()));
        Assert.Contains("hbm3e against lpddr5", told, StringComparison.Ordinal);
        string page = Repository.Path("docs", "exploring.md"), text = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            text = Block().Replace(text, m => $"{m.Groups[1].Value}{told}\n```", 1);
            await File.WriteAllTextAsync(page, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(told, Block().Match(text).Groups[2].Value.TrimEnd());
    }

    [Fact]
    public async Task Json_holds_a_front_that_obeys_the_limits()
    {
        (int code, string output, _) = await Run("chip", "explore", Spec(Small.Replace("mix:", "limits: { package_power: 110 W, unit_cost: $1500 }\nmix:", StringComparison.Ordinal)), "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        JsonElement root = answer.RootElement;
        Assert.Equal(24, root.GetProperty("points").GetInt32());
        Assert.True(root.GetProperty("whole_grid").GetBoolean());
        Assert.False(root.GetProperty("partial").GetBoolean());
        JsonElement[] front = [.. root.GetProperty("front").EnumerateArray()];
        Assert.NotEmpty(front);
        Assert.All(front, d => Assert.True(d.GetProperty("package_watts").GetDouble() <= 110 && d.GetProperty("unit_dollars").GetDouble() <= 1500));
        Assert.All(front, d => Assert.Equal(6, d.GetProperty("area").GetArrayLength()));
        JsonElement first = front[0];
        Assert.Equal(first.GetProperty("tokens_per_second").GetDouble() / first.GetProperty("unit_dollars").GetDouble(), first.GetProperty("tokens_per_second_per_dollar").GetDouble(), 1e-9);
        Assert.NotEmpty(root.GetProperty("one_step").EnumerateArray());
        Assert.NotEmpty(root.GetProperty("best_by").EnumerateArray());
    }

    [Fact]
    public async Task The_page_holds_every_plot_and_needs_nothing_else()
    {
        string html = Path.Combine(_folder, "page.html");
        (int code, string output, string error) = await Run("chip", "explore", Spec(Small), "--html", html);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("Page: ", output, StringComparison.Ordinal);
        string page = await File.ReadAllTextAsync(html, TestContext.Current.CancellationToken);
        string[] drawings = [.. page.Split("<svg").Skip(1).Select(s => "<svg" + s[..(s.IndexOf("</svg>", StringComparison.Ordinal) + 6)])];

        // The plot of designs, area bars of the front, single steps.
        Assert.Equal(3, drawings.Length);
        Assert.All(drawings, d => Assert.DoesNotContain("NaN", XDocument.Parse(d).ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("rank <1>", page, StringComparison.Ordinal);
        Assert.Contains("rank &lt;1&gt;", page, StringComparison.Ordinal);
        Assert.Contains("<title>Designs: small</title>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_impossible_search_says_why()
    {
        (int code, string output, _) = await Run("chip", "explore", Spec(Small.Replace("mix:", "limits: { unit_cost: $100 }\nmix:", StringComparison.Ordinal)), "--html", Path.Combine(_folder, "none.html"));
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains("unit_cost excludes 24 (", output, StringComparison.Ordinal);
        Assert.Contains("The nearest is point ", output, StringComparison.Ordinal);
        Assert.Contains(", limit $100", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_run_leaves_a_table_that_resume_completes()
    {
        string whole = Path.Combine(_folder, "whole.csv"), part = Path.Combine(_folder, "part.csv"), spec = Spec(Small);
        Assert.Equal(ExitCode.Success, (await Run("chip", "explore", spec, "--csv", whole)).Code);
        string[] lines = await File.ReadAllLinesAsync(whole, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(part, string.Join('\n', [lines[0].Replace("24 of 24 points, complete", "10 of 24 points, partial", StringComparison.Ordinal), .. lines[1..12], ""]), TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Run("chip", "explore", spec, "--resume", part);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains($"Table: {part}", output, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllTextAsync(whole, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(part, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("--at", "--at", "24")]
    [InlineData("no folder", "--html", "/no/such/folder/page.html")]
    [InlineData("no folder", "--csv", "/no/such/folder/table.csv")]
    [InlineData("no such file", "--resume", "missing.csv")]
    [InlineData("--threads", "--threads", "0")]
    public async Task Wrong_options_are_named(string word, params string[] options)
    {
        (int code, _, string error) = await Run(["chip", "explore", Spec(Small), .. options]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(word, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_file_is_named_with_its_line()
    {
        string spec = Spec(Small.Replace("hbm3e", "hbm3z", StringComparison.Ordinal));
        (int code, _, string error) = await Run("chip", "explore", spec);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains($"{spec}:9:", error, StringComparison.Ordinal);
        Assert.Contains("sweep.memory[1].kind", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_of_the_schema_is_documented()
    {
        string page = File.ReadAllText(Repository.Path("docs", "exploring.md"));
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Repository.Path("catalog", "schemas", "exploration.schema.json")));
        Assert.All(Keys(schema.RootElement).Where(k => k is not ("source" or "sources")), key => Assert.Contains(key, page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_file_of_the_page_is_read()
    {
        string page = await File.ReadAllTextAsync(Repository.Path("docs", "exploring.md"), TestContext.Current.CancellationToken);
        (int code, _, string error) = await Run("chip", "explore", Spec(page.Split("```yaml\n")[1].Split("```")[0]), "--json");
        Assert.True(code == ExitCode.Success, error);
    }

    private static IEnumerable<string> Keys(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Name == "properties")
            {
                foreach (JsonProperty key in property.Value.EnumerateObject())
                {
                    yield return key.Name;
                }
            }

            foreach (string inner in property.Name == "anyOf" ? [] : Keys(property.Value))
            {
                yield return inner;
            }
        }
    }

    private string Spec(string text)
    {
        string file = Path.Combine(_folder, "spec.yaml");
        File.WriteAllText(file, text);
        return file;
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }

    [GeneratedRegex("(<!-- explore-artemis[^>]*-->\n```text\n)(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
