using Fleetwright.Catalog.Foundry;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Exploration;
using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Hardware.Tests.Exploration;

public class ExplorerTests(ITestOutputHelper output)
{
    // A grid of 186,624 designs, of which a search may work out a few thousand.
    private static readonly string Large = Specifications.Small
        .Replace("rows: [6, 8]", "rows: 4 .. 12 step 1\n  columns: 4 .. 12 step 1", StringComparison.Ordinal)
        .Replace("[64 MiB, 256 MiB]", "64 MiB .. 512 MiB step 64 MiB", StringComparison.Ordinal)
        .Replace("step 0.2 GHz", "step 0.05 GHz", StringComparison.Ordinal)
        .Replace("mix:", "search: { budget: 1500 }\nmix:", StringComparison.Ordinal);

    [Fact]
    public void The_front_is_that_of_brute_force()
    {
        ExplorationResult found = Specifications.Run(Specifications.Small);
        Assert.Equal(96, found.Points.Count);
        Assert.True(found.IsExhaustive && !found.IsPartial);

        // Every pair, with the figures worked out anew from numbers of cost, power and time.
        (long Index, double Dollar, double Watt, double Latency)[] answers = [.. found.Points.Where(p => p.IsAnswer).Select(p => (p.Index, p.Speed / p.Dollars, p.Speed / p.Watts, p.Latency))];
        long[] front = [.. answers.Where(a => !answers.Any(b => b.Dollar >= a.Dollar && b.Watt >= a.Watt && b.Latency <= a.Latency && (b.Dollar, b.Watt, b.Latency) != (a.Dollar, a.Watt, a.Latency))).Select(a => a.Index).Order()];
        output.WriteLine($"{answers.Length} answers, front {string.Join(' ', front)}");
        Assert.NotEmpty(front);
        Assert.True(front.Length < answers.Length);
        Assert.Equal(front, found.Front.Select(p => p.Index).Order());
    }

    [Fact]
    public void Threads_and_a_stop_change_no_byte_of_the_whole_grid() => SameBytes(Specifications.Small, 0);

    [Fact]
    public void Threads_and_a_stop_change_no_byte_of_a_search() => SameBytes(Large, 700);

    [Fact]
    public void A_search_finds_what_the_whole_grid_holds()
    {
        // 864 designs with a budget of 500: small enough to know the answer.
        string text = Specifications.Small.Replace("rows: [6, 8]", "rows: 4 .. 12 step 1", StringComparison.Ordinal).Replace("step 0.2 GHz", "step 0.1 GHz", StringComparison.Ordinal).Replace("[0, 4]", "[0, 2, 4]", StringComparison.Ordinal);
        ExplorationResult all = Specifications.Run(text), some = Specifications.Run(text.Replace("mix:", "search: { budget: 500 }\nmix:", StringComparison.Ordinal));
        int held = some.Front.Count(p => all.Front.Any(q => q.Index == p.Index));
        output.WriteLine($"{some.Points.Count} of {all.Points.Count} designs; {held} of {all.Front.Count} points of the front");
        Assert.False(some.IsExhaustive);
        Assert.True(some.Points.Count <= 500);
        Assert.Equal(some.Points.Count, some.Points.Select(p => p.Index).Distinct().Count());
        Assert.Equal(all.Front[0].PerDollar, some.Front[0].PerDollar);
        Assert.Equal(all.Front.Max(p => p.PerWatt), some.Front.Max(p => p.PerWatt));
        Assert.Equal(all.Front.Min(p => p.Latency), some.Front.Min(p => p.Latency));
        Assert.True(held >= 0.8 * all.Front.Count, $"{held} of {all.Front.Count}");
    }

    [Fact]
    public void Every_answer_obeys_the_limits_when_it_is_worked_out_by_other_means()
    {
        ExplorationResult found = Specifications.Run(Specifications.Small.Replace("mix:", "limits: { die_area: 330 mm2, package_power: 120 W, unit_cost: $1100, memory_capacity: 30 GB }\nmix:", StringComparison.Ordinal));
        Assert.NotEmpty(found.Front);
        Assert.True(found.Answers < found.Points.Count);
        foreach (ExploredPoint p in found.Front)
        {
            DesignedChip chip = DesignedChip.For(Specifications.Catalog, found.Explorer.DesignAt(p.Index).Design);
            PackageKind package = Specifications.Catalog.Packages.Get(chip.Technology.Memory.Unit == "stack" ? "cowos-s" : "fc-bga");
            double dollars = ChipCosting.Cost(Specifications.Catalog, DesignDescription.Of(chip, package), new CostOptions { Draws = 100 }).Unit.Central;
            Assert.True(chip.Area.Die <= 330 && chip.Power.Peak(chip.ReferenceFormat) <= 120 && chip.Chip.MemoryCapacity >= 30e9, $"{chip.Area.Die} {chip.Power.Peak(chip.ReferenceFormat)}");
            Assert.True(dollars <= 1100, $"{dollars}");
            Assert.Equal(dollars, p.Dollars, 1e-6);
            Assert.True(p.StepSeconds[1] <= 0.02);
        }
    }

    [Fact]
    public void A_better_memory_never_loses_on_decode_per_chip()
    {
        const string text = """
            name: memories
            base: mtia-2i
            sweep:
              rows: [4, 8]
              clock: [1 GHz, 1.35 GHz]
              memory:
                - { kind: lpddr5, units: 2 .. 8 step 2, capacity: 16 GB }
                - { kind: hbm3e, units: 1 .. 4 step 1 }
            mix: [{ model: llama-3.1-8b, step: decode, batch: 4, context: 1024 }]
            """;
        ExplorationResult found = Specifications.Run(text);
        foreach (IGrouping<string, ExploredPoint> same in found.Points.GroupBy(p => string.Join(' ', found.Explorer.Labels(p.Index).SkipLast(1))))
        {
            ExploredPoint[] byBandwidth = [.. same.OrderBy(p => found.Explorer.DesignAt(p.Index).Chip.MemoryBandwidth.Value)];
            for (int i = 1; i < byBandwidth.Length; i++)
            {
                Assert.True(byBandwidth[i].Speed >= byBandwidth[i - 1].Speed, $"{same.Key}: {byBandwidth[i - 1].Speed} {byBandwidth[i].Speed}");
            }
        }
    }

    [Fact]
    public void The_mix_is_the_base_designs_second()
    {
        // One point of the grid is the base itself: as fast as it, by definition, at its rates.
        Explorer explorer = Specifications.Explorer("""
            name: one
            base: mtia-2i
            sweep: { rows: 8 }
            mix:
              - { name: chat, model: llama-3.2-1b, step: decode, batch: 8, context: 1024, share: 25 % }
              - { name: prompt, model: llama-3.2-1b, step: prefill, batch: 1, prompt: 512, share: 75 % }
            """);
        ExploredPoint point = explorer.Evaluate(0);
        Assert.Equal(1, point.Speed, 1e-12);
        Assert.Equal(1, point.Latency, 1e-12);
        Assert.Equal((0.25 * 8 / point.StepSeconds[0]) + (0.75 * 512 / point.StepSeconds[1]), explorer.BaseTokensPerSecond, 1e-6);
        Assert.Equal(0, explorer.BaseSamplesPerSecond);
        Assert.Equal(explorer.Base.Dollars, point.Dollars, 1e-9);
    }

    [Fact]
    public void An_impossible_specification_tells_which_limit_excludes_how_much_and_the_nearest_point()
    {
        ExplorationResult found = Specifications.Run(Specifications.Small.Replace("mix:", "limits: { unit_cost: $100, package_power: 60 W }\nmix:", StringComparison.Ordinal));
        Assert.Empty(found.Front);
        Assert.Equal(0, found.Answers);
        ExclusionCount cost = found.Exclusions.Single(e => e.Limit == Exclusion.UnitCost);
        Assert.Equal(96, cost.Points);
        Assert.Equal(found.Points.Min(p => p.Violation), found.Nearest!.Violation);
        Assert.True(found.Nearest.Violation > 0);
    }

    [Fact]
    public void A_design_over_the_reticle_is_never_nearer_than_one_that_can_be_made()
    {
        // The large grid is over the reticle, so that its cost, the only limit, is not known.
        ExplorationResult found = Specifications.Run("""
            name: reticle
            base: mtia-2i
            sweep: { rows: [8, 40] }
            limits: { unit_cost: $10 }
            mix: [{ model: llama-3.2-1b, step: decode, batch: 1, context: 128 }]
            """);
        Assert.Equal([Exclusion.UnitCost, Exclusion.Reticle], found.Points.Select(p => p.Excluded));
        Assert.Equal(0, found.Nearest!.Index);
        Assert.True(double.IsNaN(found.Points[1].Dollars) && found.Points[1].Violation > 1);
    }

    [Fact]
    public void Work_that_does_not_fit_excludes_the_point()
    {
        ExplorationResult found = Specifications.Run("""
            name: fits
            base: mtia-2i
            sweep: { memory: [{ kind: hbm3e, units: 1 .. 5 step 1 }] }
            mix: [{ model: llama-3.1-70b, step: decode, batch: 1, context: 1024 }]
            """);

        // 141 GB of 16-bit weights: five stacks of 36 GB hold them, and four hold 144 GB.
        Assert.Equal([true, true, true, false, false], found.Points.Select(p => p.Excluded.HasFlag(Exclusion.WorkFits)));
    }

    [Fact]
    public void One_step_moves_one_parameter()
    {
        ExplorationResult found = Specifications.Run(Specifications.Small);
        ExploredPoint best = found.Front[0];
        int[] at = found.Explorer.Choices(best.Index);
        IReadOnlyList<StepEffect> effects = found.Explorer.Sensitivities(best);
        Assert.True(effects.Count >= 6);
        foreach (StepEffect effect in effects)
        {
            int[] there = found.Explorer.Choices(effect.Point.Index);
            Assert.Equal(1, at.Zip(there).Count(z => z.First != z.Second));
            Assert.Equal((effect.Point.PerDollar / best.PerDollar) - 1, effect.Change, 1e-12);
        }
    }

    [Fact]
    public void A_point_costs_microseconds_not_milliseconds()
    {
        // Only a change of kind: a thousand a second on two cores leave 2 ms of a core each; the machine may be busy.
        Explorer explorer = Specifications.Explorer(Specifications.Small);
        double least = double.PositiveInfinity;
        for (int round = 0; round < 20; round++)
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            for (int i = 0; i < 24; i++)
            {
                explorer.Evaluate(i);
            }

            least = Math.Min(least, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds / 24);
        }

        output.WriteLine(FormattableString.Invariant($"{least * 1000:0} us a point"));
        Assert.True(least < 2, $"{least} ms");
    }

    private static void SameBytes(string text, int stopAt)
    {
        string one = ExplorationTable.Write(Specifications.Run(text, 1)), two = ExplorationTable.Write(Specifications.Run(text, 2));
        Assert.Equal(one, two);

        string file = Path.GetTempFileName();
        try
        {
            // Stopped from the progress report, as Ctrl-C would, and taken up again from the table.
            using var stop = new CancellationTokenSource();
            Explorer explorer = Specifications.Explorer(text);
            ExplorationResult part = explorer.Run(new ExploreOptions { Threads = 2, Cancellation = stop.Token, Progress = (done, _) => Stop(done) });
            string table = ExplorationTable.Write(part);
            File.WriteAllText(file, table);
            if (stopAt > 0)
            {
                Assert.True(part.IsPartial && part.Points.Count >= stopAt && part.Points.Count < explorer.Planned);
                Assert.Contains(", partial", table.Split('\n')[0], StringComparison.Ordinal);
                Assert.StartsWith(string.Join('\n', table.Split('\n')[1..^1]), one[(one.IndexOf('\n', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal);
            }

            IReadOnlyDictionary<long, ExploredPoint> known = ExplorationTable.Read(explorer, file);
            Assert.Equal(part.Points.Count, known.Count);
            Assert.Equal(one, ExplorationTable.Write(explorer.Run(new ExploreOptions { Threads = 1, Known = known })));

            void Stop(long done)
            {
                if (stopAt > 0 && done >= stopAt)
                {
                    stop.Cancel();
                }
            }
        }
        finally
        {
            File.Delete(file);
        }
    }
}
