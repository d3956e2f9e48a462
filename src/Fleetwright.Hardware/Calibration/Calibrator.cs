using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Experts;
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

    // Twice the parameters of the other families.
    private const int ProductEvaluations = 1200;

    // Fewer rows than this do not fit six to ten parameters.
    internal const int LeastRows = 200;

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

        var loads = new ExpertLoads();
        var tables = new MeasuredKernels[chips.Length];
        Parallel.For(0, chips.Length, i => tables[i] = MeasuredKernels.Read(Path.Combine(kernels, Measured[i].Folder), chips[i], loads));
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
            FittedFamilies families = FitChips(groups[i].Name, chips, tables, groups[i].Members, groups[i].LeaveOut, lines);
            fitted[i] = (groups[i].Name == "generic" ? families.WithoutHeadSizes() : families, lines);
            progress?.Invoke(groups[i].Name);
        });

        var files = groups.Select((g, i) => (g.Name, fitted[i].Families)).ToDictionary(StringComparer.Ordinal);
        foreach (Chip chip in chips.Where(c => c.Architecture != "hopper"))
        {
            files[chip.Architecture] = files[chip.Name].WithQualityOf(files["generic"]);
        }

        var host = new List<CalibrationLine>();
        HostCalibration.Add(catalog, kernels, files, host);
        progress?.Invoke("host and power");
        foreach ((string name, FittedFamilies families) in files)
        {
            File.WriteAllText(Path.Combine(output, name + ".yaml"), CalibrationFile.Write(name, families));
        }

        return [.. fitted.SelectMany(f => f.Lines), .. host];
    }

    private static FittedFamilies FitChips(string name, Chip[] all, MeasuredKernels[] tables, int[] members, Func<int, int>? leaveOut, List<CalibrationLine> lines)
    {
        Chip[] chips = [.. members.Select(i => all[i])];
        Func<int, int>? outOf = leaveOut is null ? null : i => leaveOut(members[i]);
        bool oneArchitecture = chips.All(c => c.Architecture == chips[0].Architecture);
        var fitted = new FittedFamilies();
        foreach (string key in members.SelectMany(i => tables[i].Products.Select(p => p.Key)).Distinct().Order(StringComparer.Ordinal))
        {
            int[] with = [.. members.Where(i => tables[i].Products.Any(p => p.Key == key))];
            MeasuredProducts[] products = [.. with.Select(i => tables[i].Products.First(p => p.Key == key))];
            MatrixProductCoefficients product = MatrixProductFit.Run([.. with.Select(i => all[i])], products, leaveOut is null ? null : i => leaveOut(with[i]), ProductEvaluations, oneArchitecture);
            lines.Add(new CalibrationLine(name, "gemm", key, products.Sum(p => p.Dropped), product.Quality));
            if (products[0].OfFormat)
            {
                fitted.Gemm[products[0].Dtype] = product;
            }
            else
            {
                fitted.GemmKernels[key] = product;
            }
        }

        foreach (Dtype dtype in new[] { Dtype.Bf16, Dtype.Fp8, Dtype.Nvfp4 })
        {
            Attention("context_attention", t => t.Prefill, fitted.ContextAttention, fitted.ContextAttentionKernels, ContextAttentionFit.Run, (c, sizes) => c with { HeadSizes = sizes }, c => c.Quality);
            Attention("decode_attention", t => t.Decode, fitted.DecodeAttention, fitted.DecodeAttentionKernels, DecodeAttentionFit.Run, (c, sizes) => c with { HeadSizes = sizes }, c => c.Quality);

            // The kernel behind most rows of each chip is the main one; others have coefficients of their own.
            void Attention<T>(
                string family, Func<MeasuredKernels, Dictionary<Dtype, KernelRows<AttentionRow>>> table, Dictionary<Dtype, T> into, SortedDictionary<string, Dictionary<Dtype, T>> others,
                Func<IReadOnlyList<Chip>, IReadOnlyList<AttentionTiles>, IReadOnlyList<OnChip<AttentionRow>>, Func<int, int>?, T> fit, Func<T, IReadOnlyList<int>, T> withHeadSizes, Func<T, FitQuality> quality)
            {
                (List<Chip> with, List<OnChip<AttentionRow>> rows, int dropped) = Gather(dtype, table);
                if (with.Count == 0)
                {
                    return;
                }

                string[] main = [.. with.Select((_, i) => AttentionFit.MainKernel(rows.Where(r => r.Chip == i).Select(r => r.Row)))];
                List<OnChip<AttentionRow>> ofMain = [.. rows.Where(r => r.Row.Kernel == main[r.Chip])];
                into[dtype] = fit(with, [.. with.Select((c, i) => AttentionFit.TilesOf(main[i], c))], ofMain, with.Count == chips.Length ? outOf : null);
                lines.Add(new CalibrationLine(name, family, dtype.Name(), dropped, quality(into[dtype])));
                foreach (string kernel in rows.Select(r => r.Row.Kernel).Except(main).Order(StringComparer.Ordinal))
                {
                    List<OnChip<AttentionRow>> own = [.. rows.Where(r => r.Row.Kernel == kernel)];
                    int[] on = [.. own.Select(r => r.Chip).Distinct()];
                    if (own.Count < LeastRows)
                    {
                        continue;
                    }

                    T fittedKernel = fit([.. on.Select(i => with[i])], [.. on.Select(i => AttentionFit.TilesOf(kernel, with[i]))], [.. own.Select(r => new OnChip<AttentionRow>(Array.IndexOf(on, r.Chip), r.Row))], null);
                    int[] sizes = [.. own.Select(r => r.Row.Op.HeadSize).Except(ofMain.Where(r => on.Contains(r.Chip)).Select(r => r.Row.Op.HeadSize)).Order()];
                    if (!others.TryGetValue(kernel, out Dictionary<Dtype, T>? byFormat))
                    {
                        others[kernel] = byFormat = [];
                    }

                    byFormat[dtype] = withHeadSizes(fittedKernel, sizes);
                    lines.Add(new CalibrationLine(name, $"{family} {kernel}", dtype.Name(), 0, quality(fittedKernel)));
                }
            }
        }

        foreach (IGrouping<string, int> latent in members.Where(m => tables[m].LatentDecode.Rows.Count >= LeastRows && members.Length == 1).GroupBy(m => tables[m].LatentDecode.Rows[0].Kernel, StringComparer.Ordinal))
        {
            int chip = latent.First();
            DecodeAttentionCoefficients kernel = DecodeAttentionFit.Run([all[chip]], [AttentionFit.TilesOf(latent.Key, all[chip])], [.. tables[chip].LatentDecode.Rows.Select(r => new OnChip<AttentionRow>(0, r))], null);

            // These calls were started one by one (0.3 ms each); an engine captures its decode steps in a graph.
            fitted.DecodeAttentionKernels[latent.Key] = new() { [Dtype.Bf16] = kernel with { LaunchFloor = 0, HeadSizes = [AttentionFit.LatentSize] } };
            lines.Add(new CalibrationLine(name, $"decode_attention {latent.Key}", Dtype.Bf16.Name(), tables[chip].LatentDecode.Dropped, kernel.Quality));
        }

        FitExperts();

        List<OnChip<CollectiveRow>> collectives = [.. members.SelectMany((m, i) => tables[m].Collectives.Select(r => new OnChip<CollectiveRow>(i, r)))];
        fitted.Collectives = CollectiveFit.Run(chips, collectives, outOf, 4 * Evaluations);
        lines.Add(new CalibrationLine(name, "collectives", "", 0, fitted.Collectives.Quality));
        foreach ((Dtype dtype, MatrixProductCoefficients product) in fitted.Gemm)
        {
            Chip chip = chips.First(c => c.Supports(dtype));
            var model = new MatrixProductModel(product, chip, chip.MatrixRates[dtype], dtype.Bytes());
            const double Size = 8192;
            fitted.SustainedShares[dtype] = 2 * Size * Size * Size / model.Seconds(Size, Size, Size, dtype.Bytes()) / chip.MatrixRates[dtype];
        }

        return fitted;

        // Kernels are independent of one another, so their fits share the cores; what they give does not depend on how many there are.
        void FitExperts()
        {
            string[] kernels = [.. members.SelectMany(m => tables[m].Experts.Keys).Distinct().Order(StringComparer.Ordinal)];
            var found = new (GroupedProductCoefficients Coefficients, int Dropped)[kernels.Length];
            Parallel.For(0, kernels.Length, k =>
            {
                int[] with = [.. members.Where(m => tables[m].Experts.ContainsKey(kernels[k]))];

                // On Hopper, CUTLASS with a scale per tensor is a slow path (partial tiles cost up to three times whole ones): no relative of other chips.
                int[] sound = kernels[k] == "cutlass-fp8" ? [.. with.Where(m => all[m].Architecture != "hopper")] : with;
                with = sound.Length > 0 ? sound : with;
                List<OnChip<ExpertRow>> rows = [.. with.SelectMany((m, i) => tables[m].Experts[kernels[k]].Rows.Select(r => new OnChip<ExpertRow>(i, r)))];
                Func<int, int>? out2 = leaveOut is not null && with.Select(leaveOut).Distinct().Count() > 1 ? i => leaveOut(with[i]) : null;
                found[k] = (ExpertFit.Run([.. with.Select(m => all[m])], rows, fitted.Gemm[Dtype.Bf16], out2, 2 * Evaluations), with.Sum(m => tables[m].Experts[kernels[k]].Dropped));
            });
            for (int k = 0; k < kernels.Length; k++)
            {
                fitted.GroupedGemmKernels[kernels[k]] = found[k].Coefficients;
                lines.Add(new CalibrationLine(name, "grouped_gemm", kernels[k], found[k].Dropped, found[k].Coefficients.Quality));
            }

            foreach (Dtype stored in Dtypes.All)
            {
                if (ExpertFit.ForStep(stored, fitted.GroupedGemmKernels) is { } step)
                {
                    fitted.GroupedGemm[stored] = step;
                }
            }
        }

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
    public List<MeasuredProducts> Products { get; private init; } = [];

    public Dictionary<string, KernelRows<ExpertRow>> Experts { get; } = new(StringComparer.Ordinal);

    public Dictionary<Dtype, KernelRows<AttentionRow>> Prefill { get; } = [];

    public Dictionary<Dtype, KernelRows<AttentionRow>> Decode { get; } = [];

    public KernelRows<AttentionRow> LatentDecode { get; private init; } = new([], 0);

    public List<CollectiveRow> Collectives { get; private init; } = [];

    public static MeasuredKernels Read(string folder, Chip chip, ExpertLoads loads)
    {
        var kernels = new MeasuredKernels
        {
            Collectives = CollectiveFit.Read(folder),
            Products = [.. MatrixProductFit.Read(Path.Combine(folder, "gemm.csv.gz"), chip).Where(p => p.Rows.Count >= 200)],
            LatentDecode = new(AttentionFit.ReadLatentDecode(Path.Combine(folder, "generation_mla.csv.gz"), out int heldUp), heldUp),
        };
        foreach ((string name, Dtype dtype) in new[] { ("bfloat16", Dtype.Bf16), ("fp8", Dtype.Fp8), ("nvfp4", Dtype.Nvfp4) })
        {
            // Prefill rows of one new token ran a decode kernel and are priced as such; they fit nothing.
            List<AttentionRow> prefills = AttentionFit.Read(Path.Combine(folder, "context_attention.csv.gz"), name, chip, out int prefill);
            Add(kernels.Prefill, dtype, prefills.FindAll(r => r.Op.QueryTokens > 1), prefill);
            Add(kernels.Decode, dtype, AttentionFit.Read(Path.Combine(folder, "generation_attention.csv.gz"), name, chip, out int decode), decode);
        }

        List<ExpertRow> experts = ExpertFit.Read(Path.Combine(folder, "moe.csv.gz"), chip, loads, out int defective);
        foreach (IGrouping<string, ExpertRow> rows in experts.GroupBy(r => r.Kernel.Name, StringComparer.Ordinal))
        {
            kernels.Experts[rows.Key] = new KernelRows<ExpertRow>([.. rows], defective);
        }

        return kernels;
    }

    private static void Add<TRow>(Dictionary<Dtype, KernelRows<TRow>> to, Dtype dtype, List<TRow> rows, int dropped)
    {
        if (rows.Count >= Calibrator.LeastRows)
        {
            to[dtype] = new KernelRows<TRow>(rows, dropped);
        }
    }
}
