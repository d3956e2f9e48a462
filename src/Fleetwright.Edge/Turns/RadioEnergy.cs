using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Turns;

/// <summary>What a turn over a network costs the device's radio.</summary>
public static class RadioEnergy
{
    /// <summary>Bytes of text per token, about four letters of English.</summary>
    public const double BytesPerTextToken = 4;

    /// <summary>
    /// Joules of one turn: active power while the exchange lasts, then the tail, plus joules per byte. Turns so close that the
    /// next comes within the tail share it: the tail lasts the shorter of itself and the gap.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="exchangeSeconds">From the first byte sent to the last received.</param>
    /// <param name="bytesUp">Bytes sent.</param>
    /// <param name="bytesDown">Bytes received.</param>
    /// <param name="gapSeconds">Seconds to the next turn; infinite for a turn alone.</param>
    public static double TurnJoules(NetworkProfile network, double exchangeSeconds, double bytesUp, double bytesDown, double gapSeconds = double.PositiveInfinity) =>
        (network.ActivePower.Value * exchangeSeconds)
        + (network.TailPower.Value * Math.Min(network.TailTime.Value, gapSeconds))
        + (network.UplinkEnergyPerByte.Value * bytesUp)
        + (network.DownlinkEnergyPerByte.Value * bytesDown);
}
