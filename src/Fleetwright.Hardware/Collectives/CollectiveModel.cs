using Fleetwright.Catalog.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Collectives;

/// <summary>
/// Time of collectives: latency plus bytes over the sustained bandwidth (α–β), the least over the algorithms that the links allow,
/// as NCCL and serving engines choose. Forms and sources: docs/hardware.md, "Collectives".
/// </summary>
public sealed class CollectiveModel
{
    // Per hop between servers: NCCL's tuner constants for the simple ring and the low-latency tree.
    private const double NetworkRingHop = 14e-6;
    private const double NetworkTreeHop = 5e-6;

    // 400 Gb/s ports carry 48 of 50 GB/s in large collectives (NVIDIA GTC24 S62129).
    private const double NetworkEfficiency = 0.96;

    private readonly CollectiveCoefficients _coefficients;
    private readonly double _bandwidth;
    private readonly double _scaleOutRate;
    private readonly int _domain;
    private readonly bool _fullMesh;

    /// <summary>The collectives of a chip's links.</summary>
    public CollectiveModel(Chip chip, ChipCoefficients coefficients)
        : this(chip, coefficients.Collectives ?? Flat(coefficients), coefficients.CollectiveEfficiency)
    {
    }

    internal CollectiveModel(Chip chip, CollectiveCoefficients coefficients, double networkEfficiency = NetworkEfficiency)
    {
        double host = chip.HostBandwidth?.Value ?? 16e9;
        _bandwidth = chip.ScaleUpBandwidth?.Value ?? host;
        _scaleOutRate = (chip.ScaleOutBandwidth?.Value ?? host) * Math.Max(networkEfficiency, NetworkEfficiency);
        _domain = chip.ScaleUpBandwidth is null ? chip.ChipsPerServer : Math.Max(1, chip.ScaleUpDomain);
        _fullMesh = chip.ScaleUpTopology == ScaleUpTopology.FullMesh;

        // Only a switch can add vectors up.
        _coefficients = chip.ScaleUpTopology == ScaleUpTopology.Switch ? coefficients : coefficients with { InSwitchEfficiency = 0 };
    }

    /// <summary>Calibrated mean absolute error inside a domain; 0 when it is not measured.</summary>
    public double Error => _coefficients.Quality.Error;

    /// <summary>Seconds of one collective.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="bytes">See <see cref="Operator.MessageBytes"/>.</param>
    /// <param name="ranks">Chips that take part; neighbours fill a scale-up domain first.</param>
    public double Seconds(OperatorKind kind, double bytes, int ranks) => Price(kind, bytes, ranks).Seconds;

    /// <summary>Time and algorithm of one collective.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="bytes">See <see cref="Operator.MessageBytes"/>.</param>
    /// <param name="ranks">Chips that take part; neighbours fill a scale-up domain first.</param>
    /// <param name="libraryOnly">Only what a collective library does (NCCL): without a serving engine's one-shot and two-shot kernels.</param>
    public CollectiveCost Price(OperatorKind kind, double bytes, int ranks, bool libraryOnly = false)
    {
        if (ranks <= 1)
        {
            return default;
        }

        if (kind == OperatorKind.Send)
        {
            return ranks > _domain
                ? new CollectiveCost(NetworkTreeHop + (bytes / _scaleOutRate), NetworkTreeHop, CollectiveAlgorithm.Send)
                : Least(_coefficients.LowRingLatency, bytes / Rate(2, _coefficients.LowRingEfficiency), CollectiveAlgorithm.Send, new(double.PositiveInfinity, 0, default));
        }

        int inside = Math.Min(ranks, _domain);
        int across = (ranks + inside - 1) / inside;
        CollectiveCost within = inside == 1 ? default : kind == OperatorKind.AllReduce ? AllReduce(bytes, inside, libraryOnly) : HalfRing(kind, bytes / (kind == OperatorKind.AllToAll ? across : 1), inside);
        return across == 1 ? within : Across(kind, bytes, inside, across, within);
    }

    private CollectiveCost AllReduce(double bytes, int ranks, bool libraryOnly)
    {
        CollectiveCoefficients c = _coefficients;
        double share = 2 * (ranks - 1.0) / ranks;
        double hops = 2 * (ranks - 1);
        var best = new CollectiveCost(double.PositiveInfinity, 0, default);
        if (!libraryOnly)
        {
            best = Least(c.OneShotLatency + (c.PeerLatency * (ranks - 1)), (ranks - 1) * bytes / Rate(ranks, c.OneShotEfficiency), CollectiveAlgorithm.OneShot, best);
            best = Least(c.TwoShotLatency + (c.PeerLatency * (ranks - 1)), share * bytes / Rate(ranks, c.TwoShotEfficiency), CollectiveAlgorithm.TwoShot, best);
        }

        best = Least(c.LowRingLatency + (hops * c.LowRingHop), share * bytes / Rate(ranks, c.LowRingEfficiency), CollectiveAlgorithm.LowLatencyRing, best);
        best = Least(c.RingLatency + (hops * c.RingHop), share * bytes / Rate(ranks, c.RingEfficiency), CollectiveAlgorithm.Ring, best);
        if (c.InSwitchEfficiency > 0 && ranks > 2)
        {
            best = Least(c.InSwitchLatency, (1 + (1.0 / ranks)) * bytes / Rate(ranks, c.InSwitchEfficiency), CollectiveAlgorithm.InSwitch, best);
        }

        return best;
    }

    // All-gather and reduce-scatter are half of a ring all-reduce; an all-to-all sends as much, to all at once.
    private CollectiveCost HalfRing(OperatorKind kind, double bytes, int ranks)
    {
        CollectiveCoefficients c = _coefficients;
        double share = (ranks - 1.0) / ranks * bytes;
        var best = new CollectiveCost(double.PositiveInfinity, 0, default);
        bool direct = kind == OperatorKind.AllToAll;
        double hops = direct ? 1 + Math.Log2(ranks) : ranks - 1;
        best = Least(c.LowRingLatency + (hops * c.LowRingHop), share / Rate(ranks, c.LowRingEfficiency), direct ? CollectiveAlgorithm.Direct : CollectiveAlgorithm.LowLatencyRing, best);
        return Least(c.RingLatency + (hops * c.RingHop), share / Rate(ranks, c.RingEfficiency), direct ? CollectiveAlgorithm.Direct : CollectiveAlgorithm.Ring, best);
    }

    // Chunks flow through both levels at once, so the slower level sets the time; latencies add up.
    private CollectiveCost Across(OperatorKind kind, double bytes, int inside, int across, CollectiveCost within)
    {
        double share = (across - 1.0) / across;
        double moving = within.Seconds - within.LatencySeconds;
        switch (kind)
        {
            case OperatorKind.AllReduce:
                CollectiveCost ring = Level(2 * (across - 1) * NetworkRingHop, 2 * share * bytes / inside / _scaleOutRate, CollectiveAlgorithm.HierarchicalRing);
                CollectiveCost tree = Level(2 * Math.Log2(across) * NetworkTreeHop, 2 * bytes / inside / _scaleOutRate, CollectiveAlgorithm.HierarchicalTree);
                return ring.Seconds <= tree.Seconds ? ring : tree;
            case OperatorKind.AllToAll:
                return Level(NetworkRingHop + (Math.Log2(across) * NetworkTreeHop), share * bytes / _scaleOutRate, CollectiveAlgorithm.Direct);
            default:
                CollectiveCost halfRing = Level((across - 1) * NetworkRingHop, share * bytes / inside / _scaleOutRate, CollectiveAlgorithm.HierarchicalRing);
                CollectiveCost halfTree = Level(Math.Log2(across) * NetworkTreeHop, bytes / inside / _scaleOutRate, CollectiveAlgorithm.HierarchicalTree);
                return halfRing.Seconds <= halfTree.Seconds ? halfRing : halfTree;
        }

        CollectiveCost Level(double latency, double outside, CollectiveAlgorithm algorithm) =>
            new(within.LatencySeconds + latency + Math.Max(moving, outside), within.LatencySeconds + latency, algorithm);
    }

    // In a full mesh, fewer ranks than the domain holds reach each other over fewer links.
    private double Rate(int ranks, double efficiency) =>
        _bandwidth * efficiency * (_fullMesh && ranks < _domain ? (ranks - 1.0) / (_domain - 1.0) : 1);

    private static CollectiveCost Least(double latency, double moving, CollectiveAlgorithm algorithm, CollectiveCost best) =>
        latency + moving < best.Seconds ? new CollectiveCost(latency + moving, latency, algorithm) : best;

    // A chip whose collectives nobody has measured: NCCL's tuner constants per hop, the flat bandwidth share for all algorithms.
    private static CollectiveCoefficients Flat(ChipCoefficients c) => new()
    {
        OneShotLatency = c.CollectiveLatency / 3,
        PeerLatency = 1e-7,
        OneShotEfficiency = 0.6 * c.CollectiveEfficiency,
        TwoShotLatency = c.CollectiveLatency / 2,
        TwoShotEfficiency = 0.8 * c.CollectiveEfficiency,
        LowRingLatency = c.CollectiveLatency / 3,
        LowRingHop = 8e-7,
        LowRingEfficiency = 0.25,
        RingLatency = 8.4e-6,
        RingHop = 1.9e-6,
        RingEfficiency = c.CollectiveEfficiency,
    };
}
