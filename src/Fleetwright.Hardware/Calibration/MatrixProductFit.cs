using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured matrix product.</summary>
/// <param name="M">Rows.</param>
/// <param name="N">Columns.</param>
/// <param name="K">Inner size.</param>
/// <param name="Bytes">Off-chip traffic.</param>
/// <param name="Seconds">Measured time.</param>
internal readonly record struct MatrixProductRow(double M, double N, double K, double Bytes, double Seconds);

/// <summary>Matrix products that one chip ran by one kernel in one number format.</summary>
/// <param name="Kernel">As the table names it.</param>
/// <param name="Dtype">Number format.</param>
/// <param name="OfFormat">Whether the kernel stands for its format: it scales by tensor, not by block.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Dropped">How many more a defect rule dropped.</param>
internal sealed record MeasuredProducts(string Kernel, Dtype Dtype, bool OfFormat, List<MatrixProductRow> Rows, int Dropped)
{
    /// <summary>What the coefficients are kept under: the format, or the kernel.</summary>
    public string Key => OfFormat ? Dtype.Name() : Kernel;
}

/// <summary>
/// Reads, filters and fits measured matrix products, kernel by kernel: least mean |log error| with rows weighed as the table has them, first of
/// the physical terms, then of the factors by shape; scored on whole (n, k) shapes left out, or, with several architectures, on one left out.
/// </summary>
internal static class MatrixProductFit
{
    // A fit sees at most so many rows: more do not move it, fewer let single shapes count.
    private const int MostRows = 2000;

    // The surface has two valleys (the feed of a core or the latency of an inner step limits small tiles); both are searched.
    private static readonly (double CoreBandwidth, double OverlapLoss, double InputResidence)[] Starts = [(3, 0.25, 0.3), (9, 0.45, 0.4)];

    /// <summary>Rows of one format, whatever their kernel.</summary>
    public static List<MatrixProductRow> Read(string path, string dtype, Chip chip, out int dropped)
    {
        List<MeasuredProducts> found = [.. Read(path, chip).Where(p => p.OfFormat && TableName(p.Dtype) == dtype)];
        dropped = found.Sum(p => p.Dropped);
        return [.. found.SelectMany(p => p.Rows)];
    }

    /// <summary>All rows of a table, by kernel and format, without those that a defect rule drops.</summary>
    public static List<MeasuredProducts> Read(string path, Chip chip)
    {
        CsvTable table = CsvTable.Read(path);
        var products = new List<MeasuredProducts>();
        foreach (CsvRow row in table.Rows)
        {
            string dtype = row["gemm_dtype"], kernel = row["kernel_source"];
            bool block = dtype.EndsWith("_block", StringComparison.Ordinal);
            if (!Dtypes.TryParse(block ? dtype[..^6] : dtype, out Dtype format) || !chip.MatrixRates.TryGetValue(format, out var peak))
            {
                continue;
            }

            int index = products.FindIndex(p => p.Kernel == kernel && p.Dtype == format && p.OfFormat != block);
            if (index < 0)
            {
                index = products.Count;
                products.Add(new MeasuredProducts(kernel, format, !block, [], 0));
            }

            double m = row.Number("m"), n = row.Number("n"), k = row.Number("k");
            double bytes = (format.Bytes() * n * k) + (m * ((format.Bytes() * k) + (2 * n)));
            double seconds = row.Number("latency_ms") * 1e-3;
            if (m <= 0 || seconds <= 0 || 2 * m * n * k / seconds > 1.02 * peak || (n * k * format.Bytes() > 256e6 && n * k * format.Bytes() / seconds > 1.05 * chip.MemoryBandwidth))
            {
                products[index] = products[index] with { Dropped = products[index].Dropped + 1 };
            }
            else
            {
                products[index].Rows.Add(new MatrixProductRow(m, n, k, bytes, seconds));
            }
        }

        return products;
    }

    /// <summary>Fits one kernel's rows of one or several chips.</summary>
    /// <param name="chips">The chips.</param>
    /// <param name="products">What each of them measured.</param>
    /// <param name="leaveOut">The group of a chip, by its index, that is left out together for the score; null, or one group only, to leave out shapes.</param>
    /// <param name="evaluations">Most evaluations of a fit.</param>
    /// <param name="byShape">Whether factors by shape are fitted: a library chooses its kernels by rules of an architecture, which do not carry over to others.</param>
    public static MatrixProductCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<MeasuredProducts> products, Func<int, int>? leaveOut, int evaluations, bool byShape = true)
    {
        MeasuredProducts most = products.MaxBy(p => p.Rows.Count)!;
        Dtype dtype = most.Dtype;
        List<OnChip<MatrixProductRow>> rows = [.. products.SelectMany((p, i) => p.Rows.Select(r => new OnChip<MatrixProductRow>(i, r)))];
        int[] groups = leaveOut is null ? [] : [.. chips.Select((_, i) => leaveOut(i)).Distinct().Order()];
        bool byChip = groups.Length > 1;
        int folds = byChip ? groups.Length : Fit.Folds;
        var search = new ProductSearch(most.Kernel, dtype, chips, rows);

        // The whole fit from each start, then the folds from the best: tasks of one list, so that the result does not depend on the threads.
        var fits = new (double[] Values, double Loss)[Starts.Length];
        OnChip<MatrixProductRow>[] all = Thinned(rows);
        Parallel.For(0, Starts.Length, i => fits[i] = search.Best(all, search.Start(Starts[i]), evaluations, 0.3));
        double[] values = fits.MinBy(f => f.Loss).Values;
        var pairs = new (double Priced, double Measured)[folds][];
        Parallel.For(0, folds, fold =>
        {
            bool IsLeft(OnChip<MatrixProductRow> r) => byChip ? leaveOut!(r.Chip) == groups[fold] : (uint)((int)(r.Row.N * 31) + (int)r.Row.K) % folds == fold;
            double[] start = byChip ? search.Start(Starts[0]) : values;
            OnChip<MatrixProductRow>[] others = [.. rows.Where(r => !IsLeft(r))];
            double[] fitted = search.Best(Thinned(others), start, byChip ? evaluations / 2 : evaluations / 3, byChip ? 0.3 : 0.1).Values;
            MatrixProductModel[] models = search.Models(fitted, Factors(others, fitted));
            pairs[fold] = [.. rows.Where(IsLeft).Select(r => (Seconds(models[r.Chip], r.Row, dtype), r.Row.Seconds))];
        });
        return search.Build(values, Factors(rows, values)) with { Quality = Quality.Of([.. pairs.SelectMany(p => p)], rows.Select(r => new[] { r.Row.M, r.Row.N, r.Row.K })) };

        double[] Factors(IReadOnlyList<OnChip<MatrixProductRow>> of, double[] at) => byShape ? ShapeFactorFit.Run(of, search.Models(at), dtype.Bytes()) : [];
    }

    internal static double Seconds(MatrixProductModel model, MatrixProductRow row, Dtype dtype) => model.Seconds(row.M, row.N, row.K, dtype.Bytes());

    private static string TableName(Dtype dtype) => dtype == Dtype.Bf16 ? "bfloat16" : dtype.Name();

    // Rows in the order of a multiplicative hash of their place (Knuth), so that a part of them is a fair sample of the grid.
    private static OnChip<MatrixProductRow>[] Thinned(IReadOnlyList<OnChip<MatrixProductRow>> rows) =>
        [.. rows.Select((row, i) => (Row: row, Hash: unchecked((uint)i * 2654435761u))).OrderBy(r => r.Hash).Take(MostRows).Select(r => r.Row)];
}
