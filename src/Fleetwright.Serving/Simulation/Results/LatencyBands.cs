using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Steady;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>
/// How far simulated latencies may be off. Two errors are known: that of the engine's simulated servers against measured ones (<see cref="EngineOptions.TtftError"/>), and that of
/// the chip's calibrated operators, which is wider where the chip itself was not measured. A band takes the wider of both on either side.
/// </summary>
public sealed class LatencyBands
{
    private readonly (double Low, double High) _ttft;
    private readonly (double Low, double High) _tpot;

    private LatencyBands((double Low, double High) ttft, (double Low, double High) tpot) => (_ttft, _tpot) = (ttft, tpot);

    /// <summary>The bands of a run.</summary>
    /// <param name="result">The run.</param>
    /// <param name="replica">What was run.</param>
    public static LatencyBands Of(SimulationResult result, Replica replica)
    {
        ReplicaWork work = result.Work;
        long ended = Math.Max(1, result.Statistics.Classes.Sum(c => c.Completed));
        double batch = Math.Max(1, work.Decoded / (double)Math.Max(1, work.Iterations)), context = Math.Max(1, work.ContextTokens / (double)Math.Max(1, work.Decoded));
        double prompt = Math.Clamp((work.Tokens - work.Decoded) / (double)ended, 1, result.Limits.TokenBudget);
        return new LatencyBands(
            Wider(replica.Engine.TtftError, replica.Step(StepShape.Prefill(1, prompt))),
            Wider(replica.Engine.TpotError, replica.Step(StepShape.Decode(batch, context))));
    }

    /// <summary>The band of a time to the first token.</summary>
    public Band Ttft(double seconds) => Band.OfTime(seconds, _ttft.Low, _ttft.High);

    /// <summary>The band of a time between tokens.</summary>
    public Band Tpot(double seconds) => Band.OfTime(seconds, _tpot.Low, _tpot.High);

    /// <summary>The band of a time to the last token of which so much is up to the first.</summary>
    public Band EndToEnd(double ttft, double seconds) =>
        new(seconds, (ttft * _ttft.Low) + ((seconds - ttft) * _tpot.Low), (ttft * _ttft.High) + ((seconds - ttft) * _tpot.High));

    // An error of e means that what was predicted is 1 + e or 1 − e times what is measured.
    private static (double Low, double High) Wider(double? error, in StepCost step)
    {
        double e = error ?? 0;
        return (Math.Min(1 / (1 + e), step.LowSeconds / step.Seconds), Math.Max(1 / (1 - e), step.HighSeconds / step.Seconds));
    }
}
