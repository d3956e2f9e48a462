using Fleetwright.Training.Failures;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Search;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Tests;

public class SearchTests(ITestOutputHelper output)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Search_finds_what_brute_force_finds()
    {
        TrainingModel model = Small.On();
        TrainingEstimate? best = null;
        foreach (int tensor in (int[])[1, 2, 4, 8])
        {
            foreach (int stages in (int[])[1, 2, 4, 5, 8])
            {
                foreach (int chunks in (int[])[1, 2, 4, 8])
                {
                    foreach (int micro in (int[])[1, 2, 4, 8])
                    {
                        foreach (Recompute recompute in Enum.GetValues<Recompute>())
                        {
                            foreach (StateSharding sharding in (StateSharding[])[StateSharding.Optimizer, StateSharding.Gradients, StateSharding.Parameters])
                            {
                                var layout = new TrainingLayout
                                {
                                    TensorParallel = tensor,
                                    PipelineParallel = stages,
                                    VirtualStages = chunks,
                                    DataParallel = Math.Max(1, 16 / (tensor * stages)),
                                    MicroBatch = micro,
                                    Recompute = recompute,
                                    Sharding = sharding,
                                };
                                if (layout.Chips == 16 && model.Problem(layout) is null && model.Estimate(layout) is { Fits: true } e && !(e.StepSeconds >= best?.StepSeconds))
                                {
                                    best = e;
                                }
                            }
                        }
                    }
                }
            }
        }

        LayoutSearchResult found = LayoutSearch.Best(model, 16, cancellation: Stop);
        Assert.Equal(best!.StepSeconds, found.Best!.StepSeconds);
    }

    [Fact]
    public void The_answer_does_not_depend_on_the_number_of_threads()
    {
        LayoutSearchResult one = LayoutSearch.Best(Small.On(), 32, threads: 1, cancellation: Stop);
        LayoutSearchResult many = LayoutSearch.Best(Small.On(), 32, threads: 4, cancellation: Stop);
        Assert.Equal(one.Best!.Layout, many.Best!.Layout);
        Assert.Equal(one.Best.StepSeconds, many.Best.StepSeconds);
        Assert.Equal(one.Evaluated, many.Evaluated);
    }

    [Fact]
    public void More_chips_do_not_take_more_days()
    {
        double last = double.PositiveInfinity;
        foreach (int chips in (int[])[8, 16, 32, 64])
        {
            TrainingModel model = Small.On();
            TrainingRun run = TrainingRun.Of(model, LayoutSearch.Best(model, chips, cancellation: Stop).Best!, FailureModel.Default(Small.Catalog));
            Assert.True(run.Days < last);
            last = run.Days;
        }
    }

    [Fact]
    public void A_tighter_deadline_needs_no_fewer_chips_and_is_met()
    {
        TrainingModel model = Small.On();
        FailureModel failures = FailureModel.Default(Small.Catalog);
        int last = 0;
        foreach (double days in (double[])[20, 5, 2])
        {
            DeadlineResult found = LayoutSearch.ChipsForDeadline(model, failures, days * 86400, maximumChips: 256, cancellation: Stop);
            Assert.True(found.Found);
            Assert.True(found.Smallest!.Days <= days && found.Smallest.Chips % 8 == 0 && found.Smallest.Chips >= last);
            last = found.Smallest.Chips;
        }
    }

    [Fact]
    public void An_impossible_deadline_names_the_best_reachable()
    {
        DeadlineResult found = LayoutSearch.ChipsForDeadline(Small.On(), FailureModel.Default(Small.Catalog), 60, maximumChips: 64, cancellation: Stop);
        Assert.False(found.Found);
        Assert.True(found.Fastest!.Seconds > 60);
    }

    [Fact]
    public void A_model_too_large_for_the_chips_says_by_how_much()
    {
        var job = new TrainingJob { Model = Small.Catalog.Models.Get("llama-3.1-405b"), Tokens = 1e12, SequenceLength = 8192, BatchSequences = 64 };
        LayoutSearchResult found = LayoutSearch.Best(Small.On(job), 8, cancellation: Stop);
        Assert.False(found.Found);
        Assert.True(found.Nearest!.MissingBytes > 0);
        Assert.Contains("no layout fits", found.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_search_stops()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => LayoutSearch.Best(Small.On(), 16, cancellation: cancelled.Token));
    }

    [Fact]
    public void Pinned_choices_are_kept()
    {
        TrainingEstimate best = LayoutSearch.Best(Small.On(), 16, new LayoutChoices { TensorParallel = 2, Recompute = Recompute.Full }, cancellation: Stop).Best!;
        Assert.Equal((2, Recompute.Full), (best.Layout.TensorParallel, best.Layout.Recompute));
    }

    [Fact]
    public void Every_decoder_of_the_catalogue_can_be_priced()
    {
        foreach (var spec in Small.Catalog.Models.All.Where(m => m.LayerCount > 0))
        {
            TrainingModel model = Small.On(Small.Job with { Model = spec });
            TrainingEstimate e = model.Estimate(new TrainingLayout { DataParallel = 64, Recompute = Recompute.Full, Sharding = StateSharding.Parameters });
            Assert.True(double.IsFinite(e.StepSeconds) && e.StepSeconds > 0 && e.Mfu is > 0 and < 1, $"{spec.Name}: {e.StepSeconds} s, MFU {e.Mfu}");
        }
    }

    [Fact]
    public void Search_speed_is_reported()
    {
        var job = new TrainingJob { Model = Small.Catalog.Models.Get("gpt-3-175b"), Tokens = 3e11, SequenceLength = 2048, BatchSequences = 1536 };
        TrainingModel model = Small.On(job);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        DeadlineResult found = LayoutSearch.ChipsForDeadline(model, FailureModel.Default(Small.Catalog), 30 * 86400.0, cancellation: Stop);
        output.WriteLine(FormattableString.Invariant($"{found.Evaluated:#,0} layouts in {clock.Elapsed.TotalSeconds:0.00} s: {found.Evaluated / clock.Elapsed.TotalSeconds:#,0} a second on {Environment.ProcessorCount} cores"));
        Assert.True(found.Evaluated > 1000);
    }
}
