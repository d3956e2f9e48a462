namespace Fleetwright.Edge.Display;

/// <summary>
/// Seconds from a hand's motion to the light that shows it. Constants from github.com/Greendayle/VR-Motion-to-photon-latency- (commit 0014286),
/// slow-motion video, ±2 ms; rows used and rows predicted: <c>docs/edge-xr.md</c>.
/// </summary>
/// <remarks>Head rotation alone is corrected just before scan-out by every headset and is far faster than this.</remarks>
public static class MotionToPhoton
{
    /// <summary>Seconds of tracking, driver and panel besides the frames: 41.7 ms of a Vive Pro 2 at 90 Hz less two frames.</summary>
    public const double TrackingAndPanelSeconds = 41.7e-3 - (2.0 / 90);

    /// <summary>Seconds per bit of a frame in encoder, home Wi-Fi and decoder together: Pico 4 at 90 Hz, noisy scene, 80.2 ms at 130 Mbit/s and 69.9 ms at 50.</summary>
    public const double SecondsPerFrameBit = (80.2e-3 - 69.9e-3) * 90 / 80e6;

    /// <summary>How far off a prediction may be: rows that were not used lie within, but for pipelines that hold more frames (listed in the page).</summary>
    public const double Error = 0.15;

    /// <summary>Drawn on the headset or on a computer at its cable: one frame to draw, one to show, and the fixed part.</summary>
    /// <param name="framesPerSecond">Refresh rate.</param>
    public static double Local(double framesPerSecond) => TrackingAndPanelSeconds + (2 / framesPerSecond);

    /// <summary>Drawn elsewhere and streamed: encoder and decoder hold a frame each, every bit takes time, and pose and frame cross the network.</summary>
    /// <param name="framesPerSecond">Refresh rate.</param>
    /// <param name="bitsPerSecond">Rate of the stream.</param>
    /// <param name="roundTripSeconds">Round-trip time beyond the home's own Wi-Fi; 0 for a computer at home.</param>
    public static double Remote(double framesPerSecond, double bitsPerSecond, double roundTripSeconds = 0) =>
        Local(framesPerSecond) + (2 / framesPerSecond) + (SecondsPerFrameBit * bitsPerSecond / framesPerSecond) + roundTripSeconds;
}
