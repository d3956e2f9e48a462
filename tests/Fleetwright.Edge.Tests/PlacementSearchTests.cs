using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Tests;

public sealed class PlacementSearchTests
{
    private static readonly LatencyDistribution s_always = LatencyDistribution.Constant(0.5);

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(4.0, 1000)] // the battery's promise binds
    [InlineData(0, 1.03)] // the case binds
    public void Joining_the_classes_finds_what_trying_every_pair_finds(double hours, double sustained)
    {
        // Waits that are always the same leave no timeouts to choose from, so that every pair of choices can be tried.
        AnswerPath device = MadeUp.OnDevice() with { Wait = s_always }, cloud = MadeUp.InCloud() with { Wait = s_always };
        PlacementQuestion question = MadeUp.Question([MadeUp.Class("a", 0.6, target: 1.8), MadeUp.Class("b", 0.4, target: 2)], [device, cloud], turnsADay: 600) with
        {
            BatteryHours = hours,
            SustainedWatts = sustained,
        };
        PlacementAnswer answer = PlacementSearch.Run(question, TestContext.Current.CancellationToken);
        Assert.True(answer.Admissible, string.Join("; ", answer.Best.Missed));

        var evaluator = new PolicyEvaluator(question);
        List<(ClassRoutes Routes, Totals Totals)>[] choices = [.. evaluator.Classes.Select(tables => EveryRoute(tables).Where(GivesNoneUp(tables)).Select(r => (r, PolicyEvaluator.TotalsOf(tables, PolicyEvaluator.Steps(tables, r)))).ToList())];
        double best = double.PositiveInfinity;
        foreach ((_, Totals a) in choices[0].Where(c => Good(c.Totals)))
        {
            foreach ((_, Totals b) in choices[1].Where(c => Good(c.Totals)))
            {
                Totals both = a.Times(0.6).Plus(b.Times(0.4));
                if (both.Dollars < best && both.Joules <= evaluator.Limits.JoulesLimit && both.Heat <= evaluator.Limits.HeatLimit)
                {
                    best = both.Dollars;
                }
            }
        }

        Assert.Equal(best, answer.Best.Metrics.DollarsPerTurn, best * 1e-9);
        double free = Place(question with { BatteryHours = 0, SustainedWatts = 1000 }).Best.Metrics.DollarsPerTurn;
        Assert.Equal(hours > 0 || sustained < 1000, best > free * 1.01);
        Assert.True(double.IsPositiveInfinity(evaluator.Limits.JoulesLimit) || answer.Best.Metrics.JoulesPerTurn <= evaluator.Limits.JoulesLimit * (1 + 1e-9));

        static bool Good(Totals t) => t.Within >= 0.95 && t.Unserved <= 1e-4;
    }

    [Fact]
    public void No_route_with_a_timeout_is_cheaper_than_the_best()
    {
        PlacementQuestion question = MadeUp.Question([MadeUp.Class(target: 1.4)], [MadeUp.OnDevice(), MadeUp.InCloud(0.35, 1.5)]);
        PlacementAnswer answer = PlacementSearch.Run(question, TestContext.Current.CancellationToken);
        var tables = new ClassTables(question, 0);
        List<ClassOption> space = PolicySpace.Of(tables, question.ShareWithin, TestContext.Current.CancellationToken);
        Assert.Contains(space, o => o.Low.HasTimeout || o.High is { HasTimeout: true });
        for (int i = 0; i < space.Count; i += 23)
        {
            // Judged from its routes, not from the sums that the search uses.
            JudgedPolicy judged = PlacementSearch.Judge(question, new Policy("made up", "made up", [PolicySpace.Routes(tables, space[i])]));
            Assert.Equal(space[i].Totals.Within, judged.Metrics.ShareWithinTarget, 1e-9);
            Assert.Equal(space[i].Totals.Dollars, judged.Metrics.DollarsPerTurn, 1e-12);
            Assert.True(judged.Missed.Count > 0 || !space[i].GivesNoneUp || judged.Metrics.DollarsPerTurn >= answer.Best.Metrics.DollarsPerTurn * (1 - 1e-9));
        }
    }

    [Fact]
    public void A_timeout_mixes_both_paths_by_the_share_that_is_late()
    {
        // Waits of 0.1 s in three of four cases and 2 s in the others: with a timeout of 1 s a quarter falls back and ends at 1 + 0.6 s.
        LatencyDistribution wait = LatencyDistribution.Mix(LatencyDistribution.Constant(0.1), 0.75, LatencyDistribution.Constant(2));
        AnswerPath cloud = MadeUp.InCloud() with { Wait = wait, After = LatencyDistribution.Zero, PhraseSeconds = 0, ReadSeconds = _ => 0, Joules = (_, _) => 4, TailWatts = 0, Dollars = (_, _) => 8 };
        AnswerPath device = MadeUp.OnDevice() with { Wait = LatencyDistribution.Constant(0.6), After = LatencyDistribution.Zero, PhraseSeconds = 0, ReadSeconds = _ => 0, Joules = (_, _) => 2 };
        PlacementClass turns = MadeUp.Class(target: 1.5) with { EndOfTurn = LatencyDistribution.Zero };
        PlacementQuestion question = MadeUp.Question([turns], [device, cloud]) with { DollarsPerJoule = 0 };
        PolicyMetrics m = PlacementSearch.Judge(question, With(1.0)).Metrics;
        Assert.Equal(0.75, m.ShareWithinTarget, 1e-9);
        Assert.Equal(4 + (2 * 0.25), m.JoulesPerTurn, 1e-9);
        Assert.Equal(8, m.DollarsPerTurn, 1e-9);
        Assert.Equal(1, m.CloudTurnsPerTurn, 1e-9);
        Assert.Equal(1.6, m.P95Seconds, 1e-3);
        Assert.Equal(1, PlacementSearch.Judge(question, With(0.8)).Metrics.ShareWithinTarget, 1e-9);

        static Policy With(double timeout) => new("", "", [new ClassRoutes("open", [new Route(Tiers.Cloud, null, double.PositiveInfinity, double.PositiveInfinity, timeout, Tiers.Device)])]);
    }

    [Fact]
    public void A_tighter_target_is_never_cheaper()
    {
        double before = 0;
        foreach (double target in new[] { 4.0, 2.5, 2.0, 1.7, 1.5 })
        {
            PlacementAnswer answer = Place(MadeUp.Question([MadeUp.Class(target: target)]));
            Assert.True(answer.Admissible);
            Assert.True(answer.Best.Metrics.DollarsPerTurn >= before * (1 - 1e-9));
            before = answer.Best.Metrics.DollarsPerTurn;
        }
    }

    [Fact]
    public void A_longer_promise_of_the_battery_never_takes_more_joules()
    {
        double first = Place(MadeUp.Question(turnsADay: 600)).Best.Metrics.JoulesPerTurn, before = first;
        foreach (double hours in new[] { 3.2, 3.5, 3.8, 4.1 })
        {
            PlacementAnswer answer = Place(MadeUp.Question(turnsADay: 600) with { BatteryHours = hours });
            Assert.True(answer.Admissible, string.Join("; ", answer.Best.Missed));
            Assert.True(answer.Best.Metrics.BatteryHours >= hours * (1 - 1e-9));
            Assert.True(answer.Best.Metrics.JoulesPerTurn <= before * (1 + 1e-9));
            before = answer.Best.Metrics.JoulesPerTurn;
        }

        Assert.True(before < 0.9 * first);
    }

    [Fact]
    public void A_privacy_rule_sends_no_more_to_the_cloud()
    {
        double open = Place(MadeUp.Question([MadeUp.Class()])).Best.Metrics.CloudTurnsPerTurn;
        PolicyMetrics ruled = Place(MadeUp.Question([MadeUp.Class(share: 0.7), MadeUp.Class("camera", 0.3, Tiers.Device)])).Best.Metrics;
        Assert.True(open > 0);
        Assert.True(ruled.CloudTurnsPerTurn <= open * (1 + 1e-9));
        Assert.Equal(0, ruled.Classes[1].CloudTurnsPerTurn);
    }

    [Fact]
    public void The_flip_point_is_where_both_are_equally_soon()
    {
        PlacementQuestion question = MadeUp.Question();
        FlipPoint flip = Assert.Single(Place(question).Flips);
        Assert.Equal(("prompt tokens", "the device", "the cloud"), (flip.Variable, flip.Below, flip.Above));
        var tables = new ClassTables(question, 0);
        double device = PlacementFlips.Seconds(tables.Table(0, 0), flip.Value), cloud = PlacementFlips.Seconds(tables.Table(0, 1), flip.Value);
        Assert.Equal(device, cloud, 0.001); // a token takes a millisecond
        Assert.Contains("prompt tokens the cloud wins over the device", flip.ToString(), StringComparison.Ordinal);

        // Closed form: readings of 1 ms and 20 µs a token make up the difference of everything else at p95.
        double rest = tables.Table(0, 1).Whole.At(0.95) - tables.Table(0, 0).Whole.At(0.95);
        Assert.Equal(rest / (0.001 - 0.00002), flip.Value, 1.0);
    }

    [Fact]
    public void A_variable_flips_where_it_makes_up_the_difference()
    {
        PlacementQuestion question = MadeUp.Question() with
        {
            Variables = [new PlacementVariable("delay to the cloud", "s", 1e-3, 10, (path, _, x) => path.Tier == Tiers.Cloud ? x : 0)],
        };
        FlipPoint flip = Assert.Single(Place(question).Flips, f => f.Unit == "s");
        var tables = new ClassTables(question, 0);
        double mean = tables.Turns.Prompt.Mean;
        Assert.Equal(PlacementFlips.Seconds(tables.Table(0, 0), mean) - PlacementFlips.Seconds(tables.Table(0, 1), mean), flip.Value, 1e-4);
        Assert.Equal(("the cloud", "the device"), (flip.Below, flip.Above));
    }

    [Fact]
    public void A_third_winner_between_two_points_of_the_scan_is_found()
    {
        IReadOnlyList<(double Value, string Below, string Above)> flips = FlipPoints.Find(1, 1000, x => x < 100 ? "a" : x < 101 ? "b" : "c");
        Assert.Equal(["a", "b"], flips.Select(f => f.Below));
        Assert.Equal(["b", "c"], flips.Select(f => f.Above));
        Assert.Equal(100, flips[0].Value, 1e-5);
        Assert.Equal(101, flips[1].Value, 1e-5);
    }

    [Fact]
    public void Data_that_may_reach_nothing_on_offer_are_refused_with_file_and_line()
    {
        PlacementClass camera = MadeUp.Class("camera", 1, Tiers.Phone) with { Stated = new Diagnostic("plan.yaml", 88, 7, "products[1].turn_classes[0]", "") };
        InputException e = Assert.Throws<InputException>(() => Place(MadeUp.Question([camera])));
        string text = Assert.Single(e.Diagnostics).ToString();
        Assert.StartsWith("plan.yaml:88:7: products[1].turn_classes[0]: camera turns may run on phone only", text, StringComparison.Ordinal);
        Assert.Contains("offered: device, cloud", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_fits_nowhere_is_unserved_and_says_by_how_many_GiB()
    {
        AnswerPath tooLarge = MadeUp.OnDevice() with { RamBytes = 6L << 30, RamLimitBytes = 4L << 30, LongestPromptTokens = 0 };
        PlacementAnswer answer = Place(MadeUp.Question([MadeUp.Class(share: 0.8), MadeUp.Class("camera", 0.2, Tiers.Device)], [tooLarge, MadeUp.InCloud()]));
        Assert.False(answer.Admissible);
        Assert.Equal(0.2, answer.Best.Metrics.UnservedShare, 1e-9);
        Assert.Contains(answer.Reasons, r => r.Contains("2.00 GiB too much", StringComparison.Ordinal));
        Assert.Contains(answer.Best.Missed, m => m.StartsWith("camera: 100 %", StringComparison.Ordinal));
    }

    [Fact]
    public void A_target_that_nothing_meets_is_missed_by_as_little_as_can_be()
    {
        PlacementQuestion question = MadeUp.Question([MadeUp.Class(target: 0.9)]);
        PlacementAnswer answer = Place(question);
        Assert.False(answer.Admissible);
        var tables = new ClassTables(question, 0);
        double most = EveryRoute(tables).Max(r => PolicyEvaluator.TotalsOf(tables, PolicyEvaluator.Steps(tables, r)).Within);
        Assert.True(answer.Best.Metrics.ShareWithinTarget >= most - 1e-9);
        Assert.Contains("95 % are promised", Assert.Single(answer.Best.Missed), StringComparison.Ordinal);
    }

    [Fact]
    public void Models_that_do_not_fit_together_are_not_used_together()
    {
        // Alone each fits; the quick one is too small for b's long prompts, the slow one too slow for a's target.
        AnswerPath quick = MadeUp.OnDevice(0.0002) with { Model = "quick", RamBytes = 3e9, LongestPromptTokens = 600 };
        AnswerPath slow = MadeUp.OnDevice(0.0004) with { Model = "slow", RamBytes = 2e9 };
        PlacementQuestion question = MadeUp.Question([MadeUp.Class()], [quick, slow, MadeUp.InCloud()]) with { DeviceMemoryBytes = 4e9 };
        PlacementAnswer answer = Place(question);
        Assert.True(answer.Best.Metrics.RamBytes <= 4e9);
        Assert.True(Place(question with { DeviceMemoryBytes = 6e9 }).Best.Metrics.DollarsPerTurn <= answer.Best.Metrics.DollarsPerTurn);
    }

    [Fact]
    public void Replies_slower_than_speech_are_not_spoken()
    {
        PlacementAnswer answer = Place(MadeUp.Question(paths: [MadeUp.OnDevice() with { TokensPerSecond = 3 }, MadeUp.InCloud()]));
        Assert.Equal(1, answer.Best.Metrics.CloudTurnsPerTurn, 1e-9);
        Assert.Contains(answer.Reasons, r => r.Contains("slower than speech", StringComparison.Ordinal));
    }

    [Fact]
    public void Minutes_to_throttle_follow_from_the_lag()
    {
        // 20 J a turn, one every 10 s, over 4 W of scene: the case settles at 6 W and reaches 5 W after τ·ln 2.
        AnswerPath warm = MadeUp.OnDevice() with { Joules = (_, _) => 20 };
        PlacementQuestion question = MadeUp.Question(paths: [warm], turnsADay: 24 * 30, useSeconds: 300);
        DaySegment segment = question.Day.Segments[0] with { CaseWatts = 4 };
        question = question with { Day = question.Day with { Segments = [segment] } };
        var policy = new Policy("", "", [new ClassRoutes("open", [new Route(Tiers.Device, "small", double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, Tiers.None)])]);
        Assert.Equal(200 * Math.Log(2) / 60, PlacementSearch.Judge(question, policy).Metrics.MinutesToThrottle, 1e-6);
    }

    [Fact]
    public void No_prompt_is_given_up_to_keep_the_promise_cheaply()
    {
        // The device is never in time: 5 of 100 turns could be sent there and the promise still kept.
        PlacementAnswer answer = Place(MadeUp.Question([MadeUp.Class(target: 1.6)], [MadeUp.OnDevice() with { Wait = LatencyDistribution.Constant(3) }, MadeUp.InCloud(0.3)]));
        Assert.True(answer.Admissible);
        Assert.Equal(1, answer.Best.Metrics.CloudTurnsPerTurn, 1e-9);
    }

    private static PlacementAnswer Place(PlacementQuestion question) => PlacementSearch.Run(question, TestContext.Current.CancellationToken);

    // By path and prompt: whether it is in time as often as promised, or as often as the soonest path.
    private static Func<ClassRoutes, bool> GivesNoneUp(ClassTables tables)
    {
        double[][] within = [.. Enumerable.Range(0, tables.Paths).Select(p => Enumerable.Range(0, LengthGrid.Prompts)
            .Select(i => i < tables.Fitting(To(p)) ? tables.Within(To(p), i, tables.Turns.TargetSeconds) : 0).ToArray())];
        return routes =>
        {
            int from = 0;
            foreach ((Step step, int end) in PolicyEvaluator.Steps(tables, routes))
            {
                for (int i = from; i < end; i++)
                {
                    if (within[step.Path][i] < Math.Min(0.95, within.Max(w => w[i])) - 1e-12)
                    {
                        return false;
                    }
                }

                from = end;
            }

            return true;
        };

        static Step To(int path) => new(path, double.PositiveInfinity, -1);
    }

    // Every path for everything, and every pair with every threshold of the grid.
    private static IEnumerable<ClassRoutes> EveryRoute(ClassTables tables)
    {
        const double all = double.PositiveInfinity;
        foreach (int a in tables.Open)
        {
            yield return new ClassRoutes(tables.Turns.Name, [To(a, all)]);
            foreach (int b in tables.Open.Where(b => b != a))
            {
                for (int i = 0; i < LengthGrid.Prompts - 1; i++)
                {
                    yield return new ClassRoutes(tables.Turns.Name, [To(a, tables.Grid.Limit[i]), To(b, all)]);
                }
            }
        }

        Route To(int path, double longest) => new(tables.Path(path).Tier, tables.Path(path).Model, longest, all, all, Tiers.None);
    }
}
