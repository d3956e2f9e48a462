using Fleetwright.Hardware.Chips;

namespace Fleetwright.Hardware.Collectives;

/// <summary>Prices rows of a table of a serving engine's all-reduce: the columns of <c>custom_allreduce.csv</c>.</summary>
internal static class AllReduceRowPricer
{
    /// <summary>Seconds of a row, and what holds it back.</summary>
    /// <param name="model">The chip.</param>
    /// <param name="format">Its <c>allreduce_dtype</c>.</param>
    /// <param name="ranks">Its <c>num_gpus</c>.</param>
    /// <param name="elements">Its <c>message_size</c>.</param>
    /// <param name="backend">Its <c>backend</c>, ending in <c>graph</c> or <c>eager</c>.</param>
    public static (double Seconds, Bound Bound) Price(ChipModel model, string format, int ranks, double elements, string backend)
    {
        CollectiveCost cost = model.Collectives.PriceEngine(elements * BytesOf(format), ranks, backend.EndsWith("eager", StringComparison.Ordinal));
        return (cost.Seconds, cost.Seconds > 2 * cost.LatencySeconds ? Bound.Network : Bound.Launch);
    }

    private static double BytesOf(string format) => format switch
    {
        "float32" or "float" => 4,
        "int8" or "fp8" => 1,
        _ => 2,
    };
}
