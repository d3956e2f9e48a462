using System.Globalization;
using System.Text.Json;

namespace Fleetwright.Acceptance.Tests;

/// <summary>
/// One line of the scenario changes, and the answer moves the way that a person expects. What the plan makes least can only move one way, up to
/// the gap at which the solver stops; that is asserted to within twice the gap. Its two parts are asserted with more room.
/// </summary>
public sealed class DirectionTests(ShortRun before) : IClassFixture<ShortRun>, IDisposable
{
    // Twice the gap of the scenario's plan, which Short() sets to 0.2 %.
    private const double Gap = 0.004;
    private const double Room = 0.02;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_dearer_h100_is_not_bought_more_and_costs_no_less()
    {
        Results after = await Run(s => s.Line("h100", "price", l => ScenarioText.Dollars(l, 2)));
        Assert.True(after.Ordered("h100") <= before.Results.Ordered("h100") * (1 + Room), "more H100 are ordered");
        NotCheaper(after);
    }

    [Fact]
    public async Task Where_the_h100_is_all_there_is_its_price_is_paid()
    {
        Func<ScenarioText> alone = () => ScenarioText.Short().WithoutItem("h200").WithoutItem("mi300x").WithoutItem("artemis-samsung").WithoutItem("artemis-tsmc").Containing("    limit: ", _ => "    limit: { value: 0, assumed: true }");
        Results usual = await ShortRun.Of(alone(), _folder);
        Results dear = await ShortRun.Of(alone().Line("h100", "price", l => ScenarioText.Dollars(l, 2)), _folder);
        Assert.True(usual.Ordered("h100") > 0, "no H100 is ordered even where there is nothing else");
        Assert.True(dear.Ordered("h100") <= usual.Ordered("h100") * (1 + Room), "more H100 are ordered at twice the price");
        Assert.True(dear.Objective > usual.Objective * (1 + Gap), "twice the price costs nothing");
    }

    [Fact]
    public async Task Without_the_risk_of_taiwan_neither_cost_nor_tail_is_higher()
    {
        Results after = await Run(s => s.Containing("- { name: Taiwan stops", l => l.Replace("probability: { value: 12 %, low: 6 %, high: 19 %", "probability: { value: 0 %", StringComparison.Ordinal)));
        Assert.Contains(before.Results.Futures, f => f.Contains("Taiwan", StringComparison.Ordinal));
        Assert.DoesNotContain(after.Futures, f => f.Contains("Taiwan", StringComparison.Ordinal));
        Assert.True(after.Objective <= before.Results.Objective * (1 + Gap), "the objective rose");
        Assert.True(after.Expected <= before.Results.Expected * (1 + Room), "the expected cost rose");
        Assert.True(after.Tail <= before.Results.Tail * (1 + Room), "the tail rose");
    }

    [Theory]
    [InlineData("chat-8b")]
    [InlineData("chat-70b")]
    public async Task A_tighter_target_is_never_cheaper_to_meet(string workload)
    {
        Results after = await Run(s => s.Set(workload, "ttft_p99", "{ value: 300 ms, assumed: true }"));
        foreach (JsonElement was in before.Results.Serving(workload).Where(o => o.GetProperty("feasible").GetBoolean()))
        {
            JsonElement now = after.Serving(workload).Single(o => Results.Text(o, "chip") == Results.Text(was, "chip"));
            if (now.GetProperty("feasible").GetBoolean())
            {
                Assert.True(Results.Number(now, "load_per_chip") <= Results.Number(was, "load_per_chip") * 1.0001, $"{now.GetProperty("chip")} takes more load: {Results.Number(now, "load_per_chip")} after {Results.Number(was, "load_per_chip")}");
                Assert.True(Results.Number(now, "dollars_per_million") >= Results.Number(was, "dollars_per_million") * 0.9999, $"{now.GetProperty("chip")} is cheaper");
            }
        }
    }

    [Fact]
    public async Task Less_power_puts_fewer_chips_to_work()
    {
        double half = before.Results.PowerWatts.Max() / 2;
        Results after = await Run(s => s.Set("", "power_available", string.Create(CultureInfo.InvariantCulture, $"{{ value: {half / 1e6:0.######} MW, assumed: true }}")));
        Assert.All(after.PowerWatts, watts => Assert.True(watts <= half * 1.0001));
        Assert.True(after.AtWork().Max() <= before.Results.AtWork().Max() * (1 + Room), "more chips are at work");
        NotCheaper(after);
    }

    [Fact]
    public async Task More_demand_costs_no_less()
        => NotCheaper(await Run(s => s.Line("phones", "active_users", l => ScenarioText.Quarters(l, 1.5))));

    [Fact]
    public async Task A_rule_that_keeps_more_on_the_device_sends_less_to_the_cloud()
    {
        Results after = await Run(s => s
            .Containing("- { name: general", l => l.Replace("share: { value: 90 %", "share: { value: 50 %", StringComparison.Ordinal))
            .Containing("- { name: private-messages", l => l.Replace("share: { value: 10 %", "share: { value: 50 %", StringComparison.Ordinal)));
        Assert.True(Results.Number(after.Placement("phones"), "cloud_share") < Results.Number(before.Results.Placement("phones"), "cloud_share"));
    }

    [Fact]
    public async Task Without_a_second_foundry_the_stop_of_taiwan_is_no_milder()
    {
        // Samsung delivers from 2026 on, so these two runs go to the end of the plan.
        Func<ScenarioText> late = () => ScenarioText.Short().Line("", "quarters", _ => "quarters: { first: 2025Q1, last: 2026Q4 }");
        Results with = await ShortRun.Of(late(), _folder);
        Results without = await ShortRun.Of(late().WithoutItem("artemis-samsung"), _folder);
        Assert.NotEmpty(without.Outages);
        Assert.True(without.Objective >= with.Objective * (1 - Gap), $"the objective fell from {with.Objective} to {without.Objective}");
        Assert.True(Worst(without) >= Worst(with) * (1 - Room), $"the outage costs {Worst(without)} without Samsung and {Worst(with)} with it");
    }

    private static double Worst(Results results) => results.Outages.Max(o => Results.Number(o, "extra_cost"));

    private void NotCheaper(Results after)
    {
        Assert.True(after.Objective >= before.Results.Objective * (1 - Gap), $"the objective fell from {before.Results.Objective} to {after.Objective}");
        Assert.True(after.Expected >= before.Results.Expected * (1 - Room), $"the expected cost fell from {before.Results.Expected} to {after.Expected}");
    }

    private Task<Results> Run(Func<ScenarioText, ScenarioText> edit) => ShortRun.Of(edit(ScenarioText.Short()), _folder);
}

/// <summary>The short scenario as it stands, run once.</summary>
public sealed class ShortRun : IAsyncLifetime
{
    internal Results Results { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        using var folder = new TemporaryFolder();
        Results = await Of(ScenarioText.Short(), folder);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static async Task<Results> Of(ScenarioText text, TemporaryFolder folder)
    {
        Outcome outcome = await Program.Run("run", text.Write(folder), "--out", folder.Path("out"), "--json");
        Assert.True(outcome.Code == 0, outcome.Error);
        return Results.Parse(outcome.Output);
    }
}
