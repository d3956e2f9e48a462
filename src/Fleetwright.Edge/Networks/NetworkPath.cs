using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Networks;

/// <summary>
/// The way from a device to the place that answers, over the phone that it is tethered to if there is one: how long bytes take,
/// lost packets included, and what the device's radio takes for it.
/// </summary>
public sealed class NetworkPath
{
    private readonly LinkTime _wide;
    private readonly LinkTime? _near;

    /// <summary>The device's own way when it has no tether, else the phone's.</summary>
    /// <param name="profile">The way to the place that answers.</param>
    /// <param name="hop">The way from the device to the phone that holds the connection; null for a device that holds its own.</param>
    public NetworkPath(NetworkProfile profile, NetworkProfile? hop = null)
    {
        Profile = profile;
        Hop = hop;
        _wide = new LinkTime(profile);
        _near = hop is null ? null : new LinkTime(hop);
    }

    /// <summary>The way to the place that answers, from the phone when there is a <see cref="Hop"/>.</summary>
    public NetworkProfile Profile { get; }

    /// <summary>The way from the device to its phone; null for none.</summary>
    public NetworkProfile? Hop { get; }

    /// <summary>Seconds until a flight that got lost is sent again for the first time (RFC 9002, 6.2).</summary>
    public double ProbeTimeout => _wide.ProbeTimeout;

    /// <summary>Seconds from the first byte sent to the last received of one request and its answer: each link's two ways are slow together, the links are independent.</summary>
    /// <param name="bytesUp">Bytes sent.</param>
    /// <param name="bytesDown">Bytes received.</param>
    public LatencyDistribution Exchange(double bytesUp, double bytesDown)
    {
        LatencyDistribution wide = WideLeg(true, bytesUp).PlusComonotone(WideLeg(false, bytesDown));
        return _near is null ? wide : wide.Plus(HopLeg(true, bytesUp).PlusComonotone(HopLeg(false, bytesDown)));
    }

    /// <summary>Seconds of one way between the phone, or a device without one, and the far end: half a round trip and the bytes.</summary>
    /// <param name="up">Away from the device, or to it.</param>
    /// <param name="bytes">Bytes sent.</param>
    public LatencyDistribution WideLeg(bool up, double bytes) => _wide.Leg(up, bytes);

    /// <summary>Seconds of one way between the device and its phone.</summary>
    /// <param name="up">Away from the device, or to it.</param>
    /// <param name="bytes">Bytes sent.</param>
    /// <exception cref="InvalidOperationException">There is no <see cref="Hop"/>.</exception>
    public LatencyDistribution HopLeg(bool up, double bytes) => (_near ?? throw new InvalidOperationException("the way has no hop")).Leg(up, bytes);

    /// <summary>Joules that the device's radio takes for an exchange, above rest: that of the hop when there is one.</summary>
    /// <param name="exchangeSeconds">From the first byte sent to the last received.</param>
    /// <param name="bytesUp">Bytes sent.</param>
    /// <param name="bytesDown">Bytes received.</param>
    /// <param name="gapSeconds">Seconds to the next exchange, with which the tail is shared; infinite for one alone.</param>
    public double TurnJoules(double exchangeSeconds, double bytesUp, double bytesDown, double gapSeconds) =>
        RadioEnergy.TurnJoules(Hop ?? Profile, exchangeSeconds, bytesUp, bytesDown, gapSeconds);
}
