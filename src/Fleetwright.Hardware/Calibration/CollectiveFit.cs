using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured collective.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Bytes">See <see cref="Operator.MessageBytes"/>.</param>
/// <param name="Ranks">Chips that took part.</param>
/// <param name="Library">Whether a collective library ran it (NCCL's own tests) rather than a serving engine.</param>
/// <param name="Seconds">Measured time.</param>
/// <param name="Eager">Whether the engine launched it one by one rather than from a graph.</param>
internal readonly record struct CollectiveRow(OperatorKind Kind, double Bytes, int Ranks, bool Library, double Seconds, bool Eager = false);

/// <summary>
/// Reads and fits measured collectives inside a server: first the library's, then a serving engine's on top of them, because an engine hands
/// its large messages to the library. Rows under 4 KiB are fitted too; the score is of 4 KiB and more.
/// </summary>
internal static class CollectiveFit
{
    /// <summary>The score counts messages of this size and more.</summary>
    public const double LeastScored = 4096;

    private static readonly Parameter[] LibraryParameters =
    [
        new(4e-6, 1e-7, 1e-4), // ring, low latency: base, hop, share
        new(8e-7, 1e-8, 1e-5),
        new(0.1, 0.005, 1),
        new(6e-6, 1e-7, 1e-4), // ring, 128 bytes
        new(1e-6, 1e-8, 1e-5),
        new(0.4, 0.02, 1),
        new(1.5e-5, 1e-7, 2e-4), // ring, full bandwidth
        new(1.5e-6, 1e-8, 2e-5),
        new(0.75, 0.05, 1.2),
        new(6e-6, 5e-7, 1e-4), // all-to-all, low latency
        new(0.02, 0.0005, 1),
        new(1.4e-5, 1e-6, 1e-4), // all-to-all, full bandwidth
        new(0.7, 0.05, 1.2),
        new(2.3e-5, 1e-6, 1e-4), // in the switch
        new(0.65, 0.05, 1.2),
    ];

    private static readonly Parameter[] EngineParameters =
    [
        new(4.5e-6, 5e-7, 1e-4), // one shot
        new(1e-7, 1e-9, 1e-5), // a peer
        new(0.6, 0.01, 1.2),
        new(7e-6, 5e-7, 1e-4), // two shot
        new(0.65, 0.01, 1.2),
        new(2e-5, 1e-6, 2e-4), // host
        new(1e-6, 1e-8, 2e-5), // host, per doubling of the ranks
        new(0.5, 0.01, 10), // copy
        new(9e-6, 5e-7, 1e-4), // symmetric memory
        new(0.6, 0.05, 1.2),
        new(1.5e-5, 1e-7, 1e-4), // host, symmetric memory
    ];

    /// <summary>All rows of a chip's tables.</summary>
    public static List<CollectiveRow> Read(string folder)
    {
        var rows = new List<CollectiveRow>();
        if (File.Exists(Path.Combine(folder, "nccl.csv.gz")))
        {
            CsvTable nccl = CsvTable.Read(Path.Combine(folder, "nccl.csv.gz"));
            foreach (CsvRow row in nccl.Rows)
            {
                OperatorKind? kind = row["op_name"] switch
                {
                    "all_reduce" => OperatorKind.AllReduce,
                    "all_gather" => OperatorKind.AllGather,
                    "reduce_scatter" => OperatorKind.ReduceScatter,
                    "alltoall" => OperatorKind.AllToAll,
                    _ => null,
                };
                double bytes = row.Number("message_size") * (row["nccl_dtype"] == "half" ? 2 : 1);
                if (kind is { } known)
                {
                    rows.Add(new CollectiveRow(known, bytes, (int)row.Number("num_gpus"), true, row.Number("latency_ms") * 1e-3));
                }
            }
        }

        CsvTable custom = CsvTable.Read(Path.Combine(folder, "custom_allreduce.csv.gz"));
        foreach (CsvRow row in custom.Rows)
        {
            bool eager = row["backend"].EndsWith("eager", StringComparison.Ordinal);
            rows.Add(new CollectiveRow(OperatorKind.AllReduce, row.Number("message_size") * 2, (int)row.Number("num_gpus"), false, row.Number("latency_ms") * 1e-3, eager));
        }

        return rows;
    }

    /// <summary>Fits one chip or several; sizes are left out whole for the score, with several chips one group of chips at a time.</summary>
    /// <param name="chips">The chips.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="leaveOut">The group of a chip that is left out together; null to leave out sizes.</param>
    /// <param name="evaluations">Most evaluations.</param>
    public static CollectiveCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<CollectiveRow>> rows, Func<int, int>? leaveOut, int evaluations) =>
        Run(chips, rows, leaveOut, evaluations, out _);

    /// <summary>As the other; also gives what every row is priced at by a fit without it.</summary>
    public static CollectiveCoefficients Run(
        IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<CollectiveRow>> rows, Func<int, int>? leaveOut, int evaluations, out List<(CollectiveRow Row, double Priced)> left)
    {
        CollectiveCoefficients all = Fitted(chips, rows, evaluations, null);
        left = [];
        int folds = leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count();
        for (int fold = 0; fold < folds; fold++)
        {
            bool Left(OnChip<CollectiveRow> r) => (uint)(leaveOut is null ? (int)Math.Round(Math.Log2(r.Row.Bytes)) : leaveOut(r.Chip)) % folds == fold;
            CollectiveCoefficients others = Fitted(chips, [.. rows.Where(r => !Left(r))], evaluations / 2, all);
            CollectiveModel[] models = [.. chips.Select(c => new CollectiveModel(c, others))];
            left.AddRange(rows.Where(Left).Select(r => (r.Row, Seconds(models[r.Chip], r.Row))));
        }

        return all with { Quality = Calibration.Quality.Of([.. left.Where(e => e.Row.Bytes >= LeastScored).Select(e => (e.Priced, e.Row.Seconds))], rows.Select(r => new double[] { r.Row.Bytes, r.Row.Ranks })) };
    }

    internal static double Seconds(CollectiveModel model, in CollectiveRow row) =>
        row.Library ? model.Price(row.Kind, row.Bytes, row.Ranks, libraryOnly: true).Seconds : model.PriceEngine(row.Bytes, row.Ranks, row.Eager).Seconds;

    private static CollectiveCoefficients Fitted(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<CollectiveRow>> rows, int evaluations, CollectiveCoefficients? near)
    {
        bool overHost = chips.All(c => c.ScaleUpBandwidth is null);
        bool symmetric = chips.Any(c => c.Architecture is "hopper" or "blackwell");
        Parameter[] library = chips.All(c => c.ScaleUpTopology == ScaleUpTopology.Switch && c.Architecture != "ampere") ? LibraryParameters : LibraryParameters[..13];
        Parameter[] engine = symmetric ? EngineParameters : EngineParameters[..8];
        List<OnChip<CollectiveRow>> ofLibrary = [.. rows.Where(r => r.Row.Library)];
        if (ofLibrary.Count == 0)
        {
            // Nobody ran the library by itself: both at once from the engine's rows.
            double[] both = Best(rows, [.. library, .. engine], v => Build(v[..library.Length], v[library.Length..]), near is null ? null : [.. Values(near, library.Length, engine.Length)]);
            return Build(both[..library.Length], both[library.Length..]);
        }

        double[] first = near is null ? [.. EngineParameters[..engine.Length].Select(p => p.Start)] : [.. Values(near, library.Length, engine.Length).Skip(library.Length)];
        double[] rings = Best(ofLibrary, library, v => Build(v, first), near is null ? null : [.. Values(near, library.Length, engine.Length).Take(library.Length)]);
        double[] own = Best([.. rows.Where(r => !r.Row.Library)], engine, v => Build(rings, v), near is null ? null : first);
        return Build(rings, own);

        double[] Best(IReadOnlyList<OnChip<CollectiveRow>> some, Parameter[] parameters, Func<double[], CollectiveCoefficients> build, double[]? start) => Fit.Best(
            some,
            parameters,
            v => chips.Select(c => new CollectiveModel(c, build(v))).ToArray(),
            (models, r) => Seconds(models[r.Chip], r.Row),
            r => r.Row.Seconds,
            evaluations,
            start);

        CollectiveCoefficients Build(double[] l, double[] e) => new()
        {
            LowRingLatency = l[0],
            LowRingHop = l[1],
            LowRingEfficiency = l[2],
            MiddleRingLatency = l[3],
            MiddleRingHop = l[4],
            MiddleRingEfficiency = l[5],
            RingLatency = l[6],
            RingHop = l[7],
            RingEfficiency = l[8],
            DirectLowLatency = l[9],
            DirectLowEfficiency = ofLibrary.Count == 0 ? 0 : l[10],
            DirectLatency = l[11],
            DirectEfficiency = l[12],
            InSwitchLatency = l.Length > 13 ? l[13] : 0,
            InSwitchEfficiency = l.Length > 13 ? l[14] : 0,
            OneShotLatency = e[0],
            PeerLatency = e[1],
            OneShotEfficiency = e[2],
            TwoShotLatency = e[3],
            TwoShotEfficiency = e[4],
            EagerFloor = e[5],
            EagerPerDoubling = e[6],
            EagerCopy = e[7],
            SymmetricLatency = e.Length > 8 ? e[8] : 0,
            SymmetricEfficiency = e.Length > 8 ? e[9] : 0,
            EagerSymmetricFloor = e.Length > 8 ? e[10] : 0,
            OverHost = overHost,
        };
    }

    private static IEnumerable<double> Values(CollectiveCoefficients c, int library, int engine) =>
        new[]
        {
            c.LowRingLatency, c.LowRingHop, c.LowRingEfficiency, c.MiddleRingLatency, c.MiddleRingHop, c.MiddleRingEfficiency, c.RingLatency, c.RingHop, c.RingEfficiency,
            c.DirectLowLatency, Math.Max(c.DirectLowEfficiency, 0.0005), c.DirectLatency, c.DirectEfficiency, c.InSwitchLatency, c.InSwitchEfficiency,
        }.Take(library).Concat(new[]
        {
            c.OneShotLatency, c.PeerLatency, c.OneShotEfficiency, c.TwoShotLatency, c.TwoShotEfficiency, c.EagerFloor, c.EagerPerDoubling, c.EagerCopy,
            c.SymmetricLatency, c.SymmetricEfficiency, c.EagerSymmetricFloor,
        }.Take(engine));
}
