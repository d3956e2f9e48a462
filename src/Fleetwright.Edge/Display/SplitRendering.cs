using Fleetwright.Catalog.Devices;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Display;

/// <summary>A scene drawn elsewhere and streamed to a display.</summary>
/// <param name="FrameBytes">Mean bytes of a frame.</param>
/// <param name="FrameBytesP99">Bytes that one frame in a hundred exceeds.</param>
/// <param name="BitsPerPixel">Bits of the stream for each pixel shown; NaN when the display's pixels are not known.</param>
/// <param name="LinkShare">Rate of the stream over what the network carries downwards; above 1 it cannot be carried.</param>
/// <param name="Local">Motion to photon when the device draws itself.</param>
/// <param name="Median">Motion to photon of the stream at the network's median round trip.</param>
/// <param name="Tail">The same at its 95th percentile.</param>
public sealed record SplitRenderingResult(double FrameBytes, double FrameBytesP99, double BitsPerPixel, double LinkShare, Band Local, Band Median, Band Tail);

/// <summary>Bit rate and latency of split rendering. Sources: <c>docs/edge-xr.md</c>.</summary>
public static class SplitRendering
{
    /// <summary>Standard deviation over mean of frame sizes: from p50 112 kB and p95 130 to 143 kB of the traces of github.com/signetlabdei/ns-3-vr-app.</summary>
    public const double FrameVariation = 0.12;

    /// <summary>A stream over a network.</summary>
    /// <param name="framesPerSecond">Refresh rate.</param>
    /// <param name="bitsPerSecond">Rate of the stream.</param>
    /// <param name="network">The way from the machine that draws; null for a computer at home on the same Wi-Fi.</param>
    /// <param name="pixels">Pixels that are shown, both eyes; 0 when not known.</param>
    public static SplitRenderingResult Of(double framesPerSecond, double bitsPerSecond, NetworkProfile? network, double pixels = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(framesPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bitsPerSecond);
        double bytes = bitsPerSecond / framesPerSecond / 8;
        double width = Math.Sqrt(Math.Log(1 + (FrameVariation * FrameVariation)));
        return new SplitRenderingResult(
            bytes, bytes * Math.Exp((width * Normal.Quantile(0.99)) - (width * width / 2)),
            pixels > 0 ? bitsPerSecond / framesPerSecond / pixels : double.NaN,
            network is null ? 0 : bitsPerSecond / 8 / network.DownlinkRate.Value,
            Around(MotionToPhoton.Local(framesPerSecond)), At(0.5), At(0.95));

        Band At(double probability) => Around(MotionToPhoton.Remote(framesPerSecond, bitsPerSecond, network is null ? 0 : Turns.LatencyDistribution.FromQuantiles(network.RoundTrip).Quantile(probability)));
    }

    private static Band Around(double seconds) => Band.Around(seconds, 1 + MotionToPhoton.Error, 1 + MotionToPhoton.Error);
}
