namespace Fleetwright.Catalog.Chips;

/// <summary>How well a family of operators was fitted.</summary>
/// <param name="Error">Mean absolute error of the time as a fraction of it, on rows not fitted.</param>
/// <param name="Median">Median absolute error, same rows.</param>
/// <param name="Rows">Measured rows behind the fit; 0 when the coefficients are a relative's.</param>
public readonly record struct FitQuality(double Error, double Median, int Rows);

/// <summary>Coefficients of matrix products in one number format. Equations: docs/hardware.md, "Matrix products".</summary>
public sealed record MatrixProductCoefficients
{
    /// <summary>Seconds before the work starts.</summary>
    public required double Overhead { get; init; }

    /// <summary>Share of the peak matrix rate that full tiles sustain under the power limit.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>Share of the peak memory bandwidth that weight streaming sustains.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Exponent h of the small-tile penalty: a tile of a elements runs at (a / 128²)^h of the rate, at most 1.</summary>
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

    /// <summary>Passes over the activations to convert them to the product's format, as a multiple of reading 16-bit and writing the format; 0 when they come converted.</summary>
    public double Conversion { get; init; }

    /// <summary>Passes over the 16-bit rows that are dealt to experts and summed from them; 0 for single products.</summary>
    public double Routing { get; init; }

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}

/// <summary>Coefficients of collectives inside a scale-up domain, algorithm by algorithm. Equations: docs/hardware.md, "Collectives". Efficiencies are shares of the scale-up bandwidth.</summary>
public sealed record CollectiveCoefficients
{
    /// <summary>Seconds that a one-shot all-reduce costs at least (a serving engine's own kernel inside a graph).</summary>
    public required double OneShotLatency { get; init; }

    /// <summary>Further seconds per peer.</summary>
    public required double PeerLatency { get; init; }

    /// <summary>Bandwidth share of reading all peers' vectors.</summary>
    public required double OneShotEfficiency { get; init; }

    /// <summary>Seconds that a two-shot all-reduce (reduce-scatter and all-gather in one kernel) costs at least.</summary>
    public required double TwoShotLatency { get; init; }

    /// <summary>Bandwidth share of the two-shot all-reduce.</summary>
    public required double TwoShotEfficiency { get; init; }

    /// <summary>Seconds that a ring with the low-latency protocol costs at least.</summary>
    public required double LowRingLatency { get; init; }

    /// <summary>Seconds per hop of that ring.</summary>
    public required double LowRingHop { get; init; }

    /// <summary>Bandwidth share of that ring.</summary>
    public required double LowRingEfficiency { get; init; }

    /// <summary>Seconds that a ring with the full-bandwidth protocol costs at least.</summary>
    public required double RingLatency { get; init; }

    /// <summary>Seconds per hop of that ring.</summary>
    public required double RingHop { get; init; }

    /// <summary>Bandwidth share of that ring.</summary>
    public required double RingEfficiency { get; init; }

    /// <summary>Seconds that a reduction inside the switch costs at least.</summary>
    public double InSwitchLatency { get; init; }

    /// <summary>Bandwidth share of the reduction inside the switch; 0 when the switch cannot reduce.</summary>
    public double InSwitchEfficiency { get; init; }

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
