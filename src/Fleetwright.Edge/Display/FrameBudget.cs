using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Devices;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Display;

/// <summary>What a language model does to the frames of a scene on the same device. Estimates throughout: no such measurement is published.</summary>
/// <param name="Load">Name of the render load.</param>
/// <param name="FrameSeconds">Time between frames.</param>
/// <param name="RenderSeconds">GPU time of a mean frame, no model running.</param>
/// <param name="StretchedSeconds">The same beside the model's memory traffic.</param>
/// <param name="SliceSeconds">The longest piece of the model's work that the GPU does not interrupt; 0 when another unit runs it.</param>
/// <param name="DroppedAlone">Share of frames that are late without the model.</param>
/// <param name="DroppedBeside">Share of frames that are late while the model replies.</param>
/// <param name="TokensPerSecond">Reply tokens per second beside the scene; 0 without a model.</param>
/// <param name="Watts">Power of the whole device, scene and model.</param>
/// <param name="SecondsToThrottle">Seconds of replying without a pause until the case is warm; 0 when the scene alone fills it, infinite when never.</param>
public sealed record FrameResult(
    string Load, double FrameSeconds, double RenderSeconds, double StretchedSeconds, double SliceSeconds,
    Band DroppedAlone, Band DroppedBeside, Band TokensPerSecond, double Watts, double SecondsToThrottle);

/// <summary>
/// Does inference while rendering drop frames? A model on the GPU makes a frame wait for the piece of work in progress; one on another unit
/// stretches the frame by its memory traffic. Derivation: <c>docs/edge-xr.md</c>.
/// </summary>
public static class FrameBudget
{
    /// <summary>Frames of one scene beside one model.</summary>
    /// <param name="device">The device.</param>
    /// <param name="load">One of its render loads.</param>
    /// <param name="model">The model, prepared beside this render load; null for the scene alone.</param>
    /// <param name="contextTokens">Context at which it replies.</param>
    /// <param name="workVariation">Standard deviation over mean of a frame's GPU time (lognormal); at least 0.</param>
    public static FrameResult Of(Device device, RenderLoad load, DeviceModel? model, double contextTokens, double workVariation)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(load);
        double frame = 1 / load.RefreshRate.Value;
        bool sharesGpu = model?.Unit.Kind == ComputeUnitKind.Gpu;
        (double layer, double head, double headShare) = sharesGpu ? model!.Slices(contextTokens) : (0, 0, 0);
        double stretch = model is null || sharesGpu ? 1 : 1 + Contention(device, load, model, contextTokens);
        return new FrameResult(
            load.Name, frame, load.GpuShare.Value * frame, stretch * load.GpuShare.Value * frame, Math.Max(layer, head),
            new Band(Alone(load.GpuShare.Value), Alone(load.GpuShare.Low), Alone(load.GpuShare.High)),
            model is null ? Band.Exact(0) : new Band(Beside(load.GpuShare.Value, stretch), Beside(load.GpuShare.Low, 1), Beside(load.GpuShare.High, stretch)),
            model is null ? Band.Exact(0) : model.DecodeBand(contextTokens),
            load.Power.Value + (model is null ? 0 : model.TokenJoules(contextTokens) / model.DecodeSeconds(contextTokens)),
            model is null ? double.PositiveInfinity : model.ThrottleBand(model.DecodeSeconds(contextTokens), model.TokenJoules(contextTokens), double.PositiveInfinity).Value);

        double Alone(double share) => DroppedShare(frame, share * frame, workVariation, 0);

        double Beside(double share, double factor)
        {
            double work = share * factor * frame;
            return (headShare * DroppedShare(frame, work, workVariation, head)) + ((1 - headShare) * DroppedShare(frame, work, workVariation, layer));
        }
    }

    /// <summary>
    /// Share of frames that are late when a frame's GPU time R is lognormal and starts only after what is left of a piece of work that is not
    /// interrupted, uniform in (0, slice) since neither waits for the other: P(R + U &gt; T) = 1 − F(T) + ∫ (r − T + s)/s dF(r) over (T − s, T).
    /// </summary>
    /// <param name="frameSeconds">T: time between frames.</param>
    /// <param name="meanSeconds">Mean of R; above 0.</param>
    /// <param name="variation">Standard deviation over mean of R.</param>
    /// <param name="sliceSeconds">s: length of the piece; 0 for none.</param>
    public static double DroppedShare(double frameSeconds, double meanSeconds, double variation, double sliceSeconds)
    {
        double slack = frameSeconds - meanSeconds;
        if (variation <= 0)
        {
            return slack <= 0 ? 1 : sliceSeconds <= slack ? 0 : 1 - (slack / sliceSeconds);
        }

        double width = Math.Sqrt(Math.Log(1 + (variation * variation)));
        double centre = Math.Log(meanSeconds) - (width * width / 2);
        double late = 1 - Below(frameSeconds);
        if (sliceSeconds <= 0)
        {
            return late;
        }

        double from = frameSeconds - sliceSeconds, low = Math.Max(0, from);
        double waiting = (Mean(frameSeconds) - Mean(low) - (from * (Below(frameSeconds) - Below(low)))) / sliceSeconds;
        return Math.Clamp(late + waiting, 0, 1);

        double Below(double seconds) => seconds <= 0 ? 0 : Normal.Cumulative((Math.Log(seconds) - centre) / width);

        double Mean(double seconds) => seconds <= 0 ? 0 : meanSeconds * Normal.Cumulative(((Math.Log(seconds) - centre) / width) - width);
    }

    /// <summary>
    /// How much longer a frame takes beside a model on another unit: what both ask of the memory while the frame is drawn over what it gives, less 1,
    /// and not below 0. Both are taken to slow alike; a memory controller that puts the display first does better.
    /// </summary>
    public static double Contention(Device device, RenderLoad load, DeviceModel model, double contextTokens)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(model);
        double there = UnitSelection.BandwidthOf(device, model.Unit).Value;
        double memory = device.MemoryBandwidth?.Value ?? there;
        double drawing = load.Bandwidth.Value / Math.Max(0.01, load.GpuShare.Value);
        return Math.Max(0, ((drawing + model.TrafficAlone(contextTokens)) / memory) - 1);
    }
}
