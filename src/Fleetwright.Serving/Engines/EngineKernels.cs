using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Serving.Engines;

/// <summary>
/// How an engine's own kernels compare with those that the chips were calibrated on, which are vLLM's, each timed alone. An engine that starts
/// a kernel before the one in front of it has ended hides part of its start; one that writes a kernel of its own is faster or slower by a factor.
/// </summary>
/// <param name="HiddenStart">Share of a kernel's fixed start that passes while another still runs or that is fused away, 0 to 1; not of collectives, whose latency is the links'.</param>
/// <param name="Dense">Time of dense products ÷ calibrated time.</param>
/// <param name="Experts">The same of routed experts.</param>
/// <param name="PromptAttention">The same of attention of prompts.</param>
/// <param name="DecodeAttention">The same of attention of decodes.</param>
/// <param name="Collectives">The same of collectives.</param>
public sealed record EngineKernels(double HiddenStart, double Dense, double Experts, double PromptAttention, double DecodeAttention, double Collectives)
{
    /// <summary>Kernels as they were calibrated.</summary>
    public static EngineKernels AsCalibrated { get; } = new(0, 1, 1, 1, 1, 1);

    /// <summary>Seconds of one run of an operator that the chip alone takes <paramref name="cost"/> for.</summary>
    public double Seconds(in Operator op, in OperatorCost cost) => op.IsCollective
        ? Collectives * cost.Seconds
        : FactorOf(op.Kind) * Math.Max(0, cost.Seconds - (HiddenStart * cost.OverheadSeconds));

    internal static EngineKernels Read(YamlMap map)
    {
        return new EngineKernels(map.Fact("hidden_start", Dimension.Fraction, 0, 1), Factor("dense"), Factor("experts"), Factor("prompt_attention"), Factor("decode_attention"), Factor("collectives"));

        double Factor(string key) => map.Fact(key, Dimension.Count, 0.1, 10);
    }

    private double FactorOf(OperatorKind kind) => kind switch
    {
        OperatorKind.Gemm => Dense,
        OperatorKind.GroupedGemm => Experts,
        OperatorKind.ContextAttention => PromptAttention,
        OperatorKind.DecodeAttention => DecodeAttention,
        _ => 1,
    };
}
