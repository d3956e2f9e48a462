using System.Text.Json;
using System.Xml.Linq;

namespace Fleetwright.Cli.Tests;

public class ChipMakingCommandTests
{
    [Fact]
    public async Task Cost_answers_with_a_bill_that_adds_up()
    {
        (int code, string output, _) = await Run("chip", "cost", "h100-sxm", "--quarter", "2024Q1", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        JsonElement unit = answer.RootElement.GetProperty("unit_dollars");
        double central = unit.GetProperty("central").GetDouble();
        Assert.InRange(central, 3320 * 0.85, 3320 * 1.15);
        Assert.Equal(central, answer.RootElement.GetProperty("lines").EnumerateArray().Sum(l => l.GetProperty("dollars").GetProperty("central").GetDouble()), 6);
        Assert.True(unit.GetProperty("p10").GetDouble() < unit.GetProperty("p50").GetDouble() && unit.GetProperty("p50").GetDouble() < unit.GetProperty("p90").GetDouble());
        Assert.Equal("tsmc-n4", answer.RootElement.GetProperty("node").GetString());
        Assert.NotEmpty(answer.RootElement.GetProperty("sensitivities").EnumerateArray());
    }

    [Fact]
    public async Task Cost_says_what_dominates_and_the_same_twice()
    {
        (int code, string once, _) = await Run("chip", "cost", "b200-sxm");
        (_, string twice, _) = await Run("chip", "cost", "b200-sxm");
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(once, twice);
        Assert.Contains("memory is", once, StringComparison.Ordinal);
        Assert.Contains("yield of a bond", once, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_design_with_spare_cores_turns_towards_samsung()
    {
        double full = await Probability("chip", "compare", "mtia-2i", "--node", "n5,sf4", "--same-area", "--spares", "0", "--json");
        double spare = await Probability("chip", "compare", "mtia-2i", "--node", "n5,sf4", "--same-area", "--spares", "8", "--json");
        Assert.True(full < 0.5 && spare > 0.5, $"{full} {spare}");

        static async Task<double> Probability(params string[] arguments)
        {
            (int code, string output, _) = await Run(arguments);
            Assert.Equal(ExitCode.Success, code);
            using JsonDocument answer = JsonDocument.Parse(output);
            return answer.RootElement.GetProperty("variants")[1].GetProperty("probability_cheaper").GetDouble();
        }
    }

    [Fact]
    public async Task A_page_holds_every_plot_and_needs_nothing_else()
    {
        string file = Path.Combine(Path.GetTempPath(), $"fleetwright-{Guid.NewGuid():N}.html");
        try
        {
            (int code, string output, _) = await Run("chip", "compare", "mtia-2i", "--node", "n5,sf4,sf2", "--html", file);
            Assert.Equal(ExitCode.Success, code);
            Assert.Contains("breaks even at", output, StringComparison.Ordinal);
            string page = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            string[] drawings = [.. page.Split("<svg").Skip(1).Select(s => "<svg" + s[..(s.IndexOf("</svg>", StringComparison.Ordinal) + 6)])];
            // Distributions, bills, areas, two that decide and one for each variant; each is well-formed and finite.
            Assert.Equal(3 + 2 + 3, drawings.Length);
            Assert.All(drawings, d => Assert.DoesNotContain("NaN", XDocument.Parse(d).ToString(), StringComparison.Ordinal));
            Assert.DoesNotContain("http", page.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Contains("prefers-color-scheme", page, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_node_that_cannot_hold_the_die_says_so_and_leaves_no_comparison()
    {
        (int code, string output, _) = await Run("chip", "compare", "h100-sxm", "--node", "n4,8lpp");
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains("over the reticle of 858 mm2", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("did you mean", "chip", "compare", "mtia-2i", "--node", "n5,9lpp")]
    [InlineData("wafer_price", "chip", "cost", "mtia-2i", "--node", "18a")]
    [InlineData("reticle", "chip", "cost", "cerebras-wse-3")]
    [InlineData("--node", "chip", "cost", "mtia-300")]
    [InlineData("--node", "chip", "cost", "mtia-2i", "--node", "n5,n3")]
    [InlineData("--node", "chip", "compare", "mtia-2i")]
    [InlineData("--volume", "chip", "cost", "mtia-2i", "--volume", "0")]
    [InlineData("--yield-parameter", "chip", "cost", "mtia-2i", "--yield-parameter", "0")]
    [InlineData("murphy", "chip", "cost", "mtia-2i", "--yield", "murfy")]
    [InlineData("2025Q1", "chip", "cost", "mtia-2i", "--quarter", "2025")]
    [InlineData("--spares", "chip", "cost", "mtia-2i", "--spares", "65")]
    [InlineData("mtia-2i", "chip", "cost", "mtia-2x")]
    [InlineData("no folder", "chip", "compare", "mtia-2i", "--node", "n5,sf4", "--draws", "200", "--html", "/no/such/folder/page.html")]
    public async Task Wrong_input_is_named(string word, params string[] arguments)
    {
        (int code, _, string error) = await Run(arguments);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(word, error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }
}
