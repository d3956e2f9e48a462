using Fleetwright.Catalog.Reading;
using Fleetwright.Scenarios.Chain;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Testing;

namespace Fleetwright.Scenarios.Tests;

public sealed class ScenarioReaderTests
{
    [Fact]
    public void The_default_scenario_reads()
    {
        Scenario scenario = ScenarioReader.Read(Repository.Path("examples", "meta-2024.yaml"));
        Assert.Equal(12, scenario.Quarters.Count);
        Assert.Equal(5, scenario.Products.Count);
    }

    [Fact]
    public void The_least_scenario_reads_and_its_names_are_known()
        => ChainRunner.Check(SmallScenario.Context());

    [Theory]
    [InlineData("title: Small", "titel: Small", "titel", "unknown key")]
    [InlineData("pue: 1.1", "pue: 0.9", "economics.pue", "at least 1")]
    [InlineData("chip_life: 5 years", "chip_life: 5 W", "economics.chip_life", "not a unit of time")]
    [InlineData("discount_rate: 8 %", "discount_rate: -8 %", "economics.discount_rate", "must not be negative")]
    [InlineData("share: 25 %", "share: 35 %", "products[0].cloud", "add up to 1.1")]
    [InlineData("workload: big", "workload: bog", "products[0].cloud[1].workload", "did you mean big")]
    [InlineData("active_users: 864 k", "active_users: many", "products[1].active_users", "not a number")]
    [InlineData("2024Q4: 1.728 M", "2024Q9: 1.728 M", "products[0].active_users.by_quarter.2024Q9", "a quarter such as")]
    [InlineData("hours: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,", "hours: [x, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,", "products[1].hours", "found 23 usable")]
    [InlineData("name: tv", "name: app", "products[1].name", "taken by line 7")]
    [InlineData("name: job", "name: chat", "training[0].name", "taken by line")]
    [InlineData("name: kumamoto", "name: taiwan", "offers[1].name", "taken by line")]
    [InlineData("deadline: 2024Q3", "deadline: 2024Q1", "training[0].deadline", "must not lie before the start")]
    [InlineData("last: 2024Q4", "last: 2044Q4", "quarters.last", "allowed: 2024Q1 to 2033Q4")]
    [InlineData("unserved_limit: 5 %", "unserved_limit: 105 %", "workloads[1].unserved_limit", "at most 1")]
    [InlineData("capacity: 100 k, lead_time: 13 weeks }\npower", "capacity: 100 k, lead_time: 13 weeks, uses: { hbm: 1 } }\npower", "offers[1].uses.hbm", "no resource is called 'hbm'")]
    public void A_mistake_is_told_once_with_its_field_and_line(string right, string wrong, string field, string words)
    {
        string before = SmallScenario.Text.ReplaceLineEndings("\n");
        int at = before.IndexOf(right, StringComparison.Ordinal);
        Assert.True(at >= 0, right);
        string text = string.Concat(before.AsSpan(0, at), wrong, before.AsSpan(at + right.Length));
        int line = before[..at].Count(c => c == '\n') + 1;

        Diagnostic[] problems = [.. SmallScenario.Problems(text).Where(p => p.Message != "is missing")];

        Diagnostic problem = Assert.Single(problems);
        Assert.Equal(field, problem.Field);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
        Assert.Equal(line, problem.Line);
    }

    [Fact]
    public void A_workload_that_nobody_asks_is_refused()
    {
        string text = SmallScenario.Text.Replace("[{ workload: chat, share: 75 % }, { workload: big, share: 25 % }]", "[{ workload: chat, share: 100 % }]", StringComparison.Ordinal);
        Diagnostic problem = Assert.Single(SmallScenario.Problems(text));
        Assert.Equal("workloads[1].name", problem.Field);
        Assert.Contains("no product", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_pass_finds_every_mistake_in_the_order_of_the_file()
    {
        string text = SmallScenario.Text
            .Replace("title: Small", "titel: Small", StringComparison.Ordinal)
            .Replace("pue: 1.1", "pue: 0.9", StringComparison.Ordinal)
            .Replace("interaction: text", "interaction: talk", StringComparison.Ordinal)
            .Replace("power_available: 100 MW", "power_available: 100 GB", StringComparison.Ordinal);
        Assert.Equal(["title", "titel", "economics.pue", "products[0].interaction", "products[1].interaction", "power_available"], SmallScenario.Problems(text).Select(p => p.Field));
    }

    [Fact]
    public void Without_risks_demand_goes_as_stated()
    {
        DemandPath path = Assert.Single(SmallScenario.Read(SmallScenario.Text).Risks.Demand);
        Assert.Equal(1, path.Probability.Value);
    }

    [Fact]
    public void Names_of_the_catalogue_are_checked_in_one_pass_at_their_lines()
    {
        string text = SmallScenario.Text.Replace("device: lg-tv", "device: lg-tw", StringComparison.Ordinal).Replace("site: jasm-1", "site: jasm-9", StringComparison.Ordinal);
        IReadOnlyList<Diagnostic> problems = Assert.Throws<InputException>(() => ChainRunner.Check(SmallScenario.Context(text))).Diagnostics;
        Assert.Equal(["products[1].device", "offers[1].site"], problems.Select(p => p.Field));
        string[] lines = text.Split('\n');
        Assert.All(problems, p => Assert.Contains(p.Field.Split('.')[1], lines[p.Line - 1], StringComparison.Ordinal));
    }

    [Fact]
    public void A_language_model_needs_a_language_workload()
    {
        string text = SmallScenario.Text.Replace("model: llama-3-70b", "model: dlrm-large", StringComparison.Ordinal);
        Diagnostic problem = Assert.Single(Assert.Throws<InputException>(() => ChainRunner.Check(SmallScenario.Context(text))).Diagnostics);
        Assert.Contains("is a ranking model", problem.Message, StringComparison.Ordinal);
    }
}
