namespace Fleetwright.Serving.Load;

/// <summary>A replica under an open loop: Poisson arrivals at a rate that keeps a given mean number of sequences in decode.</summary>
public readonly record struct LoadEstimate
{
    /// <summary>Arrivals per second at the replica.</summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>Sequences being decoded in the replica on average.</summary>
    public double Decoding { get; init; }

    /// <summary>Sequences that must fit so that at most 1 − quantile of the time one waits for memory.</summary>
    public double SequencesAtQuantile { get; init; }

    /// <summary>Share of the prefill capacity that is used; the queue of prompts is stable below 1.</summary>
    public double PrefillUtilisation { get; init; }

    /// <summary>Mean time to the first token in seconds.</summary>
    public double TtftMean { get; init; }

    /// <summary>Time to the first token at the quantile in seconds.</summary>
    public double TtftTail { get; init; }

    /// <summary>Mean time per further token in seconds.</summary>
    public double TpotMean { get; init; }

    /// <summary>Mean time per further token of a request, at the quantile over requests, in seconds.</summary>
    public double TpotTail { get; init; }

    /// <summary>Output tokens per second and chip.</summary>
    public double OutputTokensPerSecondPerChip { get; init; }

    /// <summary>Mean power of one chip in watts, without host and network.</summary>
    public double ChipWatts { get; init; }

    /// <summary>What times are multiplied with to come to those that one of ten such deployments is below, by the calibrated errors of operators.</summary>
    public double LowRatio { get; init; }

    /// <summary>What times are multiplied with to come to those that one of ten such deployments is above.</summary>
    public double HighRatio { get; init; }
}
