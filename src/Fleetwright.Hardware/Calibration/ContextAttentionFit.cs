using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Calibration;

/// <summary>Fits one kernel's prefill attention.</summary>
internal static class ContextAttentionFit
{
    // Enough rows for a dozen parameters; they are taken evenly, so that they weigh as the table has them.
    private const int MostRows = 2500;
    private const int Evaluations = 2400;

    private readonly record struct Planned(ContextPlan Plan, double Bytes, int Group, double Seconds);

    private readonly record struct Term(Parameter Range, Func<ContextAttentionCoefficients, double, ContextAttentionCoefficients> Set);

    private static readonly Term[] Common =
    [
        new(new(1e-5, 1e-7, 1e-4), (c, v) => c with { Overhead = v }),
        new(new(0.8, 0.05, 2), (c, v) => c with { MatrixEfficiency = v }),
        new(new(1, 0.2, 1.8), (c, v) => c with { HeadSizeExponent = v - 1 }),
        new(new(0.02, 1e-5, 10), (c, v) => c with { ScoreClocks = v }),
        new(new(1e-7, 1e-10, 1e-5), (c, v) => c with { BlockLatency = v }),
        new(new(0.3, 0.01, 1), (c, v) => c with { Tail = v }),
        new(new(1.5e-6, 1e-9, 2e-5), (c, v) => c with { TileLatency = v }),
        new(new(0.8, 0.05, 4), (c, v) => c with { MemoryEfficiency = v }),
        new(new(2e-6, 1e-8, 1e-4), (c, v) => c with { CacheWriteLatency = v }),
        new(new(0.1, 0.001, 1), (c, v) => c with { ThrottleLoss = v }),
        new(new(1e-2, 1e-5, 1), (c, v) => c with { ThrottleSeconds = v }),
    ];

    private static readonly Term[] OfXe2 =
    [
        new(new(5e-5, 1e-6, 2e-4), (c, v) => c with { LaunchFloor = v }),
        new(new(0.2, 0.001, 1), (c, v) => c with { MaskLoss = v }),
    ];

    /// <summary>Fits the coefficients, and scores fits that each leave whole shapes of heads out, or whole chips.</summary>
    /// <param name="chips">The chips.</param>
    /// <param name="tiles">The kernel's tiles on each of them.</param>
    /// <param name="rows">Their measured rows.</param>
    /// <param name="leaveOut">The part that a chip belongs to; null: shapes of heads are left out.</param>
    public static ContextAttentionCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<AttentionTiles> tiles, IReadOnlyList<OnChip<AttentionRow>> rows, Func<int, int>? leaveOut)
    {
        Term[] terms = tiles.All(t => t == AttentionTiles.Xe2) ? [.. Common, .. OfXe2] : Common;
        ContextAttentionModel[] planners = Models(chips, tiles, Build(terms, [.. terms.Select(t => t.Range.Start)]));
        var planned = new List<OnChip<Planned>>(rows.Count);
        foreach (OnChip<AttentionRow> row in rows)
        {
            int group = leaveOut is null ? AttentionFit.Group(row.Row.Op) : leaveOut(row.Chip);
            planned.Add(new(row.Chip, new Planned(planners[row.Chip].Plan(row.Row.Op), row.Row.Op.MemoryBytes, group, row.Row.Seconds)));
        }

        (double[] values, FitQuality quality) = Fit.CrossValidated(
            planned,
            [.. terms.Select(t => t.Range)],
            v => Models(chips, tiles, Build(terms, v)),
            (models, r) => Seconds(models[r.Chip], r.Row),
            r => r.Row.Seconds,
            r => r.Row.Group,
            r => r.Chip,
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            Evaluations,
            MostRows / chips.Count);
        return Build(terms, values) with { Tiles = tiles.Distinct().Count() == 1 ? tiles[0] : AttentionTiles.FlashAttention2, Quality = quality with { Range = Quality.Range(rows.Select(r => new[] { r.Row.Op.Sequences, r.Row.Op.QueryTokens, r.Row.Op.ContextTokens })) } };
    }

    private static double Seconds(ContextAttentionModel model, in Planned row)
    {
        double matrix = model.MatrixSeconds(row.Plan), memory = model.MemorySeconds(row.Plan, row.Bytes);
        return Math.Max(model.LaunchFloor, model.Overhead + Math.Max(matrix, memory) + (model.OverlapLoss * Math.Min(matrix, memory)));
    }

    private static ContextAttentionModel[] Models(IReadOnlyList<Chip> chips, IReadOnlyList<AttentionTiles> tiles, ContextAttentionCoefficients coefficients) =>
        [.. chips.Select((c, i) => new ContextAttentionModel(coefficients with { Tiles = tiles[i] }, c, c.MatrixRates[Dtype.Bf16]))];

    private static ContextAttentionCoefficients Build(Term[] terms, double[] values)
    {
        var coefficients = new ContextAttentionCoefficients { Overhead = 0, MatrixEfficiency = 1, HeadSizeExponent = 0, Tail = 0, TileLatency = 0, MemoryEfficiency = 1, OverlapLoss = 1 };
        for (int i = 0; i < terms.Length; i++)
        {
            coefficients = terms[i].Set(coefficients, values[i]);
        }

        return coefficients;
    }
}
