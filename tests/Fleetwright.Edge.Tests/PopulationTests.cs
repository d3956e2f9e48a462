using System.Text.Json;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Population;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Tests;

public sealed class PopulationTests
{
    private const double All = double.PositiveInfinity;

    private static readonly Policy s_mixed = new("made up", "made up",
    [
        new ClassRoutes("open", [new Route(Tiers.Device, "small", 450, All, All, Tiers.None), new Route(Tiers.Cloud, null, All, All, 0.8, Tiers.Device)]),
        new ClassRoutes("camera", [new Route(Tiers.Device, "small", All, All, All, Tiers.None)]),
    ]);

    private static PlacementQuestion Mixed => MadeUp.Question([MadeUp.Class(share: 0.7), MadeUp.Class("camera", 0.3, Tiers.Device)], turnsADay: 48, useSeconds: 120);

    [Fact]
    public void Drawn_shares_joules_and_hours_are_the_analytic_ones()
    {
        PolicyMetrics analytic = PlacementSearch.Judge(Mixed, s_mixed).Metrics;
        PopulationResult drawn = PopulationSimulation.Run(Mixed, s_mixed, 20_000, 7, 2, TestContext.Current.CancellationToken);
        Assert.Equal(20_000 * 48.0, drawn.Turns, 3 * Math.Sqrt(20_000 * 48.0));
        Within(analytic.ShareWithinTarget, drawn.ShareWithinTarget);
        Within(analytic.JoulesPerTurn, drawn.JoulesPerTurn);
        Within(analytic.BatteryHours!.Value, drawn.BatteryHours!.Value);
        Assert.True(drawn.ShareOfTurnsFallenBack > 0.001);
        Assert.Equal(0, drawn.ShareOfTurnsThrottled);

        // The times are binned to 0.4 %.
        Assert.Equal(analytic.P50Seconds, drawn.FirstSound!.Quantile(0.5), analytic.P50Seconds * 0.01);
        Assert.Equal(analytic.P95Seconds, drawn.FirstSound.Quantile(0.95), analytic.P95Seconds * 0.01);
        double requests = drawn.CloudTurnsPerSecondByHour.Sum() * 3600;
        Assert.Equal(analytic.CloudTurnsPerTurn * drawn.Turns, requests, 3 * Math.Sqrt(requests));

        static void Within(double expected, Sampled found) => Assert.True(
            Math.Abs(expected - found.Value) <= 3 * found.StandardError, FormattableString.Invariant($"expected {expected}, found {found.Value} ± {found.StandardError}"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_one_thread_and_on_two()
    {
        string one = JsonSerializer.Serialize(PopulationSimulation.Run(Mixed, s_mixed, 5_500, 11, 1, TestContext.Current.CancellationToken));
        string two = JsonSerializer.Serialize(PopulationSimulation.Run(Mixed, s_mixed, 5_500, 11, 2, TestContext.Current.CancellationToken));
        string other = JsonSerializer.Serialize(PopulationSimulation.Run(Mixed, s_mixed, 5_500, 12, 2, TestContext.Current.CancellationToken));
        Assert.Equal(one, two);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void A_turn_allocates_nothing()
    {
        var simulator = new UserSimulator(new DayPlan(Mixed, s_mixed), 5);
        var counts = new Counts();
        BlockSums sums = default;
        PopulationSimulation.RunBlock(simulator, 0, 1000, ref sums, counts);
        long before = GC.GetAllocatedBytesForCurrentThread();
        PopulationSimulation.RunBlock(simulator, 1, 2000, ref sums, counts);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sums.Turns > 50_000);
    }

    [Theory]
    [InlineData(0, 1)] // 2 W over two hours of use a day from 3 Wh
    [InlineData(1, 0)] // a charger of 1 W in the hours between
    public void A_battery_is_empty_when_the_day_takes_more_than_it_holds(double charger, double empty)
    {
        PlacementQuestion question = MadeUp.Question(turnsADay: 0, useSeconds: 300);
        question = question with
        {
            BatteryJoules = 3 * 3600,
            Day = question.Day with { Segments = [question.Day.Segments[0] with { ChargeWatts = charger }] },
        };
        var policy = new Policy("", "", [new ClassRoutes("open", [new Route(Tiers.Cloud, null, All, All, All, Tiers.None)])]);
        PopulationResult drawn = PopulationSimulation.Run(question, policy, 100, 1, 1, TestContext.Current.CancellationToken);
        Assert.Equal(empty, drawn.ShareOfUsersEmpty);
        Assert.Equal(0, drawn.Turns);
    }

    [Fact]
    public void Models_that_draw_more_than_the_case_sheds_are_slowed()
    {
        // A turn every second of 10 J in 0.9 s: about 12 W for a case that sheds 5 W, warm after 200 s · ln(11/7) = 90 s of 3,600 s.
        AnswerPath warm = MadeUp.OnDevice() with { Joules = (_, _) => 10, BusySeconds = (_, _) => 0.9, ReadSeconds = _ => 0.5 };
        PlacementQuestion question = MadeUp.Question(paths: [warm], turnsADay: 24 * 3600, useSeconds: 3600) with { BatteryJoules = null };
        var policy = new Policy("", "", [new ClassRoutes("open", [new Route(Tiers.Device, "small", All, All, All, Tiers.None)])]);
        PopulationResult drawn = PopulationSimulation.Run(question, policy, 20, 1, 1, TestContext.Current.CancellationToken);
        Assert.InRange(drawn.ShareOfTurnsThrottled, 0.3, 0.999);
        Assert.True(drawn.ShareWithinTarget.Value < PlacementSearch.Judge(question, policy).Metrics.ShareWithinTarget);
    }

    [Fact]
    public void The_mean_tail_is_that_of_a_Poisson_process_in_a_session()
    {
        // Rare turns keep the whole tail; in an endless session it is (1 − e^{−λa})/λ.
        Assert.Equal(10, RadioTail.MeanSeconds(1e-8, 300, 10), 1e-9);
        Assert.Equal(10, RadioTail.MeanSeconds(1.1e-6, 300, 10), 1e-4);
        Assert.Equal((1 - Math.Exp(-2)) / 0.2, RadioTail.MeanSeconds(0.2, 1e9, 10), 1e-6);

        // Against the integral over the turn's place, by the midpoint rule.
        double sum = 0;
        for (int i = 0; i < 100_000; i++)
        {
            double left = 30 * (i + 0.5) / 100_000, e = Math.Exp(-0.2 * Math.Min(left, 10));
            sum += ((1 - e) / 0.2) + (left < 10 ? (10 - left) * e : 0);
        }

        Assert.Equal(sum / 100_000, RadioTail.MeanSeconds(0.2, 30, 10), 1e-6);
    }

    [Fact]
    public void The_part_of_the_day_decides_on_the_way_to_the_cloud()
    {
        PlacementQuestion even = MadeUp.Question(turnsADay: 240);
        DaySegment home = even.Day.Segments[0];
        DaySegment train = home with { FromHour = 8, ToHour = 10, Place = "train", Paths = [[MadeUp.OnDevice(), MadeUp.InCloud(3)]] };
        PlacementQuestion question = even with { Day = even.Day with { Segments = [home with { ToHour = 8 }, train, home with { FromHour = 10 }] } };
        var policy = new Policy("", "", [new ClassRoutes("open", [new Route(Tiers.Cloud, null, All, All, All, Tiers.None)])]);
        PolicyMetrics analytic = PlacementSearch.Judge(question, policy).Metrics;
        double atHome = PlacementSearch.Judge(even, policy).Metrics.ShareWithinTarget;
        Assert.InRange(analytic.ShareWithinTarget, (atHome * 22 / 24) - 1e-9, atHome);
        PopulationResult drawn = PopulationSimulation.Run(question, policy, 5_000, 3, 2, TestContext.Current.CancellationToken);
        Assert.True(Math.Abs(drawn.ShareWithinTarget.Value - analytic.ShareWithinTarget) <= 3 * drawn.ShareWithinTarget.StandardError);
    }
}
