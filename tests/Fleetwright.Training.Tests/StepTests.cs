using Fleetwright.Catalog.Models;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Published;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Tests;

public class StepTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    public void Even_stages_idle_for_p_minus_1_over_v_m(int stages, int chunks)
    {
        // A vocabulary of one token leaves the ends of the model with next to nothing to do, so stages are even.
        TrainingModel model = Small.On(Small.Job with { Model = Small.Model with { VocabularySize = 1 } });
        TrainingEstimate e = model.Estimate(new TrainingLayout { PipelineParallel = stages, VirtualStages = chunks });
        double expected = (stages - 1.0) / (chunks * 64);
        Assert.InRange(e.BubbleFraction, expected * 0.97, expected * 1.03);
    }

    [Fact]
    public void Mixed_precision_Adam_keeps_18_bytes_a_parameter_when_nothing_is_shared()
    {
        TrainingEstimate e = Small.On().Estimate(new TrainingLayout { Sharding = StateSharding.None, DataParallel = 8 });
        double parameters = Fleetwright.Models.ParameterCount.Of(Small.Model).Total;
        double bytes = e.Memory.Weights + e.Memory.Gradients + e.Memory.Optimizer;

        // Biases of projections are part of the count; tied embeddings are held once.
        Assert.Equal(18, bytes / parameters, 0.02);
    }

    [Theory]
    [InlineData(StateSharding.Optimizer, 6 + (12.0 / 8))]
    [InlineData(StateSharding.Gradients, 2 + (16.0 / 8))]
    [InlineData(StateSharding.Parameters, 18.0 / 8)]
    public void Replicas_share_states_as_ZeRO_says(StateSharding level, double bytesPerParameter)
    {
        TrainingEstimate e = Small.On().Estimate(new TrainingLayout { Sharding = level, DataParallel = 8 });
        double parameters = Fleetwright.Models.ParameterCount.Of(Small.Model).Total;
        Assert.Equal(bytesPerParameter, (e.Memory.Weights + e.Memory.Gradients + e.Memory.Optimizer) / parameters, 0.02);
    }

    [Theory]
    [InlineData(6144, 64, 48, 4, 1, 1, false, Recompute.None, 59.25)]
    [InlineData(6144, 64, 48, 4, 1, 1, true, Recompute.Selective, 9.5625)]
    [InlineData(12288, 96, 96, 1, 8, 3, false, Recompute.None, 66.8438)]
    [InlineData(12288, 96, 96, 1, 8, 3, true, Recompute.Selective, 12.3516)]
    [InlineData(20480, 128, 105, 1, 35, 3, true, Recompute.Selective, 23.0762)]
    [InlineData(25600, 160, 128, 1, 64, 1, true, Recompute.Selective, 26.5625)]
    public void Activations_of_Korthikanti_figure_1_come_out(int hidden, int heads, int layers, int micro, int stages, int chunks, bool sequenceParallel, Recompute recompute, double gibibytes)
    {
        // The vocabulary is left out: the figure has no logits.
        ModelSpec gpt = PublishedRuns.Gpt("gpt", hidden, heads, layers, 8);
        var job = new TrainingJob { Model = gpt, Tokens = 1e9, SequenceLength = 2048, BatchSequences = 4 * micro * stages, Software = TrainingSoftware.Megatron2021 };
        var layout = new TrainingLayout { TensorParallel = 8, PipelineParallel = stages, VirtualStages = chunks, MicroBatch = micro, SequenceParallel = sequenceParallel, Recompute = recompute };
        Assert.Equal(gibibytes, Small.On(job).Estimate(layout).Memory.Activations / 1073741824, gibibytes * 0.005);
    }

    [Fact]
    public void Model_FLOPs_are_six_a_parameter_and_attention()
    {
        ModelSpec m = Small.Model;
        double matrices = (8 * 12.0 * 2048 * 2048) + (2048.0 * 32000);
        double attention = 6.0 * 8 * 2 * 2048 * (2049 / 2.0);

        // The count of the catalogue has biases in it, a thousandth or so.
        Assert.Equal(1, Small.On().ModelFlopsPerToken / ((6 * matrices) + attention), 0.003);
        Assert.Equal(8, m.LayerCount);
    }

    [Fact]
    public void Full_recomputation_takes_less_memory_and_more_time()
    {
        TrainingModel model = Small.On();
        TrainingEstimate none = model.Estimate(new TrainingLayout { MicroBatch = 4 });
        TrainingEstimate full = model.Estimate(new TrainingLayout { MicroBatch = 4, Recompute = Recompute.Full });
        Assert.True(full.Memory.Total < none.Memory.Total && full.StepSeconds > none.StepSeconds);
    }

    [Fact]
    public void Sequence_parallelism_takes_less_memory_and_no_more_time()
    {
        TrainingModel model = Small.On();
        TrainingEstimate with = model.Estimate(new TrainingLayout { TensorParallel = 8, MicroBatch = 4 });
        TrainingEstimate without = model.Estimate(new TrainingLayout { TensorParallel = 8, MicroBatch = 4, SequenceParallel = false });
        Assert.True(with.Memory.Total < without.Memory.Total);
        Assert.True(with.ComputeSeconds <= without.ComputeSeconds);
    }

    [Fact]
    public void Faster_links_are_never_slower()
    {
        var fast = Small.Chip.Chip with { ScaleOutBandwidth = Fleetwright.Catalog.Reading.Fact.Of(2 * Small.Chip.Chip.ScaleOutBandwidth!.Value, "test") };
        var model = new TrainingModel(new Fleetwright.Hardware.Chips.ChipModel(fast, Small.Chip.Coefficients), Small.Job, TrainingCoefficients.For(Small.Catalog));
        var layout = new TrainingLayout { TensorParallel = 4, PipelineParallel = 2, DataParallel = 32 };
        Assert.True(model.Estimate(layout).StepSeconds <= Small.On().Estimate(layout).StepSeconds);
    }

    [Fact]
    public void A_layout_that_does_not_divide_says_why()
    {
        TrainingModel model = Small.On();
        Assert.Contains("DP7", model.Problem(new TrainingLayout { DataParallel = 7 }), StringComparison.Ordinal);
        Assert.Contains("heads", model.Problem(new TrainingLayout { TensorParallel = 3 }), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.Estimate(new TrainingLayout { DataParallel = 7 }));
    }

    [Fact]
    public void Context_parallelism_splits_attention_evenly()
    {
        TrainingModel model = Small.On(Small.Job with { SequenceLength = 65536, BatchSequences = 8 });
        TrainingEstimate one = model.Estimate(new TrainingLayout { TensorParallel = 2, Recompute = Recompute.Full });
        TrainingEstimate four = model.Estimate(new TrainingLayout { TensorParallel = 2, ContextParallel = 4, Recompute = Recompute.Full });
        // A little more than four where the longer kernels of one chip meet its power limit.
        Assert.InRange(one.ComputeSeconds / four.ComputeSeconds, 3.7, 4.15);
    }

    [Fact]
    public void Experts_spread_over_replicas_need_less_memory_and_exchange_tokens()
    {
        ModelSpec moe = Small.Model with { Layers = [new LayerGroup(8, new GroupedQueryAttention(16, 16, 128, 128), new MixtureOfExperts(16, 2, 4096))] };
        TrainingModel model = Small.On(Small.Job with { Model = moe });
        TrainingEstimate copied = model.Estimate(new TrainingLayout { DataParallel = 8 });
        TrainingEstimate spread = model.Estimate(new TrainingLayout { DataParallel = 8, ExpertParallel = 8 });
        Assert.True(spread.Memory.Weights < copied.Memory.Weights / 3);
        Assert.True(spread.Exposed.ExpertSeconds > 0 && copied.Exposed.ExpertSeconds == 0);
    }

    [Theory]
    [InlineData(16e6, 8192, 2048)]
    [InlineData(4e6, 8192, 512)]
    [InlineData(8192, 8192, 1)]
    [InlineData(3 * 8192, 8192, 3)]
    public void Batches_in_tokens_become_sequences_that_divide(double tokens, int sequence, int expected) =>
        Assert.Equal(expected, BatchSize.Sequences(tokens, sequence));
}
