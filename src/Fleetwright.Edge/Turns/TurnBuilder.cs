using Fleetwright.Edge.Networks;

namespace Fleetwright.Edge.Turns;

/// <summary>Puts stages one after the other and follows where the turn is; legs over the same link are long together.</summary>
internal sealed class TurnBuilder(NetworkPath? path)
{
    private readonly List<TurnStage> _stages = [];
    private Tiers _at = Tiers.Device;
    private LatencyDistribution _independent = LatencyDistribution.Zero;
    private LatencyDistribution _hop = LatencyDistribution.Zero;
    private LatencyDistribution _wide = LatencyDistribution.Zero;
    private double _meanSoFar;
    private double _left = double.NaN;
    private double _exchange;
    private double _bytesUp;
    private double _bytesDown;

    public void Add(string name, Tiers tier, LatencyDistribution seconds)
    {
        _independent = _independent.Plus(seconds);
        Append(name, tier, seconds);
    }

    /// <summary>Goes to a tier; nothing when the turn is there already.</summary>
    /// <param name="tier">The tier.</param>
    /// <param name="bytes">Bytes that must have arrived before the next stage starts.</param>
    /// <param name="allBytes">Bytes that are sent for it in all.</param>
    public void MoveTo(Tiers tier, double bytes, double allBytes)
    {
        int from = Distance(_at), to = Distance(tier);
        if (from == to)
        {
            _at = tier;
            return;
        }

        NetworkPath way = path ?? throw new ArgumentException($"the turn is to go from the {_at} to the {tier}, but no way is given", nameof(tier));
        bool up = to > from;
        bool far = Math.Max(from, to) == 2, near = Math.Min(from, to) == 0 && way.Hop is not null;
        if (!far && !near)
        {
            throw new ArgumentException($"the turn is to go from the {_at} to the {tier}, but the way has no hop to a phone", nameof(tier));
        }

        if (from == 0)
        {
            _bytesUp += allBytes;
            _left = double.IsNaN(_left) ? _meanSoFar : _left;
        }

        if (near && up)
        {
            Leg("link up", Tiers.Phone, way.HopLeg(up, bytes), ref _hop);
        }

        if (far)
        {
            Leg(up ? "network up" : "network down", up ? tier : _at, way.WideLeg(up, bytes), ref _wide);
        }

        if (near && !up)
        {
            Leg("link down", Tiers.Phone, way.HopLeg(up, bytes), ref _hop);
        }

        if (to == 0)
        {
            _bytesDown += allBytes;
            _exchange = _meanSoFar - _left;
        }

        _at = tier;
    }

    /// <summary>The turn.</summary>
    /// <param name="modelJoules">Joules of the model on the device.</param>
    /// <param name="beforeSeconds">Seconds that speech is sent before the end of the turn.</param>
    /// <param name="afterSeconds">Seconds that the reply goes on arriving.</param>
    public Turn Build(double modelJoules, double beforeSeconds, double afterSeconds)
    {
        double end = beforeSeconds > 0 ? _left : 0;
        return new Turn(_stages, _independent.Plus(_hop).Plus(_wide), modelJoules, path, double.IsNaN(_left) ? 0 : beforeSeconds + end + _exchange + afterSeconds, _bytesUp, _bytesDown);
    }

    private void Leg(string name, Tiers tier, LatencyDistribution seconds, ref LatencyDistribution link)
    {
        link = link.PlusComonotone(seconds);
        Append(name, tier, seconds);
    }

    private void Append(string name, Tiers tier, LatencyDistribution seconds)
    {
        _meanSoFar += seconds.Mean;
        _stages.Add(new TurnStage(name, tier, seconds));
    }

    private static int Distance(Tiers tier) => tier switch { Tiers.Device => 0, Tiers.Phone => 1, _ => 2 };
}
