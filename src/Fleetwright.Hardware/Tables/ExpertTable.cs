using System.Globalization;
using System.Runtime.CompilerServices;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Experts;

namespace Fleetwright.Hardware.Tables;

/// <summary>One call of a fused layer of experts.</summary>
internal sealed class ExpertTable() : OperatorTable("moe", "kernel_source", "moe_dtype", "num_tokens", "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size", "distribution")
{
    private const string PowerLaw = "power_law_";
    private readonly ConditionalWeakTable<ChipModel, ExpertRowPricer> _pricers = [];

    internal override PricedRow Price(ChipModel chip, in TableRow row)
    {
        Dtype compute = row[1] switch
        {
            "bfloat16" or "float16" or "int4_wo" or "w4a16_mxfp4" => Dtype.Bf16,
            "fp8" or "fp8_block" or "w4a8_mxfp4_mxfp8" => Dtype.Fp8,
            "nvfp4" => Dtype.Nvfp4,
            _ => throw row.Wrong(1, "bfloat16, fp8, fp8_block, nvfp4, int4_wo, w4a16_mxfp4, w4a8_mxfp4_mxfp8"),
        };
        int tokens = row.Whole(2, 1), hidden = row.Whole(3, 1), inner = row.Whole(4, 1), choices = row.Whole(5, 1), experts = row.Whole(6, 1), tensor = row.Whole(7, 1), ranks = row.Whole(8, 1);
        if (choices > experts)
        {
            throw row.Wrong(5, FormattableString.Invariant($"at most the {experts} experts"));
        }

        if (ranks > experts)
        {
            throw row.Wrong(8, FormattableString.Invariant($"at most the {experts} experts"));
        }

        string distribution = row[9];
        if (distribution != "balanced" && !(distribution.StartsWith(PowerLaw, StringComparison.Ordinal) && double.TryParse(distribution.AsSpan(PowerLaw.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double exponent) && exponent > 0))
        {
            throw row.Wrong(9, "balanced, or power_law_ and an exponent such as power_law_1.2");
        }

        ExpertRowPricer pricer = _pricers.GetValue(chip, static c => new ExpertRowPricer(c, c.Relatives));
        ExpertRowCost cost = pricer.Price(new ExpertTableRow(row[0], row[1], tokens, hidden, inner, choices, experts, tensor, ranks, distribution));

        // Every rank runs at least its even share of the products, two of them an expert (three with a gate).
        double flops = 2.0 * tokens * choices * 2 * hidden * inner / tensor / ranks;
        var floor = new MeasurementFloor(flops / (1.02 * chip.PeakRate(compute)), 0);
        return new PricedRow(
            cost.Seconds, cost.Bound, $"{row[0]}/{row[1]}/{distribution}", ShapePoint.Of(tokens, hidden, inner, choices, experts, tensor, ranks), floor, chip.Conversion(compute));
    }
}
