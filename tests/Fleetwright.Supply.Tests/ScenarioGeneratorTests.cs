using Fleetwright.Catalog.Reading;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Uncertainty;

namespace Fleetwright.Supply.Tests;

public class ScenarioGeneratorTests
{
    private static readonly SupplyProblem Problem = Samples.Small(8) with { Resources = [new SharedResource("hbm", "HBM", "GB", Samples.Flat(1, 8))] };

    [Fact]
    public void Without_risks_there_is_one_future()
    {
        SupplyScenario only = Assert.Single(ScenarioGenerator.Generate(Problem, new SupplyRisks()));
        Assert.Equal(("as planned", 1.0), (only.Id, only.Probability));
    }

    [Fact]
    public void A_small_number_of_combinations_is_given_in_full_with_exact_probabilities()
    {
        IReadOnlyList<SupplyScenario> all = ScenarioGenerator.Generate(Problem, Risks(0.1, 0.2, [0, 4]));
        Assert.Equal(2 * 3 * 2, all.Count);
        Assert.Equal(0.3 * 0.05 * 0.2, all.Single(s => s.Id == "low · stop 2025Q1 · short").Probability, 12);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(48)]
    [InlineData(20)]
    [InlineData(5)]
    public void Probabilities_sum_to_one_and_names_differ(int maximum)
    {
        IReadOnlyList<SupplyScenario> some = ScenarioGenerator.Generate(Problem, Risks(0.1, 0.2), maximum);
        Assert.InRange(some.Count, 1, maximum);
        Assert.Equal(1.0, some.Sum(s => s.Probability), 12);
        Assert.Distinct(some.Select(s => s.Id));
    }

    [Fact]
    public void A_rare_outage_keeps_its_exact_probability_where_its_start_is_sampled()
    {
        IReadOnlyList<SupplyScenario> some = ScenarioGenerator.Generate(Problem, Risks(0.001, 0.2), 12);
        Assert.Equal(0.001, some.Where(s => s.SiteAvailability.Count > 0).Sum(s => s.Probability), 12);
    }

    [Fact]
    public void What_has_no_probability_does_not_occur()
    {
        IReadOnlyList<SupplyScenario> all = ScenarioGenerator.Generate(Problem, Risks(0, 0), 500);
        Assert.Equal(["low", "high"], all.Select(s => s.Id));
    }

    [Fact]
    public void An_outage_lasts_as_long_as_said()
    {
        SupplyScenario stopped = ScenarioGenerator.Generate(Problem, Risks(1, 0, [2]))[0];
        Assert.Equal([1, 1, 0, 0, 0, 1, 1, 1], stopped.SiteAvailability["fab-a"]);
    }

    [Fact]
    public void A_new_risk_does_not_shift_the_starts_of_another()
    {
        SupplyRisks one = new() { Outages = [new("stop", ["fab-a"], 1, 1)] };
        SupplyRisks two = one with { Shortages = [new("short", "hbm", 1, 0.5)] };
        string[] Starts(SupplyRisks risks) => [.. ScenarioGenerator.Generate(Problem, risks, 3).Select(s => string.Join(' ', s.SiteAvailability["fab-a"]))];
        Assert.Equal(Starts(one), Starts(two));
    }

    [Fact]
    public void Impossible_risks_are_refused_with_every_mistake()
    {
        SupplyRisks wrong = new()
        {
            Outages = [new("stop", ["fab-z"], 1.5, 0)],
            DemandPaths = [new("low", 0.3, new Dictionary<string, IReadOnlyList<double>> { ["*"] = [1, 2] })],
        };
        Assert.Equal(5, Assert.Throws<InputException>(() => ScenarioGenerator.Generate(Problem, wrong)).Diagnostics.Count);
    }

    private static SupplyRisks Risks(double outage, double shortage, int[]? starts = null) => new()
    {
        Outages = [new SiteOutageRisk("stop", ["fab-a", "pack-a"], outage, 3, starts)],
        Shortages = [new ShortageRisk("short", "hbm", shortage, 0.5)],
        DemandPaths =
        [
            new DemandPath("low", 0.3, new Dictionary<string, IReadOnlyList<double>> { ["serve"] = Samples.Flat(0.8, 8) }),
            new DemandPath("high", 0.7, new Dictionary<string, IReadOnlyList<double>> { ["*"] = Samples.Flat(1.2, 8) }),
        ],
    };
}
