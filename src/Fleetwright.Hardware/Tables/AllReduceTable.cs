using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Tables;

/// <summary>All-reduce by a serving engine's own kernel inside a server; message sizes are in elements.</summary>
internal sealed class AllReduceTable() : OperatorTable("custom_allreduce", "kernel_source", "allreduce_dtype", "num_gpus", "message_size", "backend")
{
    internal override PricedRow Price(ChipModel chip, in TableRow row)
    {
        Dtype format = row.Format(1);
        int ranks = row.Whole(2, 2), elements = row.Whole(3, 1);
        CollectiveCost cost = chip.Collectives.Price(OperatorKind.AllReduce, elements * format.Bytes(), ranks);
        Bound bound = cost.Seconds - cost.LatencySeconds >= cost.LatencySeconds ? Bound.Network : Bound.Launch;
        return new PricedRow(cost.Seconds, bound, $"{row[0]}/{row[1]}/{row[4]}", ShapePoint.Of(ranks, elements), default);
    }
}
