using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>
/// What measurement adds to a chip's specification: the handful of coefficients that the operator model takes, for one
/// chip or for all chips of an architecture. Kept in <c>catalog/calibration/</c>, each with source, n and error.
/// </summary>
public sealed record ChipCoefficients
{
    /// <summary>The chip or architecture that the coefficients belong to.</summary>
    public required string Name { get; init; }

    /// <summary>The coefficients that fill in families of operators which are absent here; null: none.</summary>
    public string? Relative { get; init; }

    /// <summary>Seconds that any operator costs before its work starts, inside a captured graph.</summary>
    public required Fact LaunchOverhead { get; init; }

    /// <summary>Sustained share of the peak matrix rate in large GEMMs under the power limit, by number format.</summary>
    public required IReadOnlyDictionary<Dtype, Fact> MatrixEfficiency { get; init; }

    /// <summary>Sustained share of the peak memory bandwidth when streaming.</summary>
    public required Fact MemoryEfficiency { get; init; }

    /// <summary>How fast a core's matrix rate falls with tiles smaller than 128 × 128: rate × (tile / 128²)^h.</summary>
    public required Fact SmallTileExponent { get; init; }

    /// <summary>Share of the sustained matrix rate that prefill attention reaches at long lengths.</summary>
    public required Fact ContextAttentionEfficiency { get; init; }

    /// <summary>Share of the sustained memory bandwidth that decode attention reaches at long lengths.</summary>
    public required Fact DecodeAttentionEfficiency { get; init; }

    /// <summary>Share of the sustained memory bandwidth that random embedding-row gathers reach.</summary>
    public required Fact GatherEfficiency { get; init; }

    /// <summary>Seconds that a collective over one scale-up domain costs at least.</summary>
    public required Fact CollectiveLatency { get; init; }

    /// <summary>Sustained share of the scale-up bandwidth in large collectives.</summary>
    public required Fact CollectiveEfficiency { get; init; }

    /// <summary>Share of the power limit drawn at full sustained matrix rate; the rest of the model's power is idle and memory power.</summary>
    public required Fact MatrixPowerShare { get; init; }

    /// <summary>Share of the power limit drawn by memory at full sustained bandwidth.</summary>
    public required Fact MemoryPowerShare { get; init; }

    /// <summary>Share of the power limit drawn by the shared on-chip memory at its full bandwidth; null: none of its own, it is part of the other shares.</summary>
    public Fact? OnChipPowerShare { get; init; }

    /// <summary>Share of the power limit drawn at rest.</summary>
    public required Fact IdlePowerShare { get; init; }

    /// <summary>Dense matrix products by number format; a format that is absent is priced with the nearest one that is here.</summary>
    public IReadOnlyDictionary<Dtype, MatrixProductCoefficients> Gemm { get; init; } = new Dictionary<Dtype, MatrixProductCoefficients>();

    /// <summary>Dense matrix products by further measured kernels, by the name that the tables give them; a kernel that is absent is priced as its number format.</summary>
    public IReadOnlyDictionary<string, MatrixProductCoefficients> GemmKernels { get; init; } = new Dictionary<string, MatrixProductCoefficients>();

    /// <summary>Layers of experts by format of the stored weights, with the kernel that serving engines run on one rank; empty: from the flat shares above.</summary>
    public IReadOnlyDictionary<Dtype, GroupedProductCoefficients> GroupedGemm { get; init; } = new Dictionary<Dtype, GroupedProductCoefficients>();

    /// <summary>Every measured kernel of layers of experts by its name (docs/hardware.md, "Experts").</summary>
    public IReadOnlyDictionary<string, GroupedProductCoefficients> GroupedGemmKernels { get; init; } = new Dictionary<string, GroupedProductCoefficients>();

    /// <summary>Prefill attention by format of the cache.</summary>
    public IReadOnlyDictionary<Dtype, ContextAttentionCoefficients> ContextAttention { get; init; } = new Dictionary<Dtype, ContextAttentionCoefficients>();

    /// <summary>Decode attention by format of the cache.</summary>
    public IReadOnlyDictionary<Dtype, DecodeAttentionCoefficients> DecodeAttention { get; init; } = new Dictionary<Dtype, DecodeAttentionCoefficients>();

    /// <summary>Prefill attention by the name of a measured kernel besides the main one, and format of the cache.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<Dtype, ContextAttentionCoefficients>> ContextAttentionKernels { get; init; } = new Dictionary<string, IReadOnlyDictionary<Dtype, ContextAttentionCoefficients>>();

    /// <summary>Decode attention by the name of a measured kernel besides the main one, and format of the cache.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<Dtype, DecodeAttentionCoefficients>> DecodeAttentionKernels { get; init; } = new Dictionary<string, IReadOnlyDictionary<Dtype, DecodeAttentionCoefficients>>();

    /// <summary>Collectives inside a scale-up domain; null: the flat latency and efficiency for all algorithms.</summary>
    public CollectiveCoefficients? Collectives { get; init; }

    /// <summary>Vector operators by kind; a kind that is absent runs at the flat bandwidth share.</summary>
    public IReadOnlyDictionary<VectorKind, VectorCoefficients> Elementwise { get; init; } = new Dictionary<VectorKind, VectorCoefficients>();

    /// <summary>What a framework adds to operators called one by one on this chip's host; null when nobody measured it.</summary>
    public FrameworkCalls? FrameworkCalls { get; init; }

    /// <summary>What an engine without captured graphs adds to a step on this chip's host; null when nobody measured it.</summary>
    public EagerEngineCoefficients? EagerEngine { get; init; }

    /// <summary>Mean absolute percentage error of operator times priced with these coefficients, as a fraction, on rows not fitted.</summary>
    public required Fact Error { get; init; }

    /// <summary>Measured rows behind the coefficients; 0 when they are taken from a relative.</summary>
    public required int Rows { get; init; }

    /// <summary>These coefficients, with the families of operators that are absent taken from <paramref name="relative"/>.</summary>
    public ChipCoefficients FilledFrom(ChipCoefficients relative) => this with
    {
        Gemm = Gemm.Count > 0 ? Gemm : relative.Gemm,
        GemmKernels = GemmKernels.Count > 0 ? GemmKernels : relative.GemmKernels,
        GroupedGemm = GroupedGemm.Count > 0 ? GroupedGemm : relative.GroupedGemm,
        ContextAttention = ContextAttention.Count > 0 ? ContextAttention : relative.ContextAttention,
        DecodeAttention = DecodeAttention.Count > 0 ? DecodeAttention : relative.DecodeAttention,
        Collectives = Collectives ?? relative.Collectives,
    };
}
