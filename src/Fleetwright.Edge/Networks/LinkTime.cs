using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Networks;

/// <summary>Time of a flight over one link.</summary>
internal static class LinkTime
{
    /// <summary>A flight of bytes both ways and <paramref name="roundTrips"/> round trips: a half for one way.</summary>
    public static LatencyDistribution Of(NetworkProfile link, double bytesUp, double bytesDown, double roundTrips)
    {
        QuantileCurve trip = QuantileCurve.Of(link.RoundTrip);
        return LatencyDistribution.FromQuantile(p => (trip.At(p) * roundTrips) + (bytesUp / link.UplinkRate.Value) + (bytesDown / link.DownlinkRate.Value));
    }
}
