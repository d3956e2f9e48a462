using System.Collections.Concurrent;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Tables;

/// <summary>One call of a fused layer of experts.</summary>
internal sealed class ExpertTable() : OperatorTable("moe", "kernel_source", "moe_dtype", "num_tokens", "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size", "distribution")
{
    private readonly ConcurrentDictionary<(int, int, int, int, string), ExpertLoad> _loads = new();

    internal override PricedRow Price(ChipModel chip, in TableRow row)
    {
        (Dtype stored, Dtype compute) = row[1] switch
        {
            "bfloat16" => (Dtype.Bf16, Dtype.Bf16),
            "fp8" or "fp8_block" => (Dtype.Fp8, Dtype.Fp8),
            "nvfp4" => (Dtype.Nvfp4, Dtype.Nvfp4),
            "int4_wo" => (Dtype.Int4, Dtype.Bf16),
            "w4a16_mxfp4" => (Dtype.Mxfp4, Dtype.Bf16),
            "w4a8_mxfp4_mxfp8" => (Dtype.Mxfp4, Dtype.Fp8),
            _ => throw row.Wrong(1, "bfloat16, fp8, fp8_block, nvfp4, int4_wo, w4a16_mxfp4, w4a8_mxfp4_mxfp8"),
        };
        int tokens = row.Whole(2, 1), hidden = row.Whole(3, 1), inter = row.Whole(4, 1), choices = row.Whole(5, 1), experts = row.Whole(6, 1), tensor = row.Whole(7, 1), ranks = row.Whole(8, 1);
        if (choices > experts)
        {
            throw row.Wrong(5, FormattableString.Invariant($"at most the {experts} experts"));
        }

        if (ranks > experts)
        {
            throw row.Wrong(8, FormattableString.Invariant($"at most the {experts} experts"));
        }

        ExpertLoad load = Load(row, tokens, experts, choices, ranks);
        double touched = Math.Max(1, load.Touched), perExpert = Math.Max(1, load.Rows / touched);
        (Operator up, Operator activation, Operator down) = ModelGraph.Experts(touched, perExpert, hidden, (double)inter / tensor, gated: true, (double)tokens * choices, stored, compute, 1);
        OperatorCost first = chip.Price(up), middle = chip.Price(activation), last = chip.Price(down);
        double seconds = first.Seconds + middle.Seconds + last.Seconds;
        var floor = new MeasurementFloor((up.MatrixFlops + down.MatrixFlops) / (1.02 * chip.PeakRate(compute)), 0);
        return new PricedRow(seconds, first.Seconds >= last.Seconds ? first.Bound : last.Bound, $"{row[0]}/{row[1]}/{row[9]}", ShapePoint.Of(tokens, hidden, inter, choices, experts, tensor, ranks), floor);
    }

    private ExpertLoad Load(in TableRow row, int tokens, int experts, int choices, int ranks)
    {
        const string PowerLaw = "power_law_";
        string distribution = row[9];
        var key = (tokens, experts, choices, ranks, distribution);
        if (_loads.TryGetValue(key, out ExpertLoad load))
        {
            return load;
        }

        load = distribution == "balanced" ? ExpertLoad.Balanced(tokens, experts, choices, ranks)
            : distribution.StartsWith(PowerLaw, StringComparison.Ordinal) && double.TryParse(distribution.AsSpan(PowerLaw.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double exponent)
                ? ExpertLoad.PowerLaw(tokens, experts, choices, ranks, exponent)
                : throw row.Wrong(9, "balanced, or power_law_ and an exponent such as power_law_1.2");
        _loads[key] = load;
        return load;
    }
}
