using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured collective.</summary>
internal readonly record struct CollectiveRow(OperatorKind Kind, double Bytes, int Ranks, bool Library, double Seconds);

/// <summary>Reads and fits measured collectives of 4 KiB and more inside a server.</summary>
internal static class CollectiveFit
{
    private const double LeastBytes = 4096;

    private static readonly Parameter[] Parameters =
    [
        new(4.5e-6, 1e-6, 1e-4), // one-shot latency
        new(1e-7, 1e-9, 5e-6), // peer latency
        new(0.6, 0.05, 1.2), // one-shot efficiency
        new(7e-6, 1e-6, 1e-4), // two-shot latency
        new(0.65, 0.05, 1.2), // two-shot efficiency
        new(4e-6, 1e-7, 1e-4), // low-latency ring
        new(8e-7, 1e-8, 1e-5),
        new(0.25, 0.02, 1),
        new(1.5e-5, 1e-7, 2e-4), // ring
        new(1.5e-6, 1e-8, 2e-5),
        new(0.75, 0.05, 1.2),
        new(2.3e-5, 1e-6, 1e-4), // in the switch
        new(0.65, 0.05, 1.2),
    ];

    public static List<CollectiveRow> Read(string folder)
    {
        var rows = new List<CollectiveRow>();
        if (File.Exists(Path.Combine(folder, "nccl.csv.gz")))
        {
            KernelTable nccl = KernelTable.Read(Path.Combine(folder, "nccl.csv.gz"));
            foreach (string[] row in nccl.Rows)
            {
                OperatorKind? kind = nccl.Text(row, "op_name") switch
                {
                    "all_reduce" => OperatorKind.AllReduce,
                    "all_gather" => OperatorKind.AllGather,
                    "reduce_scatter" => OperatorKind.ReduceScatter,
                    "alltoall" => OperatorKind.AllToAll,
                    _ => null,
                };
                double bytes = nccl.Number(row, "message_size") * (nccl.Text(row, "nccl_dtype") == "half" ? 2 : 1);
                if (kind is { } known && bytes >= LeastBytes)
                {
                    rows.Add(new CollectiveRow(known, bytes, (int)nccl.Number(row, "num_gpus"), true, nccl.Number(row, "latency_ms") * 1e-3));
                }
            }
        }

        // Kernels captured in a graph, as serving engines run them; eager ones only where nothing else was measured.
        KernelTable custom = KernelTable.Read(Path.Combine(folder, "custom_allreduce.csv.gz"));
        bool graph = custom.Rows.Any(r => custom.Text(r, "backend").EndsWith("graph", StringComparison.Ordinal));
        foreach (string[] row in custom.Rows)
        {
            double bytes = custom.Number(row, "message_size") * 2;
            if (bytes >= LeastBytes && custom.Text(row, "backend").EndsWith("graph", StringComparison.Ordinal) == graph)
            {
                rows.Add(new CollectiveRow(OperatorKind.AllReduce, bytes, (int)custom.Number(row, "num_gpus"), false, custom.Number(row, "latency_ms") * 1e-3));
            }
        }

        return rows;
    }

    /// <summary>Fits one chip or several; sizes are left out whole for the score, with several chips one chip at a time.</summary>
    public static CollectiveCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<CollectiveRow>> rows, Func<int, int>? leaveOut, int evaluations)
    {
        bool canReduce = chips.All(c => c.ScaleUpTopology == ScaleUpTopology.Switch && c.Architecture != "ampere");
        Parameter[] parameters = canReduce ? Parameters : Parameters[..11];
        (double[] values, FitQuality quality) = Fit.CrossValidated(
            rows,
            parameters,
            v => chips.Select(c => new CollectiveModel(c, Build(v))).ToArray(),
            (models, r) => models[r.Chip].Price(r.Row.Kind, r.Row.Bytes, r.Row.Ranks, r.Row.Library).Seconds,
            r => r.Row.Seconds,
            r => leaveOut is null ? (int)Math.Log2(r.Row.Bytes) : leaveOut(r.Chip),
            _ => 0,
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            evaluations,
            int.MaxValue);
        return Build(values) with { Quality = quality };
    }

    private static CollectiveCoefficients Build(double[] v) => new()
    {
        OneShotLatency = v[0],
        PeerLatency = v[1],
        OneShotEfficiency = v[2],
        TwoShotLatency = v[3],
        TwoShotEfficiency = v[4],
        LowRingLatency = v[5],
        LowRingHop = v[6],
        LowRingEfficiency = v[7],
        RingLatency = v[8],
        RingHop = v[9],
        RingEfficiency = v[10],
        InSwitchLatency = v.Length > 11 ? v[11] : 0,
        InSwitchEfficiency = v.Length > 11 ? v[12] : 0,
    };
}
