using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Tables;

/// <summary>Matrix products: m tokens with an n × k weight.</summary>
internal sealed class GemmTable() : OperatorTable("gemm", "kernel_source", "gemm_dtype", "m", "n", "k")
{
    internal override PricedRow Price(ChipModel chip, in TableRow row)
    {
        Dtype format = row.Format(1);
        double m = row.Whole(2, 1), n = row.Whole(3, 1), k = row.Whole(4, 1);
        Operator op = Operator.Gemm(OperatorRole.Other, m, n, k, format, format);
        OperatorCost cost = chip.Price(op, row[0]);
        double peak = chip.PeakRate(format), bandwidth = chip.Chip.MemoryBandwidth;
        var floor = new MeasurementFloor(op.MatrixFlops / (1.02 * peak), op.WeightBytes > 256e6 ? op.WeightBytes / (1.05 * bandwidth) : 0);
        return new PricedRow(cost.Seconds, cost.Bound, $"{row[0]}/{row[1]}", ShapePoint.Of(m, n, k), floor, chip.Conversion(format));
    }
}
