using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Chain;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Results;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Scenarios.Tests;

/// <summary>Stages of the chain against figures worked out by hand.</summary>
public sealed class StageTests
{
    [Fact]
    public void Turns_of_the_busiest_hour_stand_above_the_mean_by_the_peak_of_the_hour_curve()
    {
        ChainContext context = SmallScenario.Context();
        ProductTurns app = DemandStage.Run(context)[0];

        // Twelve hours of 1 and twelve of 3: the mean is 2 and the peak 1.5 times that. 864 k users × 10 turns a day are 100 turns/s.
        Assert.Equal(1.5, app.Product.PeakFactor, 12);
        Assert.Equal(150, app.PeakTurns[0], 9);
        Assert.Equal(300, app.PeakTurns[3], 9);
        Assert.Equal(200, app.PeakTurns[1], 9);
    }

    [Fact]
    public void Requests_to_a_workload_mix_the_products_that_send_them()
    {
        ChainContext context = SmallScenario.Context();
        IReadOnlyList<ProductTurns> turns = DemandStage.Run(context);
        Fleetwright.Serving.Workloads.Workload shape = DemandStage.Shape(turns, "chat");

        // App: (150 + 200 + 250 + 300) × 0.75 = 675 turns; television: 4 × 100 = 400. Prompts of 100 and 300 tokens without spread of their own.
        double share = 675 / 1075.0, mean = (share * 100) + ((1 - share) * 300);
        Assert.Equal(mean, shape.Prompt.Mean, 9);
        Assert.Equal(200 * Math.Sqrt(share * (1 - share)) / mean, shape.Prompt.Cv, 9);
        Assert.Equal(40, shape.Output.Mean, 9);
        Assert.Equal(0.5, shape.Output.Cv, 9);
    }

    [Fact]
    public void A_workload_that_nobody_asks_yet_still_has_a_shape()
    {
        string text = SmallScenario.Text
            .Replace("{ by_quarter: { 2024Q1: 864 k, 2024Q4: 1.728 M } }", "0", StringComparison.Ordinal)
            .Replace("active_users: 864 k", "active_users: 0", StringComparison.Ordinal);
        Assert.Equal(100, DemandStage.Shape(DemandStage.Run(SmallScenario.Context(text)), "big").Prompt.Mean, 9);
    }

    [Fact]
    public void The_load_of_the_data_centre_is_what_placement_leaves_to_it()
    {
        ChainContext context = SmallScenario.Context();
        IReadOnlyList<ProductTurns> turns = DemandStage.Run(context);
        PlacedProduct[] placed = [Placed(0.5), Placed(1)];
        WorkloadCapability chat = Capability(context.Scenario.Workloads[0]), big = Capability(context.Scenario.Workloads[1]);

        IReadOnlyList<Load> loads = LoadStage.Run(context, turns, placed, [chat, big], []);

        Assert.Equal((150 * 0.5 * 0.75) + 100, loads[0].Demand[0], 9);
        Assert.Equal((300 * 0.5 * 0.75) + 100, loads[0].Demand[3], 9);
        Assert.Equal(150 * 0.5 * 0.25, loads[1].Demand[0], 9);

        // The big model is asked by the app alone, whose mean is two thirds of its peak.
        Assert.Equal(2 / 3.0, loads[1].MeanShare, 9);
        Assert.InRange(loads[0].MeanShare, 2 / 3.0, 1);
        Assert.Equal(1, loads[0].UnservedLimit);
        Assert.Equal(0.05, loads[1].UnservedLimit, 12);
    }

    [Fact]
    public void A_training_job_asks_for_its_tokens_evenly_over_its_quarters()
    {
        ChainContext context = SmallScenario.Context();
        var capability = new TrainingCapability(context.Scenario.Training[0], null!, new Dictionary<string, double>());

        Load load = Assert.Single(LoadStage.Run(context, [], [], [], [capability]));

        // 7.8894 T tokens over two quarters of 7,889,400 seconds.
        Assert.Equal([0, 5e5, 5e5, 0], load.Demand.Select(d => Math.Round(d, 6)));
        Assert.Equal(7.8894e12, load.Demand.Sum() * Quarter.Seconds, 1);
        Assert.True(load.IsTraining);
    }

    [Fact]
    public void An_offer_from_a_site_that_cannot_make_the_chip_is_left_out_and_the_reason_told()
    {
        OfferedChips offered = OfferedChips.Of(SmallScenario.Context());
        Assert.Equal("taiwan", Assert.Single(offered.Offers).Name);
        string warning = Assert.Single(offered.Warnings);
        Assert.Contains("kumamoto", warning, StringComparison.Ordinal);
        Assert.Contains("cannot make", warning, StringComparison.Ordinal);
        Assert.Contains("tsmc-n28", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chip_is_priced_by_the_cheapest_offer_that_can_be_fulfilled()
    {
        OfferedChip chip = Assert.Single(OfferedChips.Of(SmallScenario.Context()).Chips);

        // $2,000 + $1,000 over five years, 6 % a year to run it, and its energy at $0.07/kWh; the cheaper offer of Kumamoto does not count.
        const double year = 31557600;
        Assert.Equal((3000 / (5 * year)) + (3000 * 0.06 / year) + (chip.WattsAtMeter * 0.07 / 3.6e6), chip.DollarsPerSecond, 12);
    }

    [Fact]
    public void The_supply_problem_states_the_scenario_and_nothing_else()
    {
        ChainContext context = SmallScenario.Context();
        OfferedChips offered = OfferedChips.Of(context);
        var load = new Load("big", "Big", "requests/s", [1, 2, 3, 4], new Dictionary<string, double> { ["mtia-2i"] = 10 }, 0.01, 0.5, false, 0.05);

        SupplyProblem problem = SupplyStage.Problem(context, offered, [load]);

        SupplyOffer offer = Assert.Single(problem.Offers);
        Assert.Equal([3000, 3000, 3000, 3000], offer.UnitPriceByQuarter);
        Assert.Equal([0, 1e5, 1e5, 1e5], offer.CapacityByQuarter);
        SupplyWorkload workload = Assert.Single(problem.Workloads);
        Assert.Equal(0.05, workload.MaximumUnservedShare);
        Assert.Equal(0.01 * Quarter.Seconds * 0.5, workload.UnservedDollarsPerUnitQuarter, 9);
        Assert.Equal(1, Assert.Single(problem.Scenarios).Probability);
    }

    [Fact]
    public void A_resource_of_one_word_has_a_unit()
    {
        string text = SmallScenario.Text + "\nresources: [{ name: hbm, title: HBM, capacity: 10 }]\n";
        ChainContext context = SmallScenario.Context(text);
        Assert.Equal("units", Assert.Single(SupplyStage.Problem(context, OfferedChips.Of(context), [new Load("big", "Big", "requests/s", [1, 1, 1, 1], new Dictionary<string, double>(), 1, 1, false)]).Resources).Unit);
    }

    private static PlacedProduct Placed(double cloud) => new(null!, [cloud, cloud, cloud, cloud]);

    private static WorkloadCapability Capability(Inputs.Workload workload) => new(workload, null!, new Dictionary<string, double>(), 0.1, 0.2, 0.01);
}
