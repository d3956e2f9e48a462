using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Calibration;

/// <summary>
/// Fits the few operators that someone timed by hand on a chip, such as LLMCompass's matrix products on A100 and MI210
/// (<c>chips/llmcompass/measured_ops.csv</c>). With some twenty rows four things can be told: what a call costs (the framework's launch
/// included), the shares of the matrix and memory peaks, and how fast small tiles lose. The rest is as for a chip without measurements
/// (<see cref="DefaultCoefficients"/>). Scored by leaving one row out at a time.
/// </summary>
internal static class MeasuredOpsFit
{
    // Fixed like the core bandwidth and tile latency of the defaults: these rows do not tell it from the memory share. Any 5-15 % keeps the score of both chips.
    private const double OverlapLoss = 0.15;

    private static readonly Parameter[] Parameters =
    [
        new(25e-6, 1e-6, 1e-4), // overhead
        new(0.8, 0.2, 1.1), // matrix efficiency
        new(0.7, 0.1, 1.1), // memory efficiency
        new(0.5, 0.01, 2), // small tiles
    ];

    /// <summary>Fits products, and scores fits that each leave one of them out; <paramref name="pairs"/> gets what each is priced at by the fit without it.</summary>
    public static MatrixProductCoefficients Products(Chip chip, IReadOnlyList<MatrixProductRow> rows, out List<(double Priced, double Measured)> pairs, int evaluations = 900)
    {
        double peak = chip.MatrixRates[Catalog.Units.Dtype.Fp16];
        double[] values = Best(rows, null, evaluations);
        pairs = new List<(double Priced, double Measured)>(rows.Count);
        for (int left = 0; left < rows.Count; left++)
        {
            MatrixProductRow row = rows[left];
            double[] fitted = Best([.. rows.Where((_, i) => i != left)], values, evaluations);
            pairs.Add((Seconds(Model(fitted), row), row.Seconds));
        }

        return Build(values) with { Quality = Quality.Of(pairs, rows.Select(r => new[] { r.M, r.N, r.K })) };

        double[] Best(IReadOnlyList<MatrixProductRow> of, double[]? start, int most) =>
            Fit.Best(of, Parameters, Model, Seconds, r => r.Seconds, most, start);

        MatrixProductModel Model(double[] v) => new(Build(v), peak, chip.Cores, chip.MemoryBandwidth, 2);
    }

    private static double Seconds(MatrixProductModel model, MatrixProductRow row) => model.Seconds(row.M, row.N, row.K, 2);

    private static MatrixProductCoefficients Build(double[] v) => new()
    {
        Overhead = v[0],
        MatrixEfficiency = v[1],
        MemoryEfficiency = v[2],
        SmallTileExponent = v[3],
        CoreBandwidth = DefaultCoefficients.CoreBandwidth,
        TileLatency = DefaultCoefficients.TileLatency,
        OverlapLoss = OverlapLoss,
    };
}
