using System.Text.Json;
using System.Text.RegularExpressions;
using Fleetwright.Testing;

namespace Fleetwright.Acceptance.Tests;

/// <summary>A scenario that offers designs: the example's answer, and what is wrong with a design told at the scenario's line.</summary>
public sealed partial class DesignOfferTests : IDisposable
{
    private static readonly string Example = Repository.Path("examples", "artemis-memory.yaml");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_example_says_what_a_stack_of_hbm_buys_and_costs_as_the_page_shows()
    {
        Outcome outcome = await Program.Run("run", Example, "--out", _folder.Path("out"));
        Assert.True(outcome.Code == 0, outcome.Error);
        string told = string.Join('\n', outcome.Output.ReplaceLineEndings("\n").TrimEnd().Split('\n')
            .Where(l => !l.StartsWith("Report: ", StringComparison.Ordinal) && !l.StartsWith("Results: ", StringComparison.Ordinal) && !l.StartsWith("No report page: ", StringComparison.Ordinal)));
        string page = Repository.Path("docs", "designs.md"), text = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            text = Block().Replace(text, m => $"{m.Groups[1].Value}{told}\n```", 1);
            await File.WriteAllTextAsync(page, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(told, Block().Match(text).Groups[2].Value.TrimEnd());
        JsonElement root = Results.Read(_folder.Path("out")).Root;
        JsonElement[] designs = [.. root.GetProperty("designs").EnumerateArray()];
        Assert.Equal(["mtia-2i", "artemis-hbm3e"], designs.Select(d => Results.Text(d, "chip")));

        // One stack of HBM3E has 1.18 TB/s, four packages of LPDDR5 have 4 × 51.2 GB/s; the same grid computes as fast.
        Assert.Equal(1.18 / 0.2048, Results.Number(designs[1], "memory_bytes_per_second") / Results.Number(designs[0], "memory_bytes_per_second"), 6);
        Assert.Equal(Results.Number(designs[0], "matrix_rate"), Results.Number(designs[1], "matrix_rate"), 0);
        Assert.All(designs, d => Assert.Equal(Results.Number(d, "making_dollars"), Results.Number(d, "price_dollars"), 6));
    }

    [Fact]
    public async Task A_stated_price_stands_before_the_making_cost()
    {
        string file = Write(s => s.Replace("    contract_cost: { value: $0,", "    price: { value: \"$2,500\", assumed: true }\n    contract_cost: { value: $0,", StringComparison.Ordinal));
        Outcome outcome = await Program.Run("run", file, "--out", _folder.Path("out"));
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.DoesNotContain("Offer 'lpddr5' states no price", outcome.Output, StringComparison.Ordinal);
        JsonElement design = Results.Read(_folder.Path("out")).Root.GetProperty("designs")[0];
        Assert.Equal(2500, Results.Number(design, "price_dollars"));
        Assert.InRange(Results.Number(design, "making_dollars"), 500, 1500);
    }

    [Theory]
    [InlineData("design: mtia-2i #", "design: mtia-2j #", "design: mtia-2j", "offers[0].design", "no design is called 'mtia-2j'", "did you mean mtia-2")]
    [InlineData("design: designs/artemis-hbm3e.yaml", "design: designs/absent.yaml", "absent.yaml", "offers[1].design", "no design file is at", "absent.yaml", "allowed: a path from the scenario's folder", "mtia-2i")]
    [InlineData("design: designs/artemis-hbm3e.yaml", "design: designs/broken.yaml", "broken.yaml", "offers[1].design", "broken.yaml:", "grid.rows", "found '0'")]
    [InlineData("design: designs/artemis-hbm3e.yaml", "design: designs/twin.yaml", "twin.yaml", "offers[1].design", "'mtia-2i' is the name of another design on offer")]
    [InlineData("design: mtia-2i #", "chip: mtia-2i\n    design: mtia-2i #", "    design: mtia-2i", "offers[0].design", "found 'chip' and 'design'")]
    [InlineData("design: mtia-2i # of catalog/designs", "chip: mtia-2i", "chip: mtia-2i", "offers[0]", "price")]
    [InlineData("    packaging: tsmc-cowos", "    packaging: tsmc-cowos\n    node: intel-18a", "artemis-hbm3e.yaml", "offers[1].design", "wafer_price", "state 'price'")]
    [InlineData("precisions: [bf16]\n    ttft", "precisions: [bf16]\n    chips: [artemis-hbm]\n    ttft", "chips: [artemis-hbm]", "workloads[0].chips", "artemis-hbm")]
    public async Task One_mistake_about_a_design_is_one_message_at_the_scenarios_line(string found, string wrong, string line, params string[] words)
    {
        string file = Write(s => s.Replace(found, wrong, StringComparison.Ordinal));
        Outcome outcome = await Program.Run("run", file, "--out", _folder.Path("out"));
        Assert.True(outcome.Code == 2, $"exit code {outcome.Code}: {outcome.Error}");
        string message = Assert.Single(outcome.Messages);
        Assert.False(Directory.Exists(_folder.Path("out")), "an output folder was made");
        int at = Array.FindIndex(File.ReadAllLines(file), l => l.Contains(line, StringComparison.Ordinal)) + 1;
        if (!words.Contains("price"))
        {
            Assert.StartsWith(FormattableString.Invariant($"fleetwright: {file}:{at}:"), message, StringComparison.Ordinal);
        }

        Assert.All(words, w => Assert.Contains(w, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_design_on_offer_may_be_rented_and_named_by_a_workload()
    {
        string file = Write(s => s
            .Replace("precisions: [bf16]\n    ttft", "precisions: [bf16]\n    chips: [artemis-hbm3e]\n    ttft", StringComparison.Ordinal)
            + "  rental: { chip: artemis-hbm3e, price: { value: $1/h, assumed: true }, limit: { value: 1 k, assumed: true } }\n");
        Outcome outcome = await Program.Run("run", file, "--out", _folder.Path("out"));
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Equal(["artemis-hbm3e"], Results.Read(_folder.Path("out")).Serving("chat").Where(o => o.GetProperty("feasible").GetBoolean()).Select(o => Results.Text(o, "chip")));
    }

    // The example with a change, beside copies of its design that are whole, broken and called as another.
    private string Write(Func<string, string> change)
    {
        string design = File.ReadAllText(Repository.Path("examples", "designs", "artemis-hbm3e.yaml")), folder = Directory.CreateDirectory(_folder.Path("designs")).FullName;
        File.WriteAllText(Path.Combine(folder, "artemis-hbm3e.yaml"), design);
        File.WriteAllText(Path.Combine(folder, "broken.yaml"), design.Replace("grid: { rows: 8", "grid: { rows: 0", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(folder, "twin.yaml"), design.Replace("name: artemis-hbm3e", "name: mtia-2i", StringComparison.Ordinal));
        string text = File.ReadAllText(Example).ReplaceLineEndings("\n"), changed = change(text);
        Assert.NotEqual(text, changed);
        File.WriteAllText(_folder.Path("scenario.yaml"), changed);
        return _folder.Path("scenario.yaml");
    }

    [GeneratedRegex("(<!-- artemis-memory[^>]*-->\n```text\n)(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
