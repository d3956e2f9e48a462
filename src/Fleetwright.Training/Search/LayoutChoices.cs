using Fleetwright.Catalog.Models;
using Fleetwright.Models;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Search;

/// <summary>What a search may choose; a value that is given is kept, one that is null is searched.</summary>
public sealed record LayoutChoices
{
    /// <summary>Everything free.</summary>
    public static LayoutChoices Free { get; } = new();

    /// <summary>Tensor-parallel degree; free: the divisors of the heads that fit into a scale-up domain.</summary>
    public int? TensorParallel { get; init; }

    /// <summary>Context-parallel degree; free: powers of two that leave a rank at least 4,096 tokens.</summary>
    public int? ContextParallel { get; init; }

    /// <summary>Pipeline stages; free: those that divide the layers, or the layers with embedding and head counted as one each.</summary>
    public int? PipelineParallel { get; init; }

    /// <summary>Chunks a stage; free: the divisors of a stage's layers.</summary>
    public int? VirtualStages { get; init; }

    /// <summary>Data-parallel degree; free: what the chips leave, or the divisors of the batch.</summary>
    public int? DataParallel { get; init; }

    /// <summary>Expert-parallel degree; free: the divisors of the experts.</summary>
    public int? ExpertParallel { get; init; }

    /// <summary>Micro-batch; free: 1, 2, 4, 8.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Recomputation; free: all three.</summary>
    public Recompute? Recompute { get; init; }

    /// <summary>Sharding of states; free: optimizer, gradients, parameters (none is never better than optimizer).</summary>
    public StateSharding? Sharding { get; init; }

    /// <summary>Sequence parallelism; free: on.</summary>
    public bool SequenceParallel { get; init; } = true;

    internal IEnumerable<LayerKey> Keys(TrainingModel model, int domain)
    {
        ModelSpec spec = model.Job.Model;
        int heads = spec.Layers.Max(l => l.Mixer switch
        {
            GroupedQueryAttention a => a.Heads,
            LatentAttention a => a.Heads,
            LinearAttention a => a.ValueHeads,
            StateSpace s => s.Heads,
            _ => 1,
        });
        int experts = spec.Layers.Max(l => l.FeedForward is MixtureOfExperts m ? m.Experts : 1);
        int sequence = model.Job.SequenceLength;
        foreach (int tensor in TensorParallel is { } t ? [t] : Divisors(heads).Where(d => d <= domain))
        {
            foreach (int context in ContextParallel is { } c ? [c] : Powers(sequence).Where(p => p == 1 || sequence / p >= 4096))
            {
                foreach (int expert in ExpertParallel is { } e ? [e] : Divisors(experts))
                {
                    if (ModelGraph.Problem(spec, new Sharding(tensor, 1, expert, LayerCosts.Groups(tensor, expert))) is not null)
                    {
                        continue;
                    }

                    foreach (int micro in MicroBatch is { } m ? [m] : (int[])[1, 2, 4, 8])
                    {
                        yield return new LayerKey(tensor, context, expert, micro, SequenceParallel && tensor > 1);
                    }
                }
            }
        }
    }

    internal IReadOnlyList<int> Pipelines(int layers) => PipelineParallel is { } p ? [p] : [.. Divisors(layers).Union(Divisors(layers + 2)).Where(d => d <= layers).Order()];

    internal IReadOnlyList<int> Chunks(int layersOfStage, int stages) => VirtualStages is { } v ? [v] : stages == 1 ? [1] : [.. Divisors(layersOfStage)];

    internal IReadOnlyList<Recompute> Recomputes => Recompute is { } r ? [r] : [Layouts.Recompute.None, Layouts.Recompute.Selective, Layouts.Recompute.Full];

    internal IReadOnlyList<StateSharding> Shardings => Sharding is { } s ? [s] : [StateSharding.Optimizer, StateSharding.Gradients, StateSharding.Parameters];

    internal static IEnumerable<int> Divisors(int n) => Enumerable.Range(1, n).Where(d => n % d == 0);

    private static IEnumerable<int> Powers(int n)
    {
        for (int p = 1; p <= n && n % p == 0; p *= 2)
        {
            yield return p;
        }
    }
}
