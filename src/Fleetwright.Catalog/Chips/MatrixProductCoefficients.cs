namespace Fleetwright.Catalog.Chips;

/// <summary>
/// Coefficients of matrix products by one kernel in one number format. Equations: docs/hardware.md, "Matrix products".
/// What is not set leaves its term out.
/// </summary>
public sealed record MatrixProductCoefficients
{
    /// <summary>The kernel that was measured, as the tables name it; its rules choose the tiles. Empty: any library, tiles of every size.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Seconds before the work starts.</summary>
    public required double Overhead { get; init; }

    /// <summary>Share of the peak matrix rate that full tiles sustain under the power limit.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>Share of the peak memory bandwidth that weight streaming sustains.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Exponent h of the small-tile penalty: a tile of a elements runs at (a / reference)^h of the rate, at most 1; the reference is 256 × 128 for a named kernel, else 128².</summary>
    public required double SmallTileExponent { get; init; }

    /// <summary>Bandwidth into one core as a multiple of its even share of the memory bandwidth.</summary>
    public required double CoreBandwidth { get; init; }

    /// <summary>Seconds a core spends starting and ending a tile.</summary>
    public required double TileLatency { get; init; }

    /// <summary>Share of the shorter of matrix and memory time that the longer one does not hide.</summary>
    public required double OverlapLoss { get; init; }

    /// <summary>How much longer a product takes when it runs long enough to meet the power limit: time × (1 + loss · t / (t + <see cref="ThrottleSeconds"/>)).</summary>
    public double ThrottleLoss { get; init; }

    /// <summary>Matrix seconds after which half of the power limit's loss has set in.</summary>
    public double ThrottleSeconds { get; init; } = 1e-3;

    /// <summary>Bandwidth at which a core writes its tile, as a multiple of its even share of the memory bandwidth; 0: hidden.</summary>
    public double StoreBandwidth { get; init; }

    /// <summary>Seconds that splitting the inner size costs, to join the parts.</summary>
    public double JoinLatency { get; init; }

    /// <summary>Bandwidth of writing and reading the parts of a split, as a multiple of the memory bandwidth; 0: hidden.</summary>
    public double JoinBandwidth { get; init; }

    /// <summary>Share of an incomplete wave's idle cores that others make use of (power, bandwidth, streamed inner sizes): 0 whole waves, 1 none.</summary>
    public double WaveSharing { get; init; }

    /// <summary>How many cores' worth of memory bandwidth one core can draw; 0: all.</summary>
    public double StreamBandwidth { get; init; }

    /// <summary>Least seconds per step of the inner size, however small the tile.</summary>
    public double InnerLatency { get; init; }

    /// <summary>Bandwidth of the shared on-chip memory into the cores, as a multiple of the memory bandwidth; 0: never holds back.</summary>
    public double SharedBandwidth { get; init; }

    /// <summary>What reading activations costs, as a share of off-chip traffic, when the operands fit in the shared on-chip memory; 1: they come from off chip.</summary>
    public double InputResidence { get; init; } = 1;

    /// <summary>The same of results written.</summary>
    public double OutputResidence { get; init; } = 1;

    /// <summary>The same of weights, where the measured call repeats with one weight; a step reads each weight once, so only a price of the named kernel uses it.</summary>
    public double WeightResidence { get; init; } = 1;

    /// <summary>Seconds per row to convert activations to the product's format.</summary>
    public double RowConversion { get; init; }

    /// <summary>Seconds per activation element of the same, where that is longer.</summary>
    public double ElementConversion { get; init; }

    /// <summary>Seconds that the host needs to issue the measured call where it ran outside a captured graph; a step runs in one, so only a price of the named kernel uses it.</summary>
    public double HostOverhead { get; init; }

    /// <summary>Further seconds of the host when rows are not a multiple of four (scales are copied to an aligned layout).</summary>
    public double UnalignedHostOverhead { get; init; }

    /// <summary>Further seconds of a call with a single row, for which engines take other paths; of the host where <see cref="HostOverhead"/> is set.</summary>
    public double SingleRowOverhead { get; init; }

    /// <summary>How much longer memory takes per doubling of a row pitch that is 3 · 2ʲ KiB, which camps on few of 12 memory channels.</summary>
    public double PitchConflict { get; init; }

    /// <summary>
    /// Time over that of the terms above, by shape: what the library's choice of a kernel costs or gains. Eighty factors, at every eighth m from 1 to 4096 (outermost)
    /// and every eighth n and k (innermost) from 64 to 32768; empty: 1 for all shapes.
    /// </summary>
    public IReadOnlyList<double> ShapeFactors { get; init; } = [];

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
