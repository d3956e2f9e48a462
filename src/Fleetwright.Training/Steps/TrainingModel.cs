using System.Collections.Concurrent;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;

namespace Fleetwright.Training.Steps;

/// <summary>
/// Prices a step of a job on a chip for any layout: operators of one micro-batch, the pipeline schedule, exposed communication,
/// the optimizer, and memory. Equations and sources: <c>docs/training.md</c>.
/// </summary>
/// <remarks>Thread-safe; costs of a micro-batch are kept by split and reused over layouts.</remarks>
public sealed class TrainingModel
{
    // Mixed precision with Adam (arXiv:1910.02054 section 3.1): 16-bit weights, fp32 gradients, fp32 master weights and two moments.
    private const double WeightBytes = 2;
    private const double GradientBytes = 4;
    private const double OptimizerBytes = 12;

    // One Adam update reads gradient and states (4+12) and writes states and the 16-bit weight (12+2).
    private const double UpdateBytes = 30;
    private readonly ConcurrentDictionary<LayerKey, LayerCosts> _costs = new();
    private readonly ModelShares _shares;
    private readonly int _domain;
    private readonly double _idleWatts;

    /// <summary>A job on a chip.</summary>
    /// <exception cref="ArgumentException">The model is not a language model, or the job has no tokens, sequence or batch.</exception>
    public TrainingModel(ChipModel chip, TrainingJob job, TrainingCoefficients coefficients)
    {
        if (job.Model.LayerCount == 0)
        {
            throw new ArgumentException($"{job.Model.Name} is not a language model; only those are trained here", nameof(job));
        }

        if (!(job.Tokens > 0) || job.SequenceLength < 1 || job.BatchSequences < 1)
        {
            throw new ArgumentException("a training job needs tokens, a sequence length and a batch of at least one sequence", nameof(job));
        }

        // Casts to 8 bits are operators of their own here (docs/training.md), not part of the product as serving engines call it.
        (Chip, Job, Coefficients) = (job.Compute.Bytes() < 2 ? chip.WithConvertedActivations() : chip, job, coefficients);
        _shares = new ModelShares(job.Model, job.SequenceLength);
        _domain = GroupCollectives.Domain(chip.Chip);
        _idleWatts = chip.Chip.IdlePower?.Value ?? (chip.Chip.Tdp * chip.Coefficients.IdlePowerShare);
    }

    /// <summary>The chip.</summary>
    public ChipModel Chip { get; }

    /// <summary>The job.</summary>
    public TrainingJob Job { get; }

    /// <summary>The constants of the training model.</summary>
    public TrainingCoefficients Coefficients { get; }

    /// <summary>FLOPs of the model per trained token: six per multiplied parameter (the embedding look-up multiplies nothing) and causal attention.</summary>
    public double ModelFlopsPerToken => _shares.FlopsPerToken;

    /// <summary>The same with every pair of tokens counted in attention, as Megatron-LM and its papers count.</summary>
    public double ModelFlopsPerTokenAllPairs => _shares.AllPairsFlopsPerToken;

    /// <summary>Why <paramref name="layout"/> cannot run the job at all, whatever the memory; null when it can.</summary>
    public string? Problem(in TrainingLayout layout)
    {
        string? problem = ProblemOf(layout, Job.BatchSequences);
        foreach (BatchStage stage in Job.Ramp)
        {
            problem ??= ProblemOf(layout, stage.BatchSequences);
        }

        return problem;
    }

    /// <summary>Prices one step at the full batch.</summary>
    /// <exception cref="ArgumentException">The layout cannot run the job; see <see cref="Problem(in TrainingLayout)"/>.</exception>
    public TrainingEstimate Estimate(in TrainingLayout layout) => Estimate(layout, Job.BatchSequences);

    /// <summary>Prices one step of <paramref name="batchSequences"/> sequences.</summary>
    /// <exception cref="ArgumentException">The layout cannot run that batch.</exception>
    public TrainingEstimate Estimate(in TrainingLayout layout, int batchSequences)
    {
        if (ProblemOf(layout, batchSequences) is { } problem)
        {
            throw new ArgumentException(problem, nameof(layout));
        }

        return new TrainingEstimate(this, layout, batchSequences, Terms(layout, CostsOf(layout), batchSequences));
    }

    internal double MemoryCapacity => Chip.Chip.MemoryCapacity;

    internal double PeakRate
    {
        get
        {
            IReadOnlyDictionary<Dtype, Fact> rates = Chip.Chip.MatrixRates;
            return rates.TryGetValue(Job.Compute, out Fact own) ? own : rates.TryGetValue(Dtype.Bf16, out Fact bf16) ? bf16 : rates.Values.Max(r => r.Value);
        }
    }

    // Whether the batch and its ramp, the layers and the experts divide; the search asks this of every candidate, so it says no without words.
    internal bool Divides(in TrainingLayout layout)
    {
        int perStage = (_shares.Layers + layout.PipelineParallel - 1) / layout.PipelineParallel;
        if (layout.PipelineParallel > _shares.Layers || perStage % layout.VirtualStages != 0 || (layout.VirtualStages > 1 && layout.PipelineParallel == 1)
            || Job.SequenceLength % layout.ContextParallel != 0
            || layout.DataParallel * layout.ContextParallel % LayerCosts.Groups(layout.TensorParallel, layout.ExpertParallel) != 0
            || !DividesBatch(layout, Job.BatchSequences))
        {
            return false;
        }

        foreach (BatchStage stage in Job.Ramp)
        {
            if (!DividesBatch(layout, stage.BatchSequences))
            {
                return false;
            }
        }

        return true;
    }

    private static bool DividesBatch(in TrainingLayout layout, int batchSequences)
    {
        int perReplica = batchSequences / layout.DataParallel;
        return batchSequences % layout.DataParallel == 0 && perReplica % layout.MicroBatch == 0
            && (layout.VirtualStages == 1 || perReplica / layout.MicroBatch % layout.PipelineParallel == 0);
    }

    private string? ProblemOf(in TrainingLayout layout, int batchSequences)
    {
        if (layout.TensorParallel < 1 || layout.ContextParallel < 1 || layout.PipelineParallel < 1 || layout.VirtualStages < 1
            || layout.DataParallel < 1 || layout.ExpertParallel < 1 || layout.MicroBatch < 1)
        {
            return "every degree and the micro-batch must be at least 1";
        }

        int groups = LayerCosts.Groups(layout.TensorParallel, layout.ExpertParallel);
        if (ModelGraph.Problem(Job.Model, new Sharding(layout.TensorParallel, 1, layout.ExpertParallel, groups)) is { } split)
        {
            return split;
        }

        int perStage = (_shares.Layers + layout.PipelineParallel - 1) / layout.PipelineParallel;
        int perReplica = batchSequences / layout.DataParallel;
        return layout.PipelineParallel > _shares.Layers ? $"PP{layout.PipelineParallel}: {Job.Model.Name} has only {_shares.Layers} layers"
            : Job.SequenceLength % layout.ContextParallel != 0 ? $"CP{layout.ContextParallel} must divide the sequence of {Job.SequenceLength} tokens"
            : batchSequences % layout.DataParallel != 0 ? $"DP{layout.DataParallel} must divide the batch of {batchSequences} sequences"
            : perReplica % layout.MicroBatch != 0 ? $"micro-batch {layout.MicroBatch} must divide the {perReplica} sequences of a replica"
            : layout.DataParallel * layout.ContextParallel % groups != 0 ? $"EP{layout.ExpertParallel} must divide TP x DP x CP"
            : layout.VirtualStages > 1 && layout.PipelineParallel == 1 ? "virtual stages need a pipeline"
            : perStage % layout.VirtualStages != 0 ? $"{layout.VirtualStages} virtual stages must divide the {perStage} layers of a stage"
            : layout.VirtualStages > 1 && perReplica / layout.MicroBatch % layout.PipelineParallel != 0
                ? string.Create(CultureInfo.InvariantCulture, $"an interleaved pipeline of {layout.PipelineParallel} stages must divide the {perReplica / layout.MicroBatch} micro-batches")
            : null;
    }

    internal LayerCosts CostsOf(in TrainingLayout layout) => _costs.GetOrAdd(
        new LayerKey(layout.TensorParallel, layout.ContextParallel, layout.ExpertParallel, layout.MicroBatch, layout.SequenceParallel && layout.TensorParallel > 1),
        static (key, self) => new LayerCosts(self.Chip, self.Job, self.Coefficients, key),
        this);

    internal StepTerms Terms(in TrainingLayout layout, LayerCosts costs, int batchSequences)
    {
        var terms = default(StepTerms);
        TrainingSoftware software = Job.Software;
        int p = layout.PipelineParallel;
        int v = layout.VirtualStages;
        int micro = batchSequences / (layout.DataParallel * layout.MicroBatch);

        // Stages with one layer more come in the middle; the first and the last, which hold the embedding and the head, have one less when layers do not divide.
        int most = (_shares.Layers + p - 1) / p;
        int extra = _shares.Layers % p;
        int first = extra > 0 && extra <= p - 2 ? most - 1 : most;
        int last = extra > 0 ? most - 1 : most;

        Work layer = costs.Forward + costs.Backward;
        double tensorPasses = 2;
        switch (layout.Recompute)
        {
            case Recompute.Selective:
                layer += costs.Repeated;
                break;
            case Recompute.Full:
                layer += costs.Forward;
                tensorPasses = 3;
                break;
            default:
                break;
        }

        double tensor = tensorPasses * costs.TensorForward * (software.TensorOverlap ? 1 - Coefficients.TensorOverlap : 1);
        double expert = tensorPasses * costs.ExpertForward;
        double context = (tensorPasses + 1) * costs.ContextForward;
        double layerSeconds = layer.Seconds + tensor + expert + context;
        double ends = costs.Embedding.Seconds + costs.Head.Seconds;
        double longest = p == 1
            ? (_shares.Layers * layerSeconds) + ends
            : Math.Max(most * layerSeconds, Math.Max((first * layerSeconds) + costs.Embedding.Seconds, (last * layerSeconds) + costs.Head.Seconds));
        double all = (_shares.Layers * layerSeconds) + ends;

        // 1F1B: the longest stage works on every micro-batch; the other stages fill and drain the pipeline once, in chunks of 1/v (arXiv:2104.04473, section 2.2).
        double bubble = (all - longest) / v;
        double pipeline = (micro * longest) + bubble;
        terms.BubbleSeconds = bubble;
        terms.BubbleFraction = bubble / (micro * longest);
        double layersOfLongest = longest / all * _shares.Layers;
        terms.TensorSeconds = micro * layersOfLongest * tensor;
        terms.ExpertSeconds = micro * layersOfLongest * expert;
        terms.ContextSeconds = micro * layersOfLongest * context;
        terms.ComputeSeconds = (micro * longest) - terms.TensorSeconds - terms.ExpertSeconds - terms.ContextSeconds;
        terms.PipelineSeconds = PipelineSeconds(layout, micro);

        (double split, double experts) = ParametersOfChip(layout, first);
        double compute = pipeline;
        terms.DataSeconds = DataSeconds(layout, split, experts, micro, compute);
        Memory(ref terms, layout, split, experts, micro, first, last);

        int replicas = layout.DataParallel * layout.ContextParallel;
        int groups = LayerCosts.Groups(layout.TensorParallel, layout.ExpertParallel);
        double updated = layout.Sharding >= StateSharding.Optimizer ? (split / replicas) + (experts * groups / replicas) : split + experts;
        OperatorCost update = Chip.Price(Operator.Elementwise(OperatorRole.Other, UpdateBytes * updated, 12 * updated));
        terms.OptimizerSeconds = update.Seconds;
        terms.StepSeconds = pipeline + terms.PipelineSeconds + terms.DataSeconds + terms.OptimizerSeconds;

        // Energy of the average stage; while it waits or communicates a chip draws its rest power.
        Work busy = ((layer * _shares.Layers) + costs.Embedding + costs.Head) * ((double)micro / p);
        terms.Joules = busy.Joules + update.Joules + (Math.Max(0, terms.StepSeconds - busy.Seconds - update.Seconds) * _idleWatts);
        return terms;
    }

    // Parameters on a chip of the first stage: those that tensor parallelism splits or copies, and its share of the experts.
    private (double Split, double Experts) ParametersOfChip(in TrainingLayout layout, int layers)
    {
        double t = layout.TensorParallel;
        int groups = LayerCosts.Groups(layout.TensorParallel, layout.ExpertParallel);
        double tables = layout.PipelineParallel == 1 && _shares.HasOwnHead ? 2 : 1;
        double split = (layers * ((_shares.SplitPerLayer / t) + _shares.CopiedPerLayer)) + (tables * _shares.Vocabulary / t);
        return (split, layers * _shares.ExpertsPerLayer / (t * groups));
    }

    // Boundaries cross servers unless a whole stage with its data-parallel replicas fits inside one (ranks: tensor, context, data, pipeline).
    private double PipelineSeconds(in TrainingLayout layout, int micro)
    {
        if (layout.PipelineParallel == 1)
        {
            return 0;
        }

        double tokens = (double)layout.MicroBatch * Job.SequenceLength / layout.ContextParallel;
        double bytes = 2 * tokens * Job.Model.HiddenSize / layout.TensorParallel;
        int stage = layout.TensorParallel * layout.ContextParallel * layout.DataParallel;
        bool inside = stage * 2 <= _domain;
        double send = Chip.Coefficients.CollectiveLatency + (bytes / (inside
            ? (Chip.Chip.ScaleUpBandwidth?.Value ?? HostRate) * Chip.Coefficients.CollectiveEfficiency
            : ScaleOutRate));

        // Hidden sends still show while the pipeline fills and drains; blocking ones show at every chunk, forward and backward.
        double sends = Job.Software.PipelineOverlap ? 2.0 * (layout.PipelineParallel - 1) : 2.0 * micro * layout.VirtualStages;
        return sends * send;
    }

    private double HostRate => (Chip.Chip.HostBandwidth?.Value ?? 16e9) / 2;

    private double ScaleOutRate => (Chip.Chip.ScaleOutBandwidth?.Value ?? HostRate) * Chip.Coefficients.CollectiveEfficiency;

    // Gradients are reduced in fp32 and weights gathered in 16 bits once a step; ZeRO-2 reduces after each run of micro-batches through the
    // pipeline, ZeRO-3 gathers for each forward and backward pass and reduces for each micro-batch.
    private double DataSeconds(in TrainingLayout layout, double split, double experts, int micro, double computeSeconds)
    {
        int ranks = layout.DataParallel * layout.ContextParallel;
        if (ranks == 1)
        {
            return 0;
        }

        int groups = LayerCosts.Groups(layout.TensorParallel, layout.ExpertParallel);
        double reduces = layout.Sharding switch
        {
            StateSharding.Parameters => micro,
            StateSharding.Gradients => Math.Ceiling((double)micro / layout.PipelineParallel),
            _ => 1,
        };
        double gathers = layout.Sharding == StateSharding.Parameters ? 2.0 * micro : 1;
        double seconds = ShareSeconds(split, ranks, layout.TensorParallel) + ShareSeconds(experts, ranks / groups, layout.TensorParallel * groups);
        double exposed = Job.Software.DataOverlap ? 1 - Coefficients.DataOverlap : 1;
        return Math.Max(seconds * exposed, seconds - computeSeconds);

        double ShareSeconds(double parameters, int members, int stride)
        {
            if (members <= 1 || parameters <= 0)
            {
                return 0;
            }

            int inside = Math.Max(1, Math.Min(members, _domain / stride));
            double across = Math.Ceiling((double)members / inside);
            double up = (Chip.Chip.ScaleUpBandwidth?.Value ?? HostRate) * Chip.Coefficients.CollectiveEfficiency;
            double latency = Chip.Coefficients.CollectiveLatency * (across > 1 ? 2 + Math.Log2(across) : 1);

            // Hierarchical: inside the domain first, then each rank's part over its own link (research, section 3).
            double perByte = ((inside - 1.0) / inside / up) + ((across - 1) / across / inside / ScaleOutRate);
            return (reduces * (latency + (GradientBytes * parameters * perByte))) + (gathers * (latency + (WeightBytes * parameters * perByte)));
        }
    }

    private void Memory(ref StepTerms terms, in TrainingLayout layout, double split, double experts, int micro, int firstLayers, int lastLayers)
    {
        double replicas = layout.DataParallel * layout.ContextParallel;
        int groups = LayerCosts.Groups(layout.TensorParallel, layout.ExpertParallel);
        double parameters = split + experts;
        double shared = (split / replicas) + (experts * groups / replicas);
        terms.WeightBytes = WeightBytes * (layout.Sharding >= StateSharding.Parameters ? shared : parameters);
        terms.GradientBytes = GradientBytes * (layout.Sharding >= StateSharding.Gradients ? shared : parameters);
        terms.OptimizerBytes = OptimizerBytes * (layout.Sharding >= StateSharding.Optimizer ? shared : parameters);
        terms.ReservedBytes = Coefficients.ReservedBytes;

        var key = new LayerKey(layout.TensorParallel, layout.ContextParallel, layout.ExpertParallel, layout.MicroBatch, layout.SequenceParallel && layout.TensorParallel > 1);
        double tokens = (double)layout.MicroBatch * Job.SequenceLength / layout.ContextParallel;
        bool fused = Job.Software.FusedAttention;
        double kept = ActivationBytes(layout, key, fused);
        double working = layout.Recompute == Recompute.Full ? _shares.ActivationBytesPerToken(key, fused, false, Job.SequenceLength) : 0;

        // Micro-batches in flight on the first stage: p under 1F1B, p·(1 + (p−1)/(p·v)) chunks' worth when interleaved (arXiv:2205.05198, section 4.2.3).
        int p = layout.PipelineParallel;
        double flight = Math.Min(micro, layout.VirtualStages == 1 ? p : p + ((p - 1.0) / layout.VirtualStages));
        double first = tokens * ((flight * firstLayers * kept) + working);
        double logits = 6 * tokens * Job.Model.VocabularySize / layout.TensorParallel;
        double last = p == 1 ? first + logits : (tokens * ((lastLayers * kept) + working)) + logits;
        terms.ActivationBytes = Math.Max(first, last);
    }

    private double ActivationBytes(in TrainingLayout layout, in LayerKey key, bool fused) => layout.Recompute == Recompute.Full
        ? 2.0 * Job.Model.HiddenSize / (key.SequenceParallel ? key.TensorParallel : 1)
        : _shares.ActivationBytesPerToken(key, fused, layout.Recompute == Recompute.Selective, Job.SequenceLength);
}
