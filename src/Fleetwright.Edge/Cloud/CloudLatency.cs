using Fleetwright.Edge.Turns;
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

    /// <summary>Latency of a replica under Poisson arrivals. Null when it cannot keep up with them.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="work">What all its requests look like.</param>
    /// <param name="requestsPerSecond">Arrivals at this replica.</param>
    /// <param name="dollarsPerHour">What the replica costs an hour.</param>
    public static CloudLatency? Of(Replica replica, in Workload work, double requestsPerSecond, double dollarsPerHour = 0) => throw new NotImplementedException();

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
