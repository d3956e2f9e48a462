using Fleetwright.Catalog.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Collectives;

/// <summary>
/// Time of collectives: latency plus bytes over the sustained bandwidth (α–β). Inside the scale-up domain the algorithm is a ring
/// or a one-shot exchange, whichever is faster; across domains a hierarchy of both. Forms: research/training-and-network.md section 3.
/// </summary>
public sealed class CollectiveModel
{
    private readonly double _latency;
    private readonly double _scaleUpRate;
    private readonly double _scaleOutRate;
    private readonly int _domain;

    /// <summary>The collectives of a chip's links.</summary>
    public CollectiveModel(Chip chip, ChipCoefficients coefficients)
    {
        _latency = coefficients.CollectiveLatency;
        double pcie = (chip.HostBandwidth?.Value ?? 16e9) / 2;
        _scaleUpRate = (chip.ScaleUpBandwidth?.Value ?? pcie) * coefficients.CollectiveEfficiency;
        _scaleOutRate = (chip.ScaleOutBandwidth?.Value ?? pcie) * coefficients.CollectiveEfficiency;
        _domain = chip.ScaleUpBandwidth is null ? chip.ChipsPerServer : Math.Max(1, chip.ScaleUpDomain);
    }

    /// <summary>Seconds of one collective.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="bytes">See <see cref="Operator.MessageBytes"/>.</param>
    /// <param name="ranks">Chips that take part; neighbours fill a scale-up domain first.</param>
    public double Seconds(OperatorKind kind, double bytes, int ranks)
    {
        if (ranks <= 1)
        {
            return 0;
        }

        int inside = Math.Min(ranks, _domain);
        int across = (ranks + inside - 1) / inside;
        double insideShare = (inside - 1.0) / inside;
        double acrossShare = (across - 1.0) / across;
        double up = bytes / _scaleUpRate;
        double outside = bytes / _scaleOutRate;
        double hops = _latency * (across > 1 ? 2 + Math.Log2(across) : 1);
        return kind switch
        {
            OperatorKind.AllReduce => hops + (2 * ((insideShare * up) + (acrossShare * outside / inside))),
            OperatorKind.AllGather or OperatorKind.ReduceScatter => hops + (insideShare * up) + (acrossShare * outside),
            OperatorKind.AllToAll => hops + (insideShare * up / across) + (acrossShare * outside),
            OperatorKind.Send => _latency + (ranks > _domain ? outside : up),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a collective"),
        };
    }
}
