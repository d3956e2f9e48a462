using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Software that runs language models on devices: how it stores weights, what memory it takes, and how fast it was measured by unit family.</summary>
public sealed record DeviceEngine
{
    /// <summary>The catalogue name, such as <c>executorch</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The maker's name for it.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Who publishes it.</summary>
    public required string Vendor { get; init; }

    /// <summary>How tables of measurements begin its name, such as <c>llama.cpp Metal</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Whether every step reads the whole context that its graph was compiled for.</summary>
    public bool ReadsWholeContext { get; init; }

    /// <summary>How it stores weights, by the number format that a user names.</summary>
    public required IReadOnlyDictionary<Dtype, WeightFormat> Formats { get; init; }

    /// <summary>Memory in bytes that it takes besides weights and cache.</summary>
    public required Fact BaseMemory { get; init; }

    /// <summary>Measured coefficients by compute unit family; at least one.</summary>
    public required IReadOnlyList<EngineClass> Classes { get; init; }

    /// <summary>How many times slower the engine runs inside an app framework than in its own benchmark; 1 when not known to differ.</summary>
    public required Fact IntegrationPenalty { get; init; }
}

/// <summary>How an engine stores the weights of one number format.</summary>
/// <param name="LayerBits">Bits per parameter of the layers, scales included.</param>
/// <param name="HeadBits">Bits per parameter of the output head.</param>
/// <param name="EmbeddingBits">Bits per parameter of the input embedding.</param>
/// <param name="SeparateEmbedding">Whether a tied embedding is stored a second time beside the head.</param>
/// <param name="Compute">The format that prompts are multiplied in.</param>
/// <param name="MemoryFactor">Resident memory per byte of the weight file (repacked copies included).</param>
public sealed record WeightFormat(double LayerBits, double HeadBits, double EmbeddingBits, bool SeparateEmbedding, Dtype Compute, Fact MemoryFactor);

/// <summary>What one engine reaches on one family of compute units. Equations: <c>docs/edge.md</c>.</summary>
public sealed record EngineClass
{
    /// <summary>The kind of unit.</summary>
    public required ComputeUnitKind Unit { get; init; }

    /// <summary>The family of units, such as <c>arm-cpu</c>.</summary>
    public required string Family { get; init; }

    /// <summary>The chips that were measured; an estimate for another chip of the family carries the transfer error.</summary>
    public required IReadOnlyList<string> MeasuredOn { get; init; }

    /// <summary>η: achieved share of the unit's read bandwidth in decode.</summary>
    public required Fact BandwidthEfficiency { get; init; }

    /// <summary>c: seconds that a decode step costs besides reading weights and cache.</summary>
    public required Fact StepOverhead { get; init; }

    /// <summary>κ: seconds per byte of cache over seconds per byte of weights.</summary>
    public required Fact AttentionFactor { get; init; }

    /// <summary>Rows behind η and c; 0 when they are taken from a relative.</summary>
    public required int DecodeRows { get; init; }

    /// <summary>Leave-one-out mean absolute percentage error of decode speed, as a fraction; null when too few rows.</summary>
    public Fact? DecodeError { get; init; }

    /// <summary>The same when each chip is predicted from the other chips; null when one chip only.</summary>
    public Fact? DecodeTransferError { get; init; }

    /// <summary>Achieved share of the unit's peak rate in prefill, by weight format; empty when not measured.</summary>
    public required IReadOnlyDictionary<Dtype, Fact> PrefillEfficiency { get; init; }

    /// <summary>Seconds per operation of prefill attention over seconds per operation of its matrices.</summary>
    public required Fact PrefillAttentionFactor { get; init; }

    /// <summary>Seconds before a prompt's work starts.</summary>
    public required Fact PrefillOverhead { get; init; }

    /// <summary>Tokens that a prompt is rounded up to a multiple of.</summary>
    public required int PrefillChunk { get; init; }

    /// <summary>Rows behind the prefill efficiency; 0 when it is taken from a relative.</summary>
    public required int PrefillRows { get; init; }

    /// <summary>Leave-one-out mean absolute percentage error of prefill speed, as a fraction; null when too few rows.</summary>
    public Fact? PrefillError { get; init; }
}
