using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Designs;

/// <summary>Energies in joules at 7 nm and <see cref="ReferenceVoltage"/>. Arithmetic and SRAM: chip-models.md 4.5 (Jouppi, ISCA 2021, table 2, from memory; AccelForge, tpu_v4i.yaml).</summary>
internal static class PowerConstants
{
    /// <summary>Voltage at which the energies hold: MTIA 1's 0.75 V on N7.</summary>
    public const double ReferenceVoltage = 0.75;

    /// <summary>Clock tree, leakage and idle switching per mm² and cycle. With the arithmetic factor of 0.5: least squares on what MTIA 1 and 2i may draw (35 and 85 W) and typically do (25 and 65 W), see docs/designs.md, "Power"; those four numbers are no test.</summary>
    public const double ClockEnergyPerArea = 0.068e-9;

    /// <summary>A PCIe lane, per bit (assumed).</summary>
    public const double HostBit = 5e-12;

    /// <summary>A serial lane between chips, per bit (assumed).</summary>
    public const double SerialBit = 5e-12;

    /// <summary>Share of the memory's power that large products draw (assumed).</summary>
    public const double MemoryShareInProducts = 0.25;

    /// <summary>Off-chip memory whose energy the catalogue does not say: as HBM.</summary>
    public const double UnknownMemoryBit = 5.5e-12;

    /// <summary>One multiply-add: product and sum in the format that it is summed in.</summary>
    public static double MacEnergy(Dtype dtype) => dtype switch
    {
        Dtype.Fp32 => 1.69e-12, // 1.31 + 0.38
        Dtype.Fp16 => 0.72e-12, // 0.34 + 0.38 (fp32 sum)
        Dtype.Bf16 => 0.59e-12, // 0.21 + 0.38 (fp32 sum)
        Dtype.Fp8 => 0.265e-12, // half a bf16 product + a 16-bit sum (assumed)
        Dtype.Int8 => 0.10e-12, // 0.07 + 0.03
        Dtype.Int4 => 0.065e-12, // half an int8 product + 0.03 (assumed)
        _ => 0.13e-12, // half of fp8 (assumed)
    };

    /// <summary>Moving one bit in or out of an SRAM of <paramref name="bytes"/>: 0.249 pJ for 4 MB beside the cores and 1.88 pJ for 128 MB far from them (TPUv4i), a power of the size between and below; no more above, since the way across a die grows no longer.</summary>
    public static double SramBit(double bytes) => bytes > 0 ? 0.249e-12 * Math.Pow(Math.Min(bytes / (4 * 1048576.0), 32), 0.583) : 0;
}
