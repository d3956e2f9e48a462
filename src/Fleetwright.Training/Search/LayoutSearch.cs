using Fleetwright.Training.Failures;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Search;

/// <summary>The best layout on a number of chips.</summary>
/// <param name="Best">The fastest layout that fits; null when none does.</param>
/// <param name="Nearest">When none fits, the one that needs least memory; null when no layout divides the job at all.</param>
/// <param name="Evaluated">Layouts priced.</param>
public sealed record LayoutSearchResult(TrainingEstimate? Best, TrainingEstimate? Nearest, long Evaluated)
{
    /// <summary>Whether a layout fits.</summary>
    public bool Found => Best is not null;

    /// <summary>Why none fits; empty when one does.</summary>
    public string Reason => Found ? ""
        : Nearest is null ? "no layout divides the model and the batch over these chips"
        : FormattableString.Invariant($"no layout fits: the smallest ({Nearest.Layout}) needs {Nearest.Memory.Total / 1e9:0.#} GB of {Nearest.MemoryCapacityBytes / 1e9:0.#} GB a chip");
}

/// <summary>The fewest chips that finish in time.</summary>
/// <param name="Smallest">The run on the fewest chips that meets the deadline; null when none does.</param>
/// <param name="Fastest">The fastest run on any number of chips; null when nothing fits.</param>
/// <param name="Evaluated">Layouts priced.</param>
public sealed record DeadlineResult(TrainingRun? Smallest, TrainingRun? Fastest, long Evaluated)
{
    /// <summary>Whether the deadline can be met.</summary>
    public bool Found => Smallest is not null;
}

/// <summary>Exhaustive search over layouts: deterministic whatever the thread count; ties go to the layout that comes first.</summary>
public static class LayoutSearch
{
    /// <summary>The layout with the most tokens per second on exactly <paramref name="chips"/> chips.</summary>
    /// <param name="model">Job on chip.</param>
    /// <param name="chips">Chips to use, all of them.</param>
    /// <param name="choices">What may be chosen; all when null.</param>
    /// <param name="threads">Threads; 0 for all cores.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="OperationCanceledException">The search was stopped.</exception>
    public static LayoutSearchResult Best(TrainingModel model, int chips, LayoutChoices? choices = null, int threads = 0, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chips, 1);
        Finder[] found = Run(
            model, choices ?? LayoutChoices.Free, threads, () => new StepFinder(), replica => chips % replica == 0 ? [chips / replica] : [], cancellation);
        StepFinder total = found.Cast<StepFinder>().Aggregate(new StepFinder(), (a, b) => a.Merge(b));
        return new LayoutSearchResult(
            total.Best is { } best ? model.Estimate(best) : null,
            total.Best is null && total.Nearest is { } nearest ? model.Estimate(nearest) : null,
            total.Evaluated);
    }

    /// <summary>The fewest chips, in whole servers, on which the job ends within <paramref name="deadlineSeconds"/>, failures included.</summary>
    /// <param name="model">Job on chip.</param>
    /// <param name="failures">How often the job stops.</param>
    /// <param name="deadlineSeconds">Seconds from start to end.</param>
    /// <param name="maximumChips">Chips at most.</param>
    /// <param name="choices">What may be chosen; all when null.</param>
    /// <param name="dollarsPerChipSecond">What a chip costs; its ownership rate when null.</param>
    /// <param name="threads">Threads; 0 for all cores.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="OperationCanceledException">The search was stopped.</exception>
    public static DeadlineResult ChipsForDeadline(
        TrainingModel model, FailureModel failures, double deadlineSeconds, int maximumChips = 131_072, LayoutChoices? choices = null,
        double? dollarsPerChipSecond = null, int threads = 0, CancellationToken cancellation = default)
    {
        choices ??= LayoutChoices.Free;
        int server = Math.Max(1, model.Chip.Chip.ChipsPerServer);
        int[] replicas = choices.DataParallel is { } d ? [d] : [.. LayoutChoices.Divisors(model.Job.BatchSequences)];
        Finder[] found = Run(
            model,
            choices,
            threads,
            () => new DeadlineFinder(model.Job, failures, deadlineSeconds),
            replica => [.. replicas.Where(r => (long)replica * r <= maximumChips && (long)replica * r % server == 0)],
            cancellation);
        DeadlineFinder total = found.Cast<DeadlineFinder>().Aggregate(new DeadlineFinder(model.Job, failures, deadlineSeconds), (a, b) => a.Merge(b));
        return new DeadlineResult(RunOf(total.Smallest), RunOf(total.Fastest), total.Evaluated);

        TrainingRun? RunOf(TrainingLayout? layout) => layout is { } l ? TrainingRun.Of(model, model.Estimate(l), failures, dollarsPerChipSecond) : null;
    }

    private static Finder[] Run(
        TrainingModel model, LayoutChoices choices, int threads, Func<Finder> create, Func<int, int[]> replicasOf, CancellationToken cancellation)
    {
        LayerKey[] keys = [.. choices.Keys(model, GroupCollectives.Domain(model.Chip.Chip))];
        var found = new Finder[keys.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount, CancellationToken = cancellation };
        Parallel.For(0, keys.Length, options, i =>
        {
            found[i] = create();
            Visit(model, choices, keys[i], found[i], replicasOf, cancellation);
        });
        return found;
    }

    private static void Visit(TrainingModel model, LayoutChoices choices, LayerKey key, Finder finder, Func<int, int[]> replicasOf, CancellationToken cancellation)
    {
        TrainingJob job = model.Job;
        LayerCosts? costs = null;
        int layers = job.Model.LayerCount;
        IReadOnlyList<Recompute> recomputes = choices.Recomputes;
        IReadOnlyList<StateSharding> shardings = choices.Shardings;
        foreach (int stages in choices.Pipelines(layers))
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<int> chunks = choices.Chunks((layers + stages - 1) / stages, stages);
            foreach (int replicas in replicasOf(key.TensorParallel * key.ContextParallel * stages))
            {
                foreach (int chunk in chunks)
                {
                    var layout = new TrainingLayout
                    {
                        TensorParallel = key.TensorParallel,
                        ContextParallel = key.ContextParallel,
                        ExpertParallel = key.ExpertParallel,
                        MicroBatch = key.MicroBatch,
                        SequenceParallel = key.SequenceParallel || key.TensorParallel == 1,
                        PipelineParallel = stages,
                        VirtualStages = chunk,
                        DataParallel = replicas,
                    };
                    if ((choices.DataParallel is { } fixedReplicas && fixedReplicas != replicas) || !model.Divides(layout))
                    {
                        continue;
                    }

                    costs ??= model.CostsOf(layout);
                    foreach (Recompute recompute in recomputes)
                    {
                        foreach (StateSharding sharding in shardings)
                        {
                            TrainingLayout candidate = layout with { Recompute = recompute, Sharding = sharding };
                            finder.Consider(candidate, model, costs);
                        }
                    }
                }
            }
        }
    }

    private abstract class Finder
    {
        public long Evaluated { get; protected set; }

        public abstract void Consider(in TrainingLayout layout, TrainingModel model, LayerCosts costs);
    }

    private sealed class StepFinder : Finder
    {
        private double _seconds = double.PositiveInfinity;
        private double _bytes = double.PositiveInfinity;

        public TrainingLayout? Best { get; private set; }

        public TrainingLayout? Nearest { get; private set; }

        public override void Consider(in TrainingLayout layout, TrainingModel model, LayerCosts costs)
        {
            Evaluated++;
            StepTerms terms = model.Terms(layout, costs, model.Job.BatchSequences);
            double bytes = terms.MemoryBytes;
            if (bytes <= model.MemoryCapacity && terms.StepSeconds < _seconds)
            {
                (_seconds, Best) = (terms.StepSeconds, layout);
            }

            if (bytes < _bytes)
            {
                (_bytes, Nearest) = (bytes, layout);
            }
        }

        public StepFinder Merge(StepFinder next)
        {
            Evaluated += next.Evaluated;
            if (next._seconds < _seconds)
            {
                (_seconds, Best) = (next._seconds, next.Best);
            }

            if (next._bytes < _bytes)
            {
                (_bytes, Nearest) = (next._bytes, next.Nearest);
            }

            return this;
        }
    }

    private sealed class DeadlineFinder(TrainingJob job, FailureModel failures, double deadlineSeconds) : Finder
    {
        private int _chips = int.MaxValue;
        private double _secondsOfSmallest = double.PositiveInfinity;
        private double _seconds = double.PositiveInfinity;

        public TrainingLayout? Smallest { get; private set; }

        public TrainingLayout? Fastest { get; private set; }

        public override void Consider(in TrainingLayout layout, TrainingModel model, LayerCosts costs)
        {
            Evaluated++;
            StepTerms terms = model.Terms(layout, costs, job.BatchSequences);
            if (terms.MemoryBytes > model.MemoryCapacity)
            {
                return;
            }

            double left = job.Tokens, working = 0;
            foreach (BatchStage stage in job.Ramp)
            {
                double tokens = Math.Min(left, stage.Tokens);
                working += tokens / ((double)stage.BatchSequences * job.SequenceLength) * model.Terms(layout, costs, stage.BatchSequences).StepSeconds;
                left -= tokens;
            }

            int chips = layout.Chips;
            double share = failures.On(chips).Share;
            double seconds = share > 0 ? (working + (left / job.BatchTokens * terms.StepSeconds)) / share : double.PositiveInfinity;
            if (seconds <= deadlineSeconds && (chips < _chips || (chips == _chips && seconds < _secondsOfSmallest)))
            {
                (_chips, _secondsOfSmallest, Smallest) = (chips, seconds, layout);
            }

            if (seconds < _seconds)
            {
                (_seconds, Fastest) = (seconds, layout);
            }
        }

        public DeadlineFinder Merge(DeadlineFinder next)
        {
            Evaluated += next.Evaluated;
            if (next._chips < _chips || (next._chips == _chips && next._secondsOfSmallest < _secondsOfSmallest))
            {
                (_chips, _secondsOfSmallest, Smallest) = (next._chips, next._secondsOfSmallest, next.Smallest);
            }

            if (next._seconds < _seconds)
            {
                (_seconds, Fastest) = (next._seconds, next.Fastest);
            }

            return this;
        }
    }
}
