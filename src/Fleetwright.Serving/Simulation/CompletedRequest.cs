namespace Fleetwright.Serving.Simulation;

/// <summary>What became of a request; times in ticks.</summary>
/// <param name="Id">Its number in the stream.</param>
/// <param name="Class">The class that it is counted in.</param>
/// <param name="PromptTokens">Tokens of its prompt.</param>
/// <param name="OutputTokens">Tokens of its answer.</param>
/// <param name="Arrival">When the client sent it.</param>
/// <param name="Scheduled">When its first iteration started.</param>
/// <param name="FirstToken">When its first token was ready.</param>
/// <param name="Completed">When its last token was ready.</param>
/// <param name="Preemptions">How often its cache was taken from it.</param>
public readonly record struct CompletedRequest(
    long Id, int Class, int PromptTokens, int OutputTokens, long Arrival, long Scheduled, long FirstToken, long Completed, int Preemptions)
{
    /// <summary>Ticks from its arrival until the server's front end handed it to the engine; 0 where there is none.</summary>
    public long FrontEnd { get; init; }

    /// <summary>Ticks from the engine's hearing of it to the start of its first iteration.</summary>
    public long Queue => Scheduled - Arrival - FrontEnd;

    /// <summary>Seconds from the engine's hearing of it to the start of its first iteration.</summary>
    public double QueueSeconds => Ticks.Seconds(Queue);

    /// <summary>Time to the first token in seconds.</summary>
    public double Ttft => Ticks.Seconds(FirstToken - Arrival);

    /// <summary>Mean seconds per token after the first; 0 for an answer of one token.</summary>
    public double Tpot => OutputTokens > 1 ? Ticks.Seconds(Completed - FirstToken) / (OutputTokens - 1) : 0;

    /// <summary>Seconds from arrival to the last token.</summary>
    public double EndToEnd => Ticks.Seconds(Completed - Arrival);
}

/// <summary>Takes the results of a run, in the order in which requests end on a replica.</summary>
public interface ICompletionSink
{
    /// <summary>A request has its last token.</summary>
    void Completed(in CompletedRequest request);

    /// <summary>A request was turned away because the cache could never hold it.</summary>
    void Rejected(in Traffic.Request request);

    /// <summary>Tokens that each came some time after the one before in their answers.</summary>
    /// <param name="ticks">The time between; in a run of iterations their mean.</param>
    /// <param name="count">How many tokens.</param>
    void TokensFollowed(long ticks, long count)
    {
    }
}
