using Fleetwright.Training.Failures;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Tests;

public class GoodputTests
{
    private static readonly FailureModel Llama = FailureModel.Default(Small.Catalog);

    [Fact]
    public void Published_example_has_a_checkpoint_every_7_9_minutes_and_93_percent()
    {
        Goodput g = Goodput.Of(3.09 * 3600, 300, 10);
        Assert.Equal(7.9, g.CheckpointIntervalSeconds / 60, 0.05);
        Assert.Equal(0.93, g.Share, 0.005);
    }

    [Fact]
    public void Llama_3_on_16384_chips_stops_every_3_1_hours_and_keeps_more_than_90_percent()
    {
        Goodput g = Llama.On(16384);
        Assert.Equal(3.09, g.MeanTimeBetweenSeconds / 3600, 0.02);
        Assert.InRange(g.Share, 0.90, 0.95);
    }

    [Fact]
    public void Small_jobs_stop_as_often_as_RSC_measured_at_1024_chips_and_projected_at_16384()
    {
        FailureModel rsc = FailureModel.In(Small.Catalog).Get("meta-rsc-1");
        Assert.Equal(7.9, rsc.MeanTimeBetween(1024) / 3600, 0.05);
        Assert.Equal(1.8, rsc.MeanTimeBetween(16384) / 3600, 0.3);
    }

    [Fact]
    public void More_failures_leave_less()
    {
        double last = 1;
        foreach (int chips in (int[])[8, 64, 1024, 16384, 131072])
        {
            double share = Llama.On(chips).Share;
            Assert.True(share < last);
            last = share;
        }
    }

    [Fact]
    public void Failures_faster_than_restarts_leave_nothing() => Assert.Equal(0, Goodput.Of(60, 300, 10).Share);

    [Fact]
    public void A_run_costs_its_chip_hours_and_lasts_its_tokens()
    {
        TrainingModel model = Small.On();
        TrainingRun run = TrainingRun.Of(model, model.Estimate(new TrainingLayout { DataParallel = 8 }), Llama, dollarsPerChipSecond: 2.0 / 3600);
        Assert.Equal(1e11, run.EffectiveTokensPerSecond * run.Seconds, 1);
        Assert.Equal(2 * run.ChipHours, run.Dollars!.Value, 1e-6 * run.Dollars.Value);
        Assert.True(run.Joules / run.Seconds / 8 <= model.Chip.Chip.SystemPower!.Value);
    }

    [Fact]
    public void A_ramp_of_smaller_batches_takes_longer()
    {
        TrainingJob ramped = Small.Job with { Ramp = [new BatchStage(1e10, 16)] };
        var layout = new TrainingLayout { DataParallel = 8 };
        Assert.True(Seconds(Small.On(ramped)) > Seconds(Small.On()));

        double Seconds(TrainingModel model) => TrainingRun.Of(model, model.Estimate(layout), Llama).Seconds;
    }
}
