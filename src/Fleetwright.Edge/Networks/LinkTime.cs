using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Networks;

/// <summary>
/// Time of flights over one link. A slow moment lengthens the round trip and narrows the link alike: both are read at the same
/// hidden probability. Lost packets are sent again as RFC 9002 has it: those that others follow after one more round trip (6.1), the
/// last of a flight after a probe timeout, smoothed round trip + 4 × its mean deviation + 25 ms, which doubles each time (6.2).
/// </summary>
internal sealed class LinkTime
{
    private const double PacketBytes = 1200;
    private const double AckDelay = 0.025;
    private const double Granularity = 0.001;
    private const int MostRepeats = 6;
    private readonly QuantileCurve _trip;
    private readonly QuantileCurve _up;
    private readonly QuantileCurve _down;
    private readonly double _loss;

    public LinkTime(NetworkProfile link)
    {
        _trip = QuantileCurve.Of(link.RoundTrip);
        _up = QuantileCurve.Of(link.Uplink);
        _down = QuantileCurve.Of(link.Downlink);
        _loss = link.Loss.Value;
        var trip = LatencyDistribution.FromQuantile(_trip.At);
        double mean = trip.Mean;
        double deviation = LatencyDistribution.FromQuantile(p => p < trip.ShareWithin(mean) ? 0 : trip.Quantile(p) - mean).Mean * 2;
        ProbeTimeout = mean + Math.Max(4 * deviation, Granularity) + AckDelay;
    }

    /// <summary>Seconds until the last packet of a flight is sent again.</summary>
    public double ProbeTimeout { get; }

    /// <summary>One way.</summary>
    /// <param name="up">Away from the device, or to it.</param>
    /// <param name="bytes">Bytes sent.</param>
    public LatencyDistribution Leg(bool up, double bytes)
    {
        QuantileCurve rate = up ? _up : _down;
        LatencyDistribution flight = Flight(rate, bytes, 0.5);
        if (_loss <= 0)
        {
            return flight;
        }

        double followed = 1 - Math.Pow(1 - _loss, Math.Max(0, Math.Ceiling(bytes / PacketBytes) - 1));
        LatencyDistribution all = followed > 0 ? LatencyDistribution.Mix(Flight(rate, bytes, 1.5), followed, flight) : flight;

        // From the rarest: k losses in a row wait (2^k − 1) timeouts.
        LatencyDistribution? lost = null;
        for (int k = MostRepeats; k > 0; k--)
        {
            LatencyDistribution late = all.Plus(ProbeTimeout * ((1 << k) - 1));
            lost = lost is null ? late : LatencyDistribution.Mix(lost, _loss, late);
        }

        return LatencyDistribution.Mix(lost!, _loss, all);
    }

    private LatencyDistribution Flight(QuantileCurve rate, double bytes, double roundTrips) =>
        LatencyDistribution.FromQuantile(p => (_trip.At(p) * roundTrips) + (bytes > 0 ? bytes / rate.At(1 - p) : 0));
}
