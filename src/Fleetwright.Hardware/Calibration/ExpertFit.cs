using System.Globalization;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured layer of experts: the operators that a step has for it, and its seconds.</summary>
/// <param name="Up">Gate and up products.</param>
/// <param name="Activation">The activation.</param>
/// <param name="Down">Down products.</param>
/// <param name="Tokens">Tokens of the layer, all ranks together.</param>
/// <param name="Ranks">Ranks that the experts are spread over.</param>
/// <param name="Seconds">Measured time.</param>
internal readonly record struct ExpertRow(Operator Up, Operator Activation, Operator Down, int Tokens, int Ranks, double Seconds);

/// <summary>
/// Reads and fits measured layers of experts. A row is one call of a fused layer: permutation, up, activation, down, sum. A step prices the
/// same layer as the three operators of <see cref="ModelGraph.Experts"/>, so the fit prices exactly those and compares their sum.
/// </summary>
internal static class ExpertFit
{
    /// <summary>Formats of stored weights, and those that their products run in.</summary>
    public static readonly (Dtype Stored, Dtype Compute)[] Formats =
        [(Dtype.Bf16, Dtype.Bf16), (Dtype.Fp8, Dtype.Fp8), (Dtype.Nvfp4, Dtype.Nvfp4), (Dtype.Mxfp4, Dtype.Bf16), (Dtype.Int4, Dtype.Bf16)];

    // Which rows stand for a stored format. Published fp8 checkpoints of mixtures (DeepSeek, Qwen3, MiniMax, GLM-5, Kimi K2: every one in
    // shared/data/model_configs) have a scale per 128 × 128 block, so fp8 is "fp8_block"; the "fp8" rows time a scale per tensor. mxfp4 is
    // gpt-oss's: with 8-bit activations on a matrix unit that has mxfp4, with 16 bits elsewhere (TensorRT-LLM deployment guide for GPT-OSS,
    // "MoE Backend Support Matrix"). The 16-bit kernel's rows with expert parallelism time further launches of the collector's engine.
    private static (string Name, string Kernel, int MostRanks) Rows(Dtype stored, Chip chip) => stored switch
    {
        Dtype.Fp8 => ("fp8_block", "", int.MaxValue),
        Dtype.Nvfp4 => ("nvfp4", "trtllm", int.MaxValue),
        Dtype.Mxfp4 when chip.Supports(Dtype.Mxfp4) => ("w4a8_mxfp4_mxfp8", "", int.MaxValue),
        Dtype.Mxfp4 => ("w4a16_mxfp4", "gptoss", 1),
        Dtype.Int4 => ("int4_wo", "", int.MaxValue),
        _ => ("bfloat16", "", int.MaxValue),
    };

    public static List<ExpertRow> Read(string path, Dtype stored, Chip chip, out int dropped)
    {
        Dtype compute = Formats.First(f => f.Stored == stored).Compute;
        (string name, string kernel, int mostRanks) = Rows(stored, chip);
        KernelTable table = KernelTable.Read(path);
        var loads = new Dictionary<(int, int, int, int, string), ExpertLoad>();
        var rows = new List<ExpertRow>();
        dropped = 0;
        foreach (string[] row in table.Rows)
        {
            if (table.Text(row, "moe_dtype") != name)
            {
                continue;
            }

            int tokens = (int)table.Number(row, "num_tokens"), experts = (int)table.Number(row, "num_experts");
            int choices = (int)table.Number(row, "topk"), ranks = (int)table.Number(row, "moe_ep_size");
            double hidden = table.Number(row, "hidden_size"), size = table.Number(row, "inter_size") / table.Number(row, "moe_tp_size");
            string distribution = table.Text(row, "distribution");
            double seconds = table.Number(row, "latency_ms") * 1e-3;
            if (!loads.TryGetValue((tokens, experts, choices, ranks, distribution), out ExpertLoad load))
            {
                load = distribution == "balanced" ? ExpertLoad.Balanced(tokens, experts, choices, ranks)
                    : ExpertLoad.PowerLaw(tokens, experts, choices, ranks, double.Parse(distribution["power_law_".Length..], CultureInfo.InvariantCulture));
                loads[(tokens, experts, choices, ranks, distribution)] = load;
            }

            double touched = Math.Max(1, load.Touched), perExpert = Math.Max(1, load.Rows / touched);
            (Operator up, Operator activation, Operator down) =
                ModelGraph.Experts(touched, perExpert, hidden, size, gated: true, (double)tokens * choices, stored, compute, 1);
            bool otherKernel = ranks > mostRanks || !table.Text(row, "kernel_source").Contains(kernel, StringComparison.Ordinal);
            if (otherKernel || seconds <= 0 || (up.MatrixFlops + down.MatrixFlops) / seconds > 1.02 * chip.MatrixRates[compute])
            {
                dropped++;
                continue;
            }

            rows.Add(new ExpertRow(up, activation, down, tokens, ranks, seconds));
        }

        return rows;
    }

    /// <summary>Fits rows of one or several chips. With several, each chip's rows are scored by a fit to the others.</summary>
    /// <param name="chips">The chips.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="stored">Format of the weights.</param>
    /// <param name="streaming">The bf16 products, whose overhead and bandwidth element-wise operators have.</param>
    /// <param name="leaveOut">The group of a chip that is left out together; null to leave out shapes.</param>
    /// <param name="evaluations">Most evaluations.</param>
    public static MatrixProductCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<ExpertRow>> rows, Dtype stored, MatrixProductCoefficients streaming, Func<int, int>? leaveOut, int evaluations)
    {
        Dtype compute = Formats.First(f => f.Stored == stored).Compute;
        Parameter[] parameters = [.. MatrixProductFit.Parameters, new(4, 0.5, 40)];
        if (compute.Bytes() >= 2)
        {
            parameters[9] = new(1e-3, 0.9e-3, 1.1e-3); // 16-bit products convert nothing
        }

        (double[] values, FitQuality quality) = Fit.CrossValidated(
            rows,
            parameters,
            v => chips.Select(c => new MatrixProductModel(MatrixProductFit.Build(v), c.MatrixRates[compute], c.Cores, c.MemoryBandwidth, compute.Bytes(), stored.Bytes())).ToArray(),
            (models, r) => Seconds(models[r.Chip], r.Row, streaming, chips[r.Chip]),
            r => r.Row.Seconds,
            r => leaveOut is null ? (int)((r.Row.Up.N * 31) + r.Row.Up.K) : leaveOut(r.Chip),
            r => (r.Chip * 100) + ((int)Math.Log2(r.Row.Tokens) * 2) + (r.Row.Ranks > 1 ? 1 : 0),
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            evaluations,
            mostOfRegime: 100);
        return MatrixProductFit.Build(values) with { Quality = quality };
    }

    internal static double Seconds(MatrixProductModel model, in ExpertRow row, MatrixProductCoefficients streaming, Chip chip) =>
        model.Seconds(row.Up) + model.Seconds(row.Down) + streaming.Overhead
        + (row.Activation.MemoryBytes / (chip.MemoryBandwidth * Math.Min(1, streaming.MemoryEfficiency)));
}
