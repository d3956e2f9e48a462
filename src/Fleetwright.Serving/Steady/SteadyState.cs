using System.Globalization;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Steady;

/// <summary>
/// A closed loop in steady state. A replica of P pipeline stages runs P micro-batches in turn, so that it acts as P engines with a P-th
/// of the requests each, whose step is a pass through all stages. Equations: <c>docs/serving.md</c>.
/// </summary>
public static class SteadyState
{
    /// <summary>Estimates a deployment.</summary>
    /// <exception cref="ArgumentException">The sharding does not divide the model; see <see cref="ModelGraph.Problem"/>.</exception>
    public static ServingEstimate Estimate(Deployment deployment, CostBasis? basis = null) =>
        Estimate(deployment.Compile(), deployment.Workload, deployment.Concurrency, basis);

    /// <summary>Estimates a replica with <paramref name="concurrency"/> requests always in flight.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="work">The requests.</param>
    /// <param name="concurrency">Requests in flight. Those that find no room in the cache wait, which their time to the first token includes.</param>
    /// <param name="basis">How prices and power are counted; the defaults when null.</param>
    /// <param name="dollarsPerChipSecond">What one chip costs to own, instead of <paramref name="basis"/>.</param>
    /// <param name="requestsPerSlot">
    /// Requests that follow each other in each place of a measured run that starts with all places at once, for comparison with benchmarks
    /// (InferenceMAX: 10); infinite for the steady state itself.
    /// </param>
    public static ServingEstimate Estimate(
        Replica replica, in Workload work, double concurrency, CostBasis? basis = null, double? dollarsPerChipSecond = null, double requestsPerSlot = double.PositiveInfinity)
    {
        basis ??= CostBasis.Default;
        ClosedLoop loop = ClosedLoop.Solve(replica, work, concurrency, requestsPerSlot);
        IterationMix mix = loop.Mix;
        double longest = work.CachedTokens + work.Prompt.Mean + work.Output.Mean;
        MemoryPlan memory = replica.Memory(concurrency, work.MeanContext, longest);
        double most = replica.MaximumSequences(work.MeanContext, longest);
        double requests = loop.RequestsPerSecond;
        double outputRate = requests * work.Output.Mean / replica.Chips;
        double watts = Watts(replica, mix, loop.MicroBatches) + basis.OverheadWatts(replica.Chip.Chip);
        (double low, double high) = (mix.LowRatio, mix.HighRatio);
        double? rate = dollarsPerChipSecond ?? basis.DollarsPerSecond(replica.Chip.Chip);
        bool fits = memory.Fits && concurrency <= most;
        return new ServingEstimate
        {
            Fits = fits,
            Problem = fits ? "" : Explain(replica, memory, concurrency, most),
            Memory = memory,
            MaximumConcurrency = most,
            Ttft = Band.OfTime(loop.TtftSeconds, low, high),
            Tpot = Band.OfTime(loop.TpotSeconds, low, high),
            RequestsPerSecond = requests,
            OutputTokensPerSecondPerChip = Band.OfRate(outputRate, low, high),
            TotalTokensPerSecondPerChip = outputRate * (work.CachedTokens + work.Prompt.Mean + work.Output.Mean) / work.Output.Mean,
            JoulesPerOutputToken = watts / outputRate,
            DollarsPerMillionOutputTokens = rate / outputRate * 1e6,
            WattsPerChip = watts,
            Decoding = mix.Decoding * loop.MicroBatches,
            Mix = mix,
            Operators = Shares(replica, work, mix),
        };
    }

    /// <summary>Mean power of one chip in watts while micro-batches of <paramref name="mix"/> follow each other; stages without one rest.</summary>
    internal static double Watts(Replica replica, in IterationMix mix, double microBatches)
    {
        double stages = replica.Sharding.PipelineParallel;
        double busy = microBatches / stages;
        return (busy * mix.MeanJoules / mix.MeanSeconds) + ((1 - busy) * replica.IdleWatts);
    }

    private static string Explain(Replica replica, in MemoryPlan memory, double concurrency, double most)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"{replica.Graph.Model.Name} in {replica.Graph.Precision.Weights.Name()} on {replica.Sharding} of {replica.Chip.Chip.Name}");
        if (most >= 1)
        {
            string why = memory.Fits
                ? string.Create(CultureInfo.InvariantCulture, $"{concurrency:0.#} requests in flight are more than the engine's limit")
                : string.Create(CultureInfo.InvariantCulture, $"lacks {memory.Shortfall / 1e9:0.0} GB a chip with {concurrency:0.#} requests in flight");
            return string.Create(CultureInfo.InvariantCulture, $"{what}: {why}; {most:0} would fit");
        }

        double needed = memory.Weights + memory.Activations;
        double usable = memory.Capacity - memory.Reserve;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: lacks {memory.Shortfall / 1e9:0.0} GB a chip (weights {memory.Weights / 1e9:0.0} GB and activations {memory.Activations / 1e9:0.0} GB of {usable / 1e9:0.0} GB usable); spread it over at least {Math.Ceiling(replica.Chips * needed / usable):0} chips or store it in fewer bits");
    }

    private static List<OperatorShare> Shares(Replica replica, in Workload work, in IterationMix mix)
    {
        var seconds = new Dictionary<(OperatorRole, Bound), double>();
        bool apart = replica.Engine.Policy == StepPolicy.PrefillFirst;
        double batch = mix.Decoding > 0 ? Math.Max(1, mix.Decoding) : 0;
        if (batch > 0 && (apart || mix.MixedShare < 1))
        {
            Add(replica.Operators(StepShape.Decode(batch, work.MeanContext)), apart ? 1 : 1 - mix.MixedShare);
        }

        Add(replica.Operators(IterationMix.Mixed(work, mix.ChunkTokens, apart ? 0 : batch, work.MeanContext)), mix.MixedShare);
        double total = mix.MeanSeconds;
        return [.. seconds.Select(e => new OperatorShare(e.Key.Item1, e.Key.Item2, e.Value, e.Value / total)).OrderByDescending(s => s.Seconds).ThenBy(s => s.Role).ThenBy(s => s.Bound)];

        void Add(ReadOnlySpan<Operator> operators, double weight)
        {
            foreach (ref readonly Operator op in operators)
            {
                (OperatorRole, Bound) key = (op.Role, replica.Cost(op).Bound);
                seconds[key] = seconds.GetValueOrDefault(key) + (weight * op.Count * replica.Seconds(op));
            }
        }
    }
}
