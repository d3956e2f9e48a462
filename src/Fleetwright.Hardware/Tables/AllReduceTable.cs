using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;

namespace Fleetwright.Hardware.Tables;

/// <summary>All-reduce by a serving engine's own kernel inside a server; message sizes are in elements.</summary>
internal sealed class AllReduceTable() : OperatorTable("custom_allreduce", "kernel_source", "allreduce_dtype", "num_gpus", "message_size", "backend")
{
    internal override PricedRow Price(ChipModel chip, in TableRow row)
    {
        _ = row.Format(1); // says what is allowed where it is none
        int ranks = row.Whole(2, 2), elements = row.Whole(3, 1);
        (double seconds, Bound bound) = AllReduceRowPricer.Price(chip, row[1], ranks, elements, row[4]);
        return new PricedRow(seconds, bound, $"{row[0]}/{row[1]}/{row[4]}", ShapePoint.Of(ranks, elements), default);
    }
}
