using Fleetwright.Catalog.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Chips;

/// <summary>The chip's part of a step, split as an engine without captured graphs stretches it.</summary>
/// <param name="ProductSeconds">Matrix products.</param>
/// <param name="ReduceSeconds">All-reduces of the collective library.</param>
/// <param name="OtherSeconds">Everything else.</param>
/// <param name="ReducedBytes">Bytes of all all-reduces, as <see cref="Operator.MessageBytes"/> counts them.</param>
/// <param name="ActiveJoules">Energy of the work, without rest power.</param>
internal readonly record struct EagerWork(double ProductSeconds, double ReduceSeconds, double OtherSeconds, double ReducedBytes, double ActiveJoules);

/// <summary>
/// Steps of an engine that launches every kernel from the host, as engines of 2023 did: the host's launches run beside the chip's
/// work, scheduling and sampling do not. Equations: docs/hardware.md, "Engines without captured graphs".
/// </summary>
/// <param name="chip">Prices the kernels.</param>
/// <param name="host">What host and engine add.</param>
public sealed class EagerEngine(ChipModel chip, EagerEngineCoefficients host)
{
    /// <summary>One new token for each of <paramref name="sequences"/>.</summary>
    /// <param name="graph">The model in its sharding.</param>
    /// <param name="sequences">Sequences in the batch.</param>
    /// <param name="past">Tokens of each in the cache.</param>
    public StepCost Decode(ModelGraph graph, double sequences, double past)
    {
        EagerWork work = Work(chip, graph, StepShape.Decode(sequences, past));
        return Cost(work, DecodeSeconds(host, work, graph.Model.LayerCount, graph.Model.VocabularySize, sequences), host.DecodeQuality);
    }

    /// <summary>The prompts of <paramref name="sequences"/>, in one step.</summary>
    /// <param name="graph">The model in its sharding.</param>
    /// <param name="sequences">Sequences in the batch.</param>
    /// <param name="tokens">Tokens of each.</param>
    public StepCost Prefill(ModelGraph graph, double sequences, double tokens)
    {
        EagerWork work = Work(chip, graph, StepShape.Prefill(sequences, tokens));
        return Cost(work, PrefillSeconds(host, work, graph.Model.LayerCount, graph.Model.VocabularySize, sequences * tokens, graph.Sharding.TensorParallel), host.PrefillQuality);
    }

    internal static double DecodeSeconds(EagerEngineCoefficients host, in EagerWork work, int layers, double vocabulary, double sequences) =>
        host.StepSeconds + (host.SequenceSeconds * sequences)
        + Math.Max((layers * host.DecodeLayerSeconds) + (vocabulary * host.VocabularySeconds), work.ProductSeconds + work.ReduceSeconds + work.OtherSeconds);

    internal static double PrefillSeconds(EagerEngineCoefficients host, in EagerWork work, int layers, double vocabulary, double tokens, int ranks)
    {
        double chipSeconds = (host.ProductTime * work.ProductSeconds) + (host.CollectiveTime * work.ReduceSeconds) + work.OtherSeconds;
        double slow = tokens > host.LargeStepTokens && ranks > 2 ? work.ReducedBytes * host.LargeStepSecondsPerByte : 0;
        return host.StepSeconds + Math.Max((layers * host.PrefillLayerSeconds) + (vocabulary * host.VocabularySeconds), chipSeconds) + slow;
    }

    /// <summary>The chip's part of a step.</summary>
    internal static EagerWork Work(ChipModel chip, ModelGraph graph, in StepShape shape)
    {
        var operators = new Operator[graph.MaximumOperators];
        double product = 0, reduce = 0, other = 0, bytes = 0, joules = 0;
        foreach (ref readonly Operator op in operators.AsSpan(0, graph.Step(shape, operators)))
        {
            joules += op.Count * chip.ActiveJoules(op);
            switch (op.Kind)
            {
                case OperatorKind.Gemm or OperatorKind.GroupedGemm:
                    product += op.Count * chip.Price(op).Seconds;
                    break;
                case OperatorKind.AllReduce:
                    reduce += op.Count * chip.Collectives.Price(op.Kind, op.MessageBytes, op.Ranks, libraryOnly: true).Seconds;
                    bytes += op.Count * op.MessageBytes;
                    break;
                default:
                    other += op.Count * chip.Price(op).Seconds;
                    break;
            }
        }

        return new EagerWork(product, reduce, other, bytes, joules);
    }

    private StepCost Cost(in EagerWork work, double seconds, FitQuality quality)
    {
        ErrorBand band = ErrorBand.Of(quality.Error);
        return new(seconds, chip.Joules(seconds, work.ActiveJoules), work.ReduceSeconds, seconds * band.Low, seconds * band.High);
    }
}
