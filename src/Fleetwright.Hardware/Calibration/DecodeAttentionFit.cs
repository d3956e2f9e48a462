using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Calibration;

/// <summary>Fits one kernel's decode attention.</summary>
internal static class DecodeAttentionFit
{
    // Enough rows for a dozen parameters; they are taken evenly, so that they weigh as the table has them.
    private const int MostRows = 2500;
    private const int Evaluations = 2400;

    /// <summary>Seconds from one kernel of a call to its next while no chip of the fit runs such calls: a kernel in a captured graph takes 3.1 us at least on H100 and H200 (their shortest products).</summary>
    public const double AssumedKernelLatency = 3e-6;

    private readonly record struct Planned(DecodePlan Plan, int Group, double Seconds);

    // Assumed: the value while no chip of the fit runs a kernel that has the term.
    private readonly record struct Term(Parameter Range, Func<DecodeAttentionCoefficients, double, DecodeAttentionCoefficients> Set, double Assumed = 0);

    private static readonly Term Join = new(new(5e-7, 1e-9, 5e-5), (c, v) => c with { JoinLatency = v });

    private static readonly Term[] Common =
    [
        new(new(1e-5, 1e-7, 1e-4), (c, v) => c with { Overhead = v }),
        new(new(0.85, 0.2, 0.95), (c, v) => c with { MemoryEfficiency = v }),
        new(new(1e-6, 1e-8, 2e-5), (c, v) => c with { TileLatency = v }),
        Join,
        new(new(0.3, 0.005, 2), (c, v) => c with { MatrixEfficiency = v }),
        new(new(0.2, 0.001, 1), (c, v) => c with { OverlapLoss = v }),
    ];

    // Cores of one architecture take in the same bytes a clock; across architectures their intake has grown with the memory bandwidth.
    private static readonly Term BytesPerClock = new(new(20, 0.2, 1000), (c, v) => c with { CoreBytesPerClock = v });
    private static readonly Term ShareOfBandwidth = new(new(1.5, 0.2, 50), (c, v) => c with { CoreBandwidth = v });

    private static readonly Term[] OfSharedMemory =
    [
        new(new(0.45, 0.2, 0.8), (c, v) => c with { SharedMemoryShare = v }),
        new(new(3, 1, 5), (c, v) => c with { SharedMemoryGain = v }),
    ];

    // Hopper's kernel converts and transposes 8-bit values on their way in, more than in proportion to the head.
    private static readonly Term Conversion = new(new(1.3, 0.3, 2.5), (c, v) => c with { HeadSizeExponent = v - 1 }, 1);

    private static readonly Term Kernel = new(new(AssumedKernelLatency, 1e-8, 1e-4), (c, v) => c with { KernelLatency = v }, AssumedKernelLatency);

    private static readonly Term Scan = new(new(4e-7, 1e-9, 1e-5), (c, v) => c with { ScanLatency = v });
    private static readonly Term Window = new(new(1e-6, 1e-9, 1e-5), (c, v) => c with { WindowLatency = v });
    private static readonly Term Dispatch = new(new(4e-9, 1e-11, 1e-6), (c, v) => c with { DispatchLatency = v });
    private static readonly Term Single = new(new(3, 0.1, 20), (c, v) => c with { SingleHeadLoss = v });
    private static readonly Term Group = new(new(0.3, 0.001, 2), (c, v) => c with { GroupLoss = v });
    private static readonly Term Streams = new(new(8, 0.5, 64), (c, v) => c with { StreamsPerCore = v });
    private static readonly Term EagerFloor = new(new(3e-4, 1e-4, 1e-3), (c, v) => c with { LaunchFloor = v });
    private static readonly Term Floor = new(new(6.5e-5, 1e-6, 2e-4), (c, v) => c with { LaunchFloor = v });

    /// <summary>Fits the coefficients, and scores fits that each leave whole shapes of heads out, or whole chips.</summary>
    /// <param name="chips">The chips.</param>
    /// <param name="tiles">The kernel's tiles on each of them.</param>
    /// <param name="rows">Their measured rows.</param>
    /// <param name="leaveOut">The part that a chip belongs to; null: shapes of heads are left out.</param>
    public static DecodeAttentionCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<AttentionTiles> tiles, IReadOnlyList<OnChip<AttentionRow>> rows, Func<int, int>? leaveOut)
    {
        Term[] terms = [.. tiles.Any(Joins) ? Common : Common.Where(t => t != Join), chips.Select(c => c.Architecture).Distinct(StringComparer.Ordinal).Count() == 1 ? BytesPerClock : ShareOfBandwidth, .. chips.Any(c => c.SharedMemory is not null) ? OfSharedMemory : [], .. tiles.SelectMany(Of).Distinct(), .. tiles.Contains(AttentionTiles.FlashAttention3) && rows[0].Row.Op.StorageDtype.Bytes() < 2 ? [Conversion] : Array.Empty<Term>()];
        DecodeAttentionModel[] planners = Models(chips, tiles, Build(terms, [.. terms.Select(t => t.Range.Start)]));
        var planned = new List<OnChip<Planned>>(rows.Count);
        foreach (OnChip<AttentionRow> row in rows)
        {
            int group = leaveOut is null ? AttentionFit.Group(row.Row.Op) : leaveOut(row.Chip);
            planned.Add(new(row.Chip, new Planned(planners[row.Chip].Plan(row.Row.Op), group, row.Row.Seconds)));
        }

        (double[] values, FitQuality quality) = Fit.CrossValidated(
            planned,
            [.. terms.Select(t => t.Range)],
            v => Models(chips, tiles, Build(terms, v)),
            (models, r) => Math.Max(models[r.Chip].LaunchFloor, models[r.Chip].Overhead + models[r.Chip].MemorySeconds(r.Row.Plan)),
            r => r.Row.Seconds,
            r => r.Row.Group,
            r => r.Chip,
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            Evaluations,
            MostRows / chips.Count,
            some => Assumed(terms, [.. some.Select(r => tiles[r.Chip]).Distinct()]));
        return Build(terms, values) with { Tiles = tiles.Distinct().Count() == 1 ? tiles[0] : AttentionTiles.FlashAttention2, Quality = quality with { Range = Quality.Range(rows.Select(r => new[] { r.Row.Op.Sequences, r.Row.Op.QueryTokens, r.Row.Op.ContextTokens })) } };
    }

    private static Term[] Of(AttentionTiles tiles) => tiles switch
    {
        AttentionTiles.FlashAttention2 => [Kernel],
        AttentionTiles.FlashAttention3 => [Scan, Window],
        AttentionTiles.FlashAttention4 => [Scan, Group],
        AttentionTiles.TensorRtLlm => [Group],
        AttentionTiles.Triton => [Window, Dispatch, Streams],
        AttentionTiles.TritonLatent => [EagerFloor, Single, Streams],
        AttentionTiles.Xe2 => [Floor, Group, Streams],
        _ => [],
    };

    // These start their second kernel whatever the split, so that its time is part of the overhead.
    private static bool Joins(AttentionTiles tiles) => tiles is not (AttentionTiles.FlashAttention4 or AttentionTiles.TritonLatent);

    private static double?[] Assumed(Term[] terms, AttentionTiles[] run)
    {
        Term[] only = [.. Enum.GetValues<AttentionTiles>().SelectMany(Of), Conversion];
        Term[] felt = [.. run.SelectMany(Of), .. run.Contains(AttentionTiles.FlashAttention3) ? [Conversion] : Array.Empty<Term>()];
        return [.. terms.Select(t => only.Contains(t) && !felt.Contains(t) ? t.Assumed : (double?)null)];
    }

    private static DecodeAttentionModel[] Models(IReadOnlyList<Chip> chips, IReadOnlyList<AttentionTiles> tiles, DecodeAttentionCoefficients coefficients) =>
        [.. chips.Select((c, i) => new DecodeAttentionModel(coefficients with { Tiles = tiles[i] }, c, c.MatrixRates[Dtype.Bf16]))];

    private static DecodeAttentionCoefficients Build(Term[] terms, double[] values)
    {
        var coefficients = new DecodeAttentionCoefficients { Overhead = 0, MemoryEfficiency = 1, TileLatency = 0, MatrixEfficiency = 1 };
        for (int i = 0; i < terms.Length; i++)
        {
            coefficients = terms[i].Set(coefficients, values[i]);
        }

        return coefficients;
    }
}
