using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;

namespace Fleetwright.Edge.Calibration;

/// <summary>Ideal times of rows: bytes over the unit's bandwidth, operations over its peak.</summary>
internal static class RowPoints
{
    /// <summary>Layers that the overhead of a step is stated for.</summary>
    public const double Layers = 28;

    /// <summary>A decode step; null when the chip is unknown or states no bandwidth.</summary>
    /// <param name="row">The row.</param>
    /// <param name="contextFactor">κ.</param>
    /// <param name="bandwidth">Bytes a second, where the chip does not say.</param>
    /// <param name="seconds">Measured seconds a token.</param>
    public static SpeedPoint? Decode(RowQuestion row, double contextFactor, double? bandwidth = null, double seconds = double.NaN)
    {
        double bytes = row.Bytes + (contextFactor * row.CacheBytes(row.ContextTokens));
        return (Bandwidth(row) ?? bandwidth) is { } rate
            ? new SpeedPoint(row.Id, row.Soc?.Title ?? row.SocText, row.Format.Key, row.Architecture, row.Layers / Layers, bytes / rate, seconds)
            : null;
    }

    /// <summary>A prompt; null when the chip is unknown or states no peak.</summary>
    public static SpeedPoint? Prefill(RowQuestion row, double promptTokens, double? peak = null, double seconds = double.NaN)
    {
        double operations = 2 * (row.Parameters ?? double.NaN) * promptTokens;
        return (Peak(row) ?? peak) is { } rate
            ? new SpeedPoint(row.Id, row.Soc?.Title ?? row.SocText, row.Format.Key, row.Architecture, 1, operations / rate, seconds)
            : null;
    }

    /// <summary>What the row's unit reads in bytes a second; null when unknown.</summary>
    public static double? Bandwidth(RowQuestion row) =>
        row.Soc is null ? null : (row.Soc.Unit(row.Unit)?.ReadBandwidth ?? row.Soc.MemoryBandwidth)?.Value;

    /// <summary>The peak rate that prompts of the row are computed at; null when unknown.</summary>
    public static double? Peak(RowQuestion row)
    {
        if (row.Soc?.Unit(row.Unit)?.PeakRates is not { Count: > 0 } rates)
        {
            return null;
        }

        // GPUs widen weights to fp16; CPUs and NPUs have byte-wide dot products that 16-bit weights cannot use.
        Dtype[] order = row.Unit == ComputeUnitKind.Gpu || row.Format.Bits >= 16 ? [Dtype.Fp16, Dtype.Bf16, Dtype.Int8] : [Dtype.Int8, Dtype.Fp16, Dtype.Bf16];
        return order.Where(rates.ContainsKey).Select(d => rates[d].Value).Cast<double?>().FirstOrDefault();
    }
}
