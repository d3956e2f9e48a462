using Fleetwright.Edge.Turns;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Edge.Cloud;

/// <summary>How soon a place with many users (a data centre, an edge site) answers under its load, and what a turn costs there.</summary>
public sealed class CloudLatency
{
    private readonly Func<double, double> _reading;
    private readonly double _dollarsPerPromptToken;
    private readonly double _dollarsPerReplyToken;

    private CloudLatency(LatencyDistribution waiting, Func<double, double> reading, double secondsPerToken, double dollarsPerPromptToken, double dollarsPerReplyToken)
    {
        Waiting = waiting;
        _reading = reading;
        SecondsPerToken = secondsPerToken;
        _dollarsPerPromptToken = dollarsPerPromptToken;
        _dollarsPerReplyToken = dollarsPerReplyToken;
    }

    /// <summary>Seconds from a prompt's arrival to its first step, whatever its length: front end, running step, queue.</summary>
    public LatencyDistribution Waiting { get; }

    /// <summary>Mean seconds between tokens of a reply.</summary>
    public double SecondsPerToken { get; }

    /// <summary>Latency of a replica under Poisson arrivals, by the formulas of <see cref="OpenLoop"/>: its means, and their parts long together. Null when it cannot keep up with them.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="work">What all its requests look like; answers of more than one token.</param>
    /// <param name="requestsPerSecond">Arrivals at this replica; above 0.</param>
    /// <param name="dollarsPerHour">What the replica costs an hour.</param>
    public static CloudLatency? Of(Replica replica, in Workload work, double requestsPerSecond, double dollarsPerHour = 0) =>
        OpenLoop.FirstTokenAtRate(replica, work, requestsPerSecond) is { } parts ? Of(parts, work, dollarsPerHour / 3600 / requestsPerSecond) : null;

    /// <summary>
    /// Latency by hour of the day of replicas that run all day: one for each value of the curve, null in hours when they cannot keep up. A turn costs the
    /// same in every hour, its part of the whole day's dollars.
    /// </summary>
    /// <param name="replica">The replica.</param>
    /// <param name="work">What all its requests look like.</param>
    /// <param name="meanRequestsPerSecond">Arrivals at this replica over the day.</param>
    /// <param name="hourCurve">Relative load, such as 24 values.</param>
    /// <param name="dollarsPerHour">What the replica costs an hour.</param>
    public static IReadOnlyList<CloudLatency?> ByHour(Replica replica, in Workload work, double meanRequestsPerSecond, IReadOnlyList<double> hourCurve, double dollarsPerHour = 0)
    {
        double mean = hourCurve.Average();
        var found = new Dictionary<double, CloudLatency?>();
        var hours = new CloudLatency?[hourCurve.Count];
        for (int i = 0; i < hours.Length; i++)
        {
            // An hour without a request is as fast as one with very few.
            double load = Math.Max(1e-3, hourCurve[i] / mean);
            if (!found.TryGetValue(load, out CloudLatency? latency))
            {
                FirstTokenParts? parts = OpenLoop.FirstTokenAtRate(replica, work, load * meanRequestsPerSecond);
                found[load] = latency = parts is null ? null : Of(parts, work, dollarsPerHour / 3600 / meanRequestsPerSecond);
            }

            hours[i] = latency;
        }

        return hours;
    }

    private static CloudLatency Of(FirstTokenParts parts, in Workload work, double dollarsPerRequest)
    {
        // A busy moment lengthens all three: added as independent, the tail is 10 to 18 % short of the engine that steps.
        LatencyDistribution waiting = LatencyDistribution.FromQuantile(
            p => parts.FixedSeconds + parts.FrontEnd.Quantile(p) + (2 * parts.ResidualSeconds * p) + parts.Queue.Quantile(p));
        return new CloudLatency(
            waiting, parts.ReadingSeconds, parts.State.TpotMean, parts.PromptShare * dollarsPerRequest / work.Prompt.Mean, (1 - parts.PromptShare) * dollarsPerRequest / work.Output.Mean);
    }

    /// <summary>Latency that depends on neither load nor prompt: a measured service, or a test.</summary>
    /// <param name="firstToken">Seconds from arrival to the first token.</param>
    /// <param name="secondsPerToken">Seconds between tokens.</param>
    /// <param name="dollarsPerMillionTokens">Dollars per million tokens, prompt and reply alike.</param>
    public static CloudLatency Fixed(LatencyDistribution firstToken, double secondsPerToken, double dollarsPerMillionTokens) =>
        new(firstToken, static _ => 0, secondsPerToken, dollarsPerMillionTokens / 1e6, dollarsPerMillionTokens / 1e6);

    /// <summary>Seconds from a prompt's arrival to its first token.</summary>
    /// <param name="promptTokens">Tokens that must be read; those in the prefix cache not counted.</param>
    public LatencyDistribution FirstToken(double promptTokens) => Waiting.Plus(ReadingSeconds(promptTokens));

    /// <summary>Seconds from the first step of a prompt to its first token.</summary>
    /// <param name="promptTokens">Tokens that must be read.</param>
    public double ReadingSeconds(double promptTokens) => _reading(promptTokens);

    /// <summary>Dollars of the machine time that a turn takes.</summary>
    /// <param name="promptTokens">Prompt tokens that must be read.</param>
    /// <param name="replyTokens">Reply tokens.</param>
    public double DollarsPerTurn(double promptTokens, double replyTokens) => (_dollarsPerPromptToken * promptTokens) + (_dollarsPerReplyToken * replyTokens);
}
