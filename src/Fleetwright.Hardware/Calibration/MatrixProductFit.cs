using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured matrix product.</summary>
/// <param name="M">Rows.</param>
/// <param name="N">Columns.</param>
/// <param name="K">Inner size.</param>
/// <param name="Bytes">Off-chip traffic.</param>
/// <param name="Seconds">Measured time.</param>
internal readonly record struct MatrixProductRow(double M, double N, double K, double Bytes, double Seconds);

/// <summary>Reads, filters and fits measured matrix products.</summary>
internal static class MatrixProductFit
{
    internal static readonly Parameter[] Parameters =
    [
        new(3e-6, 2e-7, 1e-4), // overhead
        new(0.75, 0.2, 1), // matrix efficiency
        new(0.87, 0.2, 1.05), // memory efficiency
        new(0.5, 0.499, 0.501), // small tiles: not told apart from core bandwidth, kept as LLMCompass's A100 has it (chip-models.md 1.2)
        new(2, 0.5, 20), // core bandwidth
        new(1e-6, 1e-8, 2e-5), // tile latency
        new(0.15, 0.001, 0.6), // overlap loss
        new(0.1, 0.001, 1), // throttle loss
        new(1e-3, 1e-4, 1e-2), // throttle seconds
        new(0.5, 0.001, 6), // conversion
    ];

    public static List<MatrixProductRow> Read(string path, string dtype, Chip chip, out int dropped)
    {
        KernelTable table = KernelTable.Read(path);
        if (!Dtypes.TryParse(dtype, out Dtype format))
        {
            throw new ArgumentException($"no number format is called '{dtype}'", nameof(dtype));
        }

        dropped = 0;
        var rows = new List<MatrixProductRow>();
        foreach (string[] row in table.Rows)
        {
            if (table.Text(row, "gemm_dtype") != dtype)
            {
                continue;
            }

            double m = table.Number(row, "m"), n = table.Number(row, "n"), k = table.Number(row, "k");
            double bytes = (format.Bytes() * n * k) + (m * ((format.Bytes() * k) + (2 * n)));
            double seconds = table.Number(row, "latency_ms") * 1e-3;
            double peak = chip.MatrixRates[format];
            if (m <= 0 || seconds <= 0 || 2 * m * n * k / seconds > 1.02 * peak || (n * k * format.Bytes() > 256e6 && n * k * format.Bytes() / seconds > 1.05 * chip.MemoryBandwidth))
            {
                dropped++;
                continue;
            }

            rows.Add(new MatrixProductRow(m, n, k, bytes, seconds));
        }

        return rows;
    }

    public static MatrixProductCoefficients Build(double[] v) => new()
    {
        Overhead = v[0],
        MatrixEfficiency = v[1],
        MemoryEfficiency = v[2],
        SmallTileExponent = v[3],
        CoreBandwidth = v[4],
        TileLatency = v[5],
        OverlapLoss = v[6],
        ThrottleLoss = v[7],
        ThrottleSeconds = v[8],
        Conversion = v.Length > 9 ? v[9] : 0,
        Routing = v.Length > 10 ? v[10] : 0,
    };

    /// <summary>Fits rows of one or several chips. With several, each chip's rows are scored by a fit to the others.</summary>
    public static MatrixProductCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<MatrixProductRow>> rows, Dtype dtype, Func<int, int>? leaveOut, int evaluations)
    {
        Parameter[] parameters = dtype.Bytes() < 2 ? Parameters : Parameters[..9];
        (double[] values, FitQuality quality) = Fit.CrossValidated(
            rows,
            parameters,
            v => chips.Select(c => new MatrixProductModel(Build(v), c.MatrixRates[dtype], c.Cores, c.MemoryBandwidth, dtype.Bytes())).ToArray(),
            (models, r) => Seconds(models[r.Chip], r.Row),
            r => r.Row.Seconds,
            r => leaveOut is null ? (int)((r.Row.N * 31) + r.Row.K) : leaveOut(r.Chip),
            r => (r.Chip * 100) + (int)Math.Log2(Math.Max(r.Row.M, 1)),
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            evaluations);
        return Build(values) with { Quality = quality };
    }

    internal static double Seconds(MatrixProductModel model, MatrixProductRow row)
    {
        double matrix = model.MatrixSeconds(row.M, row.N, row.K, 1);
        double memory = model.MemorySeconds(row.Bytes);
        return model.Overhead + Math.Max(matrix, memory) + (model.OverlapLoss * Math.Min(matrix, memory)) + (row.M * row.K * model.ConversionSecondsPerElement);
    }
}
