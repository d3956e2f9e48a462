using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Calibration;

/// <summary>The fit of one family of operators on one chip or group of chips.</summary>
/// <param name="Name">The chip or architecture.</param>
/// <param name="Family">The operators.</param>
/// <param name="Format">Number format: of the products, or of the cache.</param>
/// <param name="Dropped">Rows that a defect rule dropped.</param>
/// <param name="Quality">Error on rows not fitted, and rows used.</param>
public readonly record struct CalibrationLine(string Name, string Family, string Format, int Dropped, FitQuality Quality);

/// <summary>
/// Fits the coefficients of the measured chips to tables of kernels (the columns of <c>shared/data/kernels</c>) and writes them as
/// calibration files. Deterministic: the same tables give the same bytes. Method: docs/hardware.md, "Calibration".
/// </summary>
public static class Calibrator
{
    private const int Evaluations = 900;

    /// <summary>The measured chips and the folders of their tables.</summary>
    internal static readonly (string Chip, string Folder)[] Measured =
        [("a100-80gb-sxm", "a100_sxm"), ("h100-sxm", "h100_sxm"), ("h200-sxm", "h200_sxm"), ("b200-sxm", "b200_sxm"), ("arc-pro-b60", "b60")];

    /// <summary>Fits every measured chip, every architecture of one, and <c>generic</c>, and writes their files, all together at the end.</summary>
    /// <param name="catalog">Specifications of the chips.</param>
    /// <param name="kernels">The folder of the tables, a folder a chip.</param>
    /// <param name="output">Where the YAML files go; they replace those of the same name.</param>
    /// <param name="progress">Told what is done, from several threads.</param>
    /// <param name="cancellation">Stops between fits; nothing is written.</param>
    /// <exception cref="InputException">A folder of tables is missing.</exception>
    public static IReadOnlyList<CalibrationLine> Run(FleetCatalog catalog, string kernels, string output, Action<string>? progress = null, CancellationToken cancellation = default)
    {
        Chip[] chips = [.. Measured.Select(m => catalog.Chips.Get(m.Chip))];
        Diagnostic[] missing = [.. Measured.Select(m => Path.Combine(kernels, m.Folder)).Where(f => !Directory.Exists(f)).Select(f => new Diagnostic(f, 0, 0, "", $"there is no such folder; calibration needs {string.Join(", ", Measured.Select(m => m.Folder))} in {kernels}"))];
        if (missing.Length > 0)
        {
            throw new InputException(missing);
        }

        var tables = new MeasuredKernels[chips.Length];
        Parallel.For(0, chips.Length, i => tables[i] = MeasuredKernels.Read(Path.Combine(kernels, Measured[i].Folder), chips[i]));
        progress?.Invoke("tables read");

        // The four data-centre chips together; each architecture is scored by a fit to the others, which says how wrong an unmeasured chip may be.
        // The largest fits come first, so that two cores end together.
        List<(string Name, int[] Members, Func<int, int>? LeaveOut)> groups =
        [
            ("generic", [0, 1, 2, 3], i => chips[i].Architecture switch { "ampere" => 0, "hopper" => 1, _ => 2 }),
            ("hopper", [1, 2], i => i),
            .. chips.Select((c, i) => (c.Name, new[] { i }, (Func<int, int>?)null)),
        ];
        var fitted = new (FittedFamilies Families, List<CalibrationLine> Lines)[groups.Count];
        var options = new ParallelOptions { CancellationToken = cancellation };
        Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(Enumerable.Range(0, groups.Count), System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering), options, i =>
        {
            var lines = new List<CalibrationLine>();
            fitted[i] = (FitChips(groups[i].Name, chips, tables, groups[i].Members, groups[i].LeaveOut, lines), lines);
            progress?.Invoke(groups[i].Name);
        });

        var files = groups.Select((g, i) => (g.Name, fitted[i].Families)).ToDictionary(StringComparer.Ordinal);
        foreach (Chip chip in chips.Where(c => c.Architecture != "hopper"))
        {
            files[chip.Architecture] = files[chip.Name].WithQualityOf(files["generic"]);
        }

        foreach ((string name, FittedFamilies families) in files)
        {
            File.WriteAllText(Path.Combine(output, name + ".yaml"), CalibrationFile.Write(name, families));
        }

        return [.. fitted.SelectMany(f => f.Lines)];
    }

    private static FittedFamilies FitChips(string name, Chip[] all, MeasuredKernels[] tables, int[] members, Func<int, int>? leaveOut, List<CalibrationLine> lines)
    {
        Chip[] chips = [.. members.Select(i => all[i])];
        Func<int, int>? outOf = leaveOut is null ? null : i => leaveOut(members[i]);
        var fitted = new FittedFamilies();
        foreach (Dtype dtype in new[] { Dtype.Bf16, Dtype.Fp8, Dtype.Nvfp4 })
        {
            Product("gemm", fitted.Gemm, t => t.Products);
            void Product(string family, Dictionary<Dtype, MatrixProductCoefficients> into, Func<MeasuredKernels, Dictionary<Dtype, KernelRows<MatrixProductRow>>> table)
            {
                (List<Chip> with, List<OnChip<MatrixProductRow>> rows, int dropped) = Gather(dtype, table);
                if (with.Count > 0)
                {
                    into[dtype] = MatrixProductFit.Run(with, rows, dtype, with.Count == chips.Length ? outOf : null, Evaluations);
                    lines.Add(new CalibrationLine(name, family, dtype.Name(), dropped, into[dtype].Quality));
                }
            }

            (List<Chip> prefillChips, List<OnChip<AttentionRow>> prefill, int prefillDropped) = Gather(dtype, t => t.Prefill);
            if (prefillChips.Count > 0)
            {
                fitted.ContextAttention[dtype] = AttentionFit.Context(prefillChips, prefill, prefillChips.Count == chips.Length ? outOf : null, Evaluations);
                lines.Add(new CalibrationLine(name, "context_attention", dtype.Name(), prefillDropped, fitted.ContextAttention[dtype].Quality));
            }

            (List<Chip> decodeChips, List<OnChip<AttentionRow>> decode, int decodeDropped) = Gather(dtype, t => t.Decode);
            if (decodeChips.Count > 0)
            {
                fitted.DecodeAttention[dtype] = AttentionFit.Decode(decodeChips, decode, decodeChips.Count == chips.Length ? outOf : null, Evaluations);
                lines.Add(new CalibrationLine(name, "decode_attention", dtype.Name(), decodeDropped, fitted.DecodeAttention[dtype].Quality));
            }
        }

        foreach ((Dtype stored, _) in ExpertFit.Formats)
        {
            (List<Chip> with, List<OnChip<ExpertRow>> rows, int dropped) = Gather(stored, t => t.Experts);
            if (with.Count > 0)
            {
                fitted.GroupedGemm[stored] = ExpertFit.Run(with, rows, stored, fitted.Gemm[Dtype.Bf16], with.Count == chips.Length ? outOf : null, Evaluations);
                lines.Add(new CalibrationLine(name, "grouped_gemm", stored.Name(), dropped, fitted.GroupedGemm[stored].Quality));
            }
        }

        List<OnChip<CollectiveRow>> collectives = [.. members.SelectMany((m, i) => tables[m].Collectives.Select(r => new OnChip<CollectiveRow>(i, r)))];
        fitted.Collectives = CollectiveFit.Run(chips, collectives, outOf, 4 * Evaluations);
        lines.Add(new CalibrationLine(name, "collectives", "", 0, fitted.Collectives.Quality));
        foreach ((Dtype dtype, MatrixProductCoefficients product) in fitted.Gemm)
        {
            Chip chip = chips.First(c => c.Supports(dtype));
            var model = new MatrixProductModel(product, chip.MatrixRates[dtype], chip.Cores, chip.MemoryBandwidth, dtype.Bytes());
            const double Size = 8192;
            var large = new MatrixProductRow(Size, Size, Size, Size * Size * ((2 * dtype.Bytes()) + 2), 1);
            fitted.SustainedShares[dtype] = 2 * Size * Size * Size / MatrixProductFit.Seconds(model, large) / chip.MatrixRates[dtype];
        }

        return fitted;

        (List<Chip>, List<OnChip<TRow>>, int) Gather<TRow>(Dtype dtype, Func<MeasuredKernels, Dictionary<Dtype, KernelRows<TRow>>> table)
        {
            var with = new List<Chip>();
            var rows = new List<OnChip<TRow>>();
            int dropped = 0;
            foreach (int member in members)
            {
                if (table(tables[member]).TryGetValue(dtype, out KernelRows<TRow>? of))
                {
                    rows.AddRange(of.Rows.Select(r => new OnChip<TRow>(with.Count, r)));
                    with.Add(all[member]);
                    dropped += of.Dropped;
                }
            }

            return (with, rows, dropped);
        }
    }
}

/// <summary>Rows of a table, and how many more a defect rule dropped.</summary>
/// <typeparam name="TRow">A row.</typeparam>
internal sealed record KernelRows<TRow>(List<TRow> Rows, int Dropped);

/// <summary>The measured kernels of one chip, by number format.</summary>
internal sealed class MeasuredKernels
{
    public Dictionary<Dtype, KernelRows<MatrixProductRow>> Products { get; } = [];

    public Dictionary<Dtype, KernelRows<ExpertRow>> Experts { get; } = [];

    public Dictionary<Dtype, KernelRows<AttentionRow>> Prefill { get; } = [];

    public Dictionary<Dtype, KernelRows<AttentionRow>> Decode { get; } = [];

    public List<CollectiveRow> Collectives { get; private init; } = [];

    public static MeasuredKernels Read(string folder, Chip chip)
    {
        var kernels = new MeasuredKernels { Collectives = CollectiveFit.Read(folder) };
        foreach ((string name, Dtype dtype) in new[] { ("bfloat16", Dtype.Bf16), ("fp8", Dtype.Fp8), ("nvfp4", Dtype.Nvfp4) })
        {
            if (chip.Supports(dtype))
            {
                Add(kernels.Products, dtype, MatrixProductFit.Read(Path.Combine(folder, "gemm.csv.gz"), name, chip, out int products), products);
            }

            Add(kernels.Prefill, dtype, AttentionFit.Read(Path.Combine(folder, "context_attention.csv.gz"), name, chip, out int prefill), prefill);
            Add(kernels.Decode, dtype, AttentionFit.Read(Path.Combine(folder, "generation_attention.csv.gz"), name, chip, out int decode), decode);
        }

        foreach ((Dtype stored, Dtype compute) in ExpertFit.Formats)
        {
            if (chip.Supports(compute))
            {
                Add(kernels.Experts, stored, ExpertFit.Read(Path.Combine(folder, "moe.csv.gz"), stored, chip, out int experts), experts);
            }
        }

        return kernels;
    }

    private static void Add<TRow>(Dictionary<Dtype, KernelRows<TRow>> to, Dtype dtype, List<TRow> rows, int dropped)
    {
        // Fewer rows than this do not fit six to ten parameters.
        if (rows.Count >= 200)
        {
            to[dtype] = new KernelRows<TRow>(rows, dropped);
        }
    }
}
