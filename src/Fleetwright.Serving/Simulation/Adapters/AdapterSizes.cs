using Fleetwright.Catalog.Units;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Simulation.Adapters;

/// <summary>
/// What one adapter of a replica is: a product W·x of an n × k matrix gets B·(A·x) added, with A of r × k and B of n × r. Adapted are the projections of attention and the dense
/// feed-forward parts (of a mixture, the shared experts); not the routed experts, the router and the head. A matrix that an engine joins from several, such as queries, keys and values,
/// has an A for each. Weights have 16 bits, as vLLM keeps them by default. Split as vLLM splits it: B along the rows of W where W is split so, A along its columns, the other whole on each chip.
/// </summary>
/// <param name="Parameters">Of one adapter.</param>
/// <param name="ChipBytes">Of one adapter on one chip.</param>
/// <param name="HostSeconds">Seconds in which one crosses the host link.</param>
/// <param name="DiskSeconds">Seconds in which one is read from disk and crosses it.</param>
public sealed record AdapterSizes(double Parameters, double ChipBytes, double HostSeconds, double DiskSeconds)
{
    /// <summary>Of a replica's adapters.</summary>
    /// <param name="adapters">Rank and bandwidths.</param>
    /// <param name="replica">What serves them; a language model.</param>
    public static AdapterSizes Of(LoraAdapters adapters, Replica replica)
    {
        double chip = Elements(replica.Graph, adapters.Rank) * Dtype.Bf16.Bytes();
        double whole = Elements(new ModelGraph(replica.Graph.Model, replica.Graph.Precision, Sharding.None), adapters.Rank);
        double host = chip / adapters.HostLink, disk = adapters.DiskBandwidth > 0 ? whole * Dtype.Bf16.Bytes() / adapters.DiskBandwidth : 0;
        return new AdapterSizes(whole, chip, host, host + disk);
    }

    /// <summary>Whether a matrix product gets an adapter.</summary>
    internal static bool IsAdapted(in Operator op) => op.Kind == OperatorKind.Gemm
        && op.Role is OperatorRole.QkvProjection or OperatorRole.QueryUp or OperatorRole.OutputProjection or OperatorRole.FeedForwardUp or OperatorRole.FeedForwardDown;

    private static double Elements(ModelGraph graph, int rank)
    {
        var operators = new Operator[graph.MaximumOperators];
        double elements = 0;
        foreach (ref readonly Operator op in operators.AsSpan(0, graph.Step(StepShape.Prefill(graph.Sharding.AttentionDataParallel, 64), operators)))
        {
            elements += IsAdapted(op) ? op.Count * rank * ((op.Parts * op.K) + op.N) : 0;
        }

        return elements;
    }
}
