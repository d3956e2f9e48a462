using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Designs;

/// <summary>
/// Areas of building blocks in mm²; logic as on TSMC N7 (scaled by <see cref="DesignTechnology.LogicScale"/>), interfaces as they are on any node.
/// Three groups: published areas of TPUv4i; two constants of a processing element, the fabric and caches, solved from the block areas of GA100 and the MI210's die
/// (LLMCompass, ae/figure6, die_area.csv: those two chips are no test of them); interfaces from LLMCompass's cost model (BSD-3).
/// </summary>
internal static class AreaConstants
{
    /// <summary>One 16-bit multiply-add a cycle with its operand registers: 14 mm² for a 128 × 128 matrix unit of TPUv4i (Jouppi, ISCA 2021).</summary>
    public const double Mac = 14.0 / (128 * 128);

    /// <summary>One fp32 lane with its share of registers and dispatch. With <see cref="Control"/>: the line through GA100's 3.72 mm² SM (64 lanes) and the MI210's 3.98 mm² CU (128 lanes), each less its matrix unit and memories.</summary>
    public const double Lane = 0.0227;

    /// <summary>What a processing element has once: instruction fetch, scheduling, address units, its port to the fabric. Solved with <see cref="Lane"/>.</summary>
    public const double Control = 1.013;

    /// <summary>Fabric per byte a cycle of shared-memory bandwidth: geometric mean of GA100 (76.4 mm², 5120 bytes) and MI210 (33 mm² on N6, 4096 bytes).</summary>
    public const double FabricPerByte = 0.0123;

    /// <summary>Share of an SRAM macro and its surroundings that is cells: TPUv4i's 128 MB take 112 mm² at 7 nm (0.027 um² cells).</summary>
    public const double SramEfficiency = 128.0 * 1048576 * 8 * 0.027e-6 / 112;

    /// <summary>The same for a cache: GA100's 48 MB L2 takes 119.3 mm², tags, queues and partition logic included.</summary>
    public const double CacheEfficiency = 48.0 * 1048576 * 8 * 0.027e-6 / 119.31;

    /// <summary>Unassigned area relative to all blocks: 40 of GA100's 823 mm².</summary>
    public const double OtherShare = 0.05;

    /// <summary>Controller of a serial lane: between NVLink 3 (18.7 M transistors a lane) and the MI210's fabric (21.8 M).</summary>
    public const double SerialController = 20e6 / DesignTechnology.ReferenceDensity;

    /// <summary>A serial lane at 50 to 100 Gb/s: NVLink 3 0.472, NVLink 4 0.483, Infinity Fabric 0.356.</summary>
    public const double SerialLane = 0.48;

    /// <summary>Controller of a PCIe lane: 5.4 M transistors.</summary>
    public const double HostController = 5.3721e6 / DesignTechnology.ReferenceDensity;

    private const double HbmStackPhy = 10.45;
    private const double HbmStackController = 552.743e6 / DesignTechnology.ReferenceDensity;
    private const double DdrPhyPer32Bits = 1.45;
    private const double DdrControllerPer32Bits = 90.4464e6 / DesignTechnology.ReferenceDensity;

    /// <summary>A PCIe lane: 0.48 up to generation 4 (2 GB/s), 0.64 above.</summary>
    public static double HostLane(double bytesPerSecond) => bytesPerSecond > 2.1e9 ? 0.64 : 0.48;

    /// <summary>Plain SRAM.</summary>
    public static double Sram(double bytes, DesignTechnology technology) => bytes * 8 * technology.SramCellArea / SramEfficiency;

    /// <summary>The shared memory.</summary>
    public static double SharedSram(double bytes, SharedMemoryKind kind, DesignTechnology technology) =>
        bytes * 8 * technology.SramCellArea / (kind == SharedMemoryKind.Cache ? CacheEfficiency : SramEfficiency);

    /// <summary>Interface and controller of one unit of off-chip memory: an HBM stack of 1024 bits, a 32-bit GDDR package, 64 bits of LPDDR or DDR.</summary>
    public static double MemoryUnit(DesignTechnology technology)
    {
        if (technology.Memory.Unit == "stack")
        {
            return HbmStackPhy + (HbmStackController * technology.LogicScale);
        }

        int halves = technology.Memory.Name.StartsWith("gddr", StringComparison.Ordinal) ? 1 : 2;
        return halves * (DdrPhyPer32Bits + (DdrControllerPer32Bits * technology.LogicScale));
    }

    /// <summary>Size of a multiply-add relative to a 16-bit one: a 16-bit unit does two 8-bit or four 4-bit ones, and a 24-bit product takes about four 11-bit ones.</summary>
    public static double MacWidth(Dtype dtype) => dtype switch
    {
        Dtype.Fp32 => 4,
        Dtype.Bf16 or Dtype.Fp16 => 1,
        Dtype.Fp8 or Dtype.Int8 => 0.5,
        _ => 0.25,
    };
}
