namespace Fleetwright.Serving.Load;

/// <summary>What the first token of a request waits for in a state of <see cref="OpenLoop"/>, for those who need more than a mean and a tail.</summary>
public sealed class FirstTokenParts
{
    private readonly PromptClock _prompts;

    internal FirstTokenParts(double fixedSeconds, WaitingTime frontEnd, double residualSeconds, WaitingTime queue, in PromptClock prompts, double promptShare, in LoadEstimate state)
    {
        FixedSeconds = fixedSeconds;
        FrontEnd = frontEnd;
        ResidualSeconds = residualSeconds;
        Queue = queue;
        _prompts = prompts;
        PromptShare = promptShare;
        State = state;
    }

    /// <summary>Seconds that every request takes: the engine's overhead and its own work at the front end.</summary>
    public double FixedSeconds { get; }

    /// <summary>Waiting for the front end.</summary>
    public WaitingTime FrontEnd { get; }

    /// <summary>Mean seconds that the running step still takes when a request arrives.</summary>
    public double ResidualSeconds { get; }

    /// <summary>Waiting for the prompts before it.</summary>
    public WaitingTime Queue { get; }

    /// <summary>Share of the steps' time that prompts add to decodes.</summary>
    public double PromptShare { get; }

    /// <summary>The state that they belong to.</summary>
    public LoadEstimate State { get; }

    /// <summary>Seconds from the start of its first step until the first token of a prompt.</summary>
    /// <param name="tokens">Its uncached tokens.</param>
    public double ReadingSeconds(double tokens) => _prompts.Seconds(tokens);
}
