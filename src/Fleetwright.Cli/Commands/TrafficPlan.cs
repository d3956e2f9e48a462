using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Cli.Commands;

/// <summary>What arrives at a fleet, as the command line asked for it.</summary>
internal sealed record TrafficPlan : IDisposable, IState
{
    private readonly ContextLimit?[] _limits;

    /// <summary>A plan for so many engines, each of which counts for itself what the context changes: it is run by one thread.</summary>
    public TrafficPlan(int engines) => _limits = new ContextLimit?[engines];

    /// <summary>What arrives, in a few words.</summary>
    public string Text { get; init; } = "";

    /// <summary>One stream for a router; null when each engine has its own.</summary>
    public IRequestSource? Source { get; init; }

    /// <summary>The stream of each engine.</summary>
    public Func<int, IRequestSource>? Sources { get; init; }

    /// <summary>Requests at most; null for no such limit.</summary>
    public long? Requests { get; init; }

    /// <summary>Seconds in which requests come; null when not known.</summary>
    public double? Seconds { get; init; }

    /// <summary>Requests per second; null when not known.</summary>
    public double? Offered { get; init; }

    /// <summary>Tokens of a request at most.</summary>
    public int Context { get; init; }

    /// <summary>What is done with longer prompts.</summary>
    public LongPrompts Rule { get; init; }

    /// <summary>Mean tokens of a request at its end.</summary>
    public double TypicalContext { get; init; } = 1024;

    /// <summary>Mean tokens of an answer.</summary>
    public double MeanOutput { get; init; } = 256;

    /// <summary>Names of the classes; none when there is one without a name.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>What the user should know of the trace, once it is read.</summary>
    public Func<IReadOnlyList<string>> Notes { get; init; } = () => [];

    /// <summary>What ended the trace before its end; null when nothing did.</summary>
    public Func<InputException?> Trouble { get; init; } = () => null;

    /// <summary>What is closed after the run.</summary>
    public IDisposable? Opened { get; init; }

    /// <summary>Requests turned away because of the context.</summary>
    public long Rejected => _limits.Sum(l => l?.Rejected ?? 0);

    /// <summary>What the context changed in requests, in words; null when nothing.</summary>
    public string? LimitNote
    {
        get
        {
            long truncated = _limits.Sum(l => l?.Truncated ?? 0), shortened = _limits.Sum(l => l?.Shortened ?? 0);
            return Rejected + truncated + shortened == 0 ? null
                : FormattableString.Invariant($"context of {Context} tokens: {Rejected} requests turned away, {truncated} prompts cut, {shortened} answers shortened");
        }
    }

    /// <summary>The context of the model as an engine's requests meet it.</summary>
    public ContextLimit Limit(int engine) => _limits[engine] ??= new ContextLimit(Context, Rule);

    /// <inheritdoc/>
    /// <remarks>What the context changed for engines that have come to their end, whose requests are not drawn again.</remarks>
    public void Transfer(StateTransfer state)
    {
        for (int i = 0; i < _limits.Length; i++)
        {
            ((IState)Limit(i)).Transfer(state);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Opened?.Dispose();
}
