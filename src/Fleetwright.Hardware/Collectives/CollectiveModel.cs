using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Chips;
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
    private readonly EngineAllReduce _engine;
    private readonly double _memoryBandwidth;
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

        _memoryBandwidth = chip.MemoryBandwidth;
        _engine = new EngineAllReduce(chip);

        // Chips without a fabric do not take coefficients of those that have one. Only a switch can add vectors up.
        _coefficients = chip.ScaleUpBandwidth is null && !coefficients.OverHost ? HostLinkCoefficients.Of(coefficients)
            : chip.ScaleUpTopology == ScaleUpTopology.Switch ? coefficients
            : coefficients with { InSwitchEfficiency = 0 };
        Errors = new ErrorBands(_coefficients.Quality);
    }

    /// <summary>The calibrated errors inside a domain.</summary>
    internal ErrorBands Errors { get; }

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

    /// <summary>Time of an all-reduce inside one domain whose algorithm an engine prescribes.</summary>
    /// <param name="algorithm">One shot or two shot; anything else is what a collective library does (NCCL).</param>
    /// <param name="bytes">The vector.</param>
    /// <param name="ranks">Chips that take part.</param>
    public CollectiveCost PriceAllReduce(CollectiveAlgorithm algorithm, double bytes, int ranks)
    {
        var none = new CollectiveCost(double.PositiveInfinity, 0, default);
        return algorithm switch
        {
            CollectiveAlgorithm.OneShot => OneShot(bytes, ranks, none),
            CollectiveAlgorithm.TwoShot => TwoShot(bytes, ranks, 2 * (ranks - 1.0) / ranks, none),
            _ => AllReduce(bytes, ranks, libraryOnly: true),
        };
    }

    /// <summary>Seconds of a serving engine's all-reduce inside one server, as tables of it have it.</summary>
    /// <param name="bytes">The vector.</param>
    /// <param name="ranks">Chips that take part.</param>
    /// <param name="eager">Launched one by one rather than from a captured graph.</param>
    internal CollectiveCost PriceEngine(double bytes, int ranks, bool eager)
    {
        CollectiveCost graph = AllReduce(bytes, ranks, libraryOnly: false);
        if (!eager)
        {
            return graph;
        }

        // Kernels of one stream follow each other, so the slower of host and device sets the pace.
        CollectiveCoefficients c = _coefficients;
        bool own = graph.Algorithm is CollectiveAlgorithm.OneShot or CollectiveAlgorithm.TwoShot;
        double copy = own ? c.EagerCopy * 2 * bytes / _memoryBandwidth : 0;
        double host = c.EagerFloor + (c.EagerPerDoubling * Math.Log2(ranks)) + (graph.Algorithm == CollectiveAlgorithm.Symmetric ? c.EagerSymmetricFloor : 0);
        double device = graph.Seconds + copy;
        return host > device ? new CollectiveCost(host, host, graph.Algorithm) : new CollectiveCost(device, graph.LatencySeconds, graph.Algorithm);
    }

    private CollectiveCost AllReduce(double bytes, int ranks, bool libraryOnly)
    {
        CollectiveCoefficients c = _coefficients;
        double share = 2 * (ranks - 1.0) / ranks;
        var best = new CollectiveCost(double.PositiveInfinity, 0, default);
        CollectiveAlgorithm engine = libraryOnly ? CollectiveAlgorithm.None : _engine.Choose(bytes, ranks, c.SymmetricEfficiency > 0);
        if (!libraryOnly && ranks > EngineAllReduce.MostRanks)
        {
            // Larger domains have engines of their own; the best of all algorithms stands for them.
            best = OneShot(bytes, ranks, best);
            best = TwoShot(bytes, ranks, share, best);
        }

        switch (engine)
        {
            case CollectiveAlgorithm.OneShot:
                return OneShot(bytes, ranks, best);
            case CollectiveAlgorithm.TwoShot:
                return TwoShot(bytes, ranks, share, best);
            case CollectiveAlgorithm.Symmetric:
                return Least(c.SymmetricLatency, share * bytes / Rate(ranks, c.SymmetricEfficiency), CollectiveAlgorithm.Symmetric, best);
            default:
                best = Rings(2 * (ranks - 1), share * bytes, ranks, best);
                return c.InSwitchEfficiency > 0 && ranks > 2
                    ? Least(c.InSwitchLatency, (1 + (1.0 / ranks)) * bytes / Rate(ranks, c.InSwitchEfficiency), CollectiveAlgorithm.InSwitch, best)
                    : best;
        }
    }

    private CollectiveCost OneShot(double bytes, int ranks, CollectiveCost best)
    {
        CollectiveCoefficients c = _coefficients;
        return Least(c.OneShotLatency + (c.PeerLatency * (ranks - 1)), (ranks - 1) * bytes / Rate(ranks, c.OneShotEfficiency), CollectiveAlgorithm.OneShot, best);
    }

    private CollectiveCost TwoShot(double bytes, int ranks, double share, CollectiveCost best)
    {
        CollectiveCoefficients c = _coefficients;
        return Least(c.TwoShotLatency + (c.PeerLatency * (ranks - 1)), share * bytes / Rate(ranks, c.TwoShotEfficiency), CollectiveAlgorithm.TwoShot, best);
    }

    private CollectiveCost Rings(double hops, double moved, int ranks, CollectiveCost best)
    {
        CollectiveCoefficients c = _coefficients;
        best = Least(c.LowRingLatency + (hops * c.LowRingHop), moved / Rate(ranks, c.LowRingEfficiency), CollectiveAlgorithm.LowLatencyRing, best);
        best = Least(c.RingLatency + (hops * c.RingHop), moved / Rate(ranks, c.RingEfficiency), CollectiveAlgorithm.Ring, best);
        return c.MiddleRingEfficiency > 0
            ? Least(c.MiddleRingLatency + (hops * c.MiddleRingHop), moved / Rate(ranks, c.MiddleRingEfficiency), CollectiveAlgorithm.MiddleRing, best)
            : best;
    }

    // All-gather and reduce-scatter are half of a ring all-reduce; an all-to-all sends as much, to all at once.
    private CollectiveCost HalfRing(OperatorKind kind, double bytes, int ranks)
    {
        CollectiveCoefficients c = _coefficients;
        double moved = (ranks - 1.0) / ranks * bytes;
        var best = new CollectiveCost(double.PositiveInfinity, 0, default);
        if (kind != OperatorKind.AllToAll)
        {
            return Rings(ranks - 1, moved, ranks, best);
        }

        if (c.DirectLowEfficiency > 0)
        {
            best = Least(c.DirectLowLatency, bytes / ranks / Rate(ranks, c.DirectLowEfficiency), CollectiveAlgorithm.Direct, best);
            return Least(c.DirectLatency, moved / Rate(ranks, c.DirectEfficiency), CollectiveAlgorithm.Direct, best);
        }

        double hops = 1 + Math.Log2(ranks);
        best = Least(c.LowRingLatency + (hops * c.LowRingHop), moved / Rate(ranks, c.LowRingEfficiency), CollectiveAlgorithm.Direct, best);
        return Least(c.RingLatency + (hops * c.RingHop), moved / Rate(ranks, c.RingEfficiency), CollectiveAlgorithm.Direct, best);
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
