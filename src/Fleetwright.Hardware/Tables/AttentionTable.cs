using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Tables;

/// <summary>Prefill (<c>context_attention</c>) or decode (<c>generation_attention</c>) attention.</summary>
internal sealed class AttentionTable(string name)
    : OperatorTable(name, "kernel_source", "batch_size", "isl", "num_heads", "num_key_value_heads", "head_dim", "attn_dtype", "kv_cache_dtype", "step", "window_size=0")
{
    internal override PricedRow Price(ChipModel chip, in TableRow row)
    {
        int sequences = row.Whole(1, 1), query = row.Whole(2, 1), heads = row.Whole(3, 1), kvHeads = row.Whole(4, 0), head = row.Whole(5, 1), step = row.Whole(8, 0), window = row.Whole(9, 0);
        Dtype compute = row.Format(6), cache = row.Format(7);
        kvHeads = kvHeads == 0 ? heads : kvHeads; // vLLM's collector writes 0 for one key head per query head
        Operator op = Operator.Attention(sequences, query, step, heads, kvHeads, head, head, window, compute, cache);
        OperatorCost cost = chip.Price(op, row[0]);
        var floor = new MeasurementFloor(op.MatrixFlops / (1.05 * chip.PeakRate(compute)), op.MemoryBytes > 512e6 ? op.MemoryBytes / (1.3 * chip.Chip.MemoryBandwidth) : 0);
        return new PricedRow(
            cost.Seconds, cost.Bound, $"{row[0]}/{row[6]}/{row[7]}/{head}/{(window > 0 ? "window" : "")}{(cost.Bound == Bound.Launch ? "/launch" : "")}", ShapePoint.Of(sequences, query, step + query, heads, kvHeads, window), floor, chip.Conversion(compute));
    }
}
