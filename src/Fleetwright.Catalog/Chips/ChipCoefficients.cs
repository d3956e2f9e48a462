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

    /// <summary>Share of the power limit drawn at rest.</summary>
    public required Fact IdlePowerShare { get; init; }

    /// <summary>Dense matrix products by number format; a format that is absent is priced with the nearest one that is here.</summary>
    public IReadOnlyDictionary<Dtype, MatrixProductCoefficients> Gemm { get; init; } = new Dictionary<Dtype, MatrixProductCoefficients>();

    /// <summary>Grouped matrix products (experts) by number format; empty: as dense ones.</summary>
    public IReadOnlyDictionary<Dtype, MatrixProductCoefficients> GroupedGemm { get; init; } = new Dictionary<Dtype, MatrixProductCoefficients>();

    /// <summary>Prefill attention by format of the cache.</summary>
    public IReadOnlyDictionary<Dtype, ContextAttentionCoefficients> ContextAttention { get; init; } = new Dictionary<Dtype, ContextAttentionCoefficients>();

    /// <summary>Decode attention by format of the cache.</summary>
    public IReadOnlyDictionary<Dtype, DecodeAttentionCoefficients> DecodeAttention { get; init; } = new Dictionary<Dtype, DecodeAttentionCoefficients>();

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
}
