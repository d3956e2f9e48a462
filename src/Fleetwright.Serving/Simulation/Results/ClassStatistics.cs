using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>What became of the requests of one class. Sums are whole numbers, so that parts of a run add up to the same whatever their order.</summary>
public sealed class ClassStatistics(ServiceTarget target) : IState
{
    /// <summary>What its requests must keep.</summary>
    public ServiceTarget Target => target;

    /// <summary>Requests that ended.</summary>
    public long Completed { get; private set; }

    /// <summary>Requests turned away.</summary>
    public long Rejected { get; private set; }

    /// <summary>Requests that kept the target.</summary>
    public long Good { get; private set; }

    /// <summary>Prompt tokens of those that ended.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>Tokens of the answers that ended.</summary>
    public long OutputTokens { get; private set; }

    /// <summary>How often the cache of a request was taken from it.</summary>
    public long Preemptions { get; private set; }

    /// <summary>Time from arrival until the server's front end has handed the request to the engine; of those that passed one.</summary>
    public LatencySketch FrontEnd { get; } = new();

    /// <summary>Time from then to the start of the first iteration.</summary>
    public LatencySketch Queue { get; } = new();

    /// <summary>Time to the first token.</summary>
    public LatencySketch Ttft { get; } = new();

    /// <summary>Mean time per further token of a request, of answers of more than one.</summary>
    public LatencySketch Tpot { get; } = new();

    /// <summary>Time to the last token.</summary>
    public LatencySketch EndToEnd { get; } = new();

    /// <summary>Adds a request that ended.</summary>
    public void Add(in CompletedRequest request)
    {
        Completed++;
        Good += target.Met(request) ? 1 : 0;
        PromptTokens += request.PromptTokens;
        OutputTokens += request.OutputTokens;
        Preemptions += request.Preemptions;
        Queue.Add(request.Queue);
        Ttft.Add(request.FirstToken - request.Arrival);
        EndToEnd.Add(request.Completed - request.Arrival);
        if (request.FrontEnd > 0)
        {
            FrontEnd.Add(request.FrontEnd);
        }

        if (request.OutputTokens > 1)
        {
            Tpot.Add((request.Completed - request.FirstToken) / (request.OutputTokens - 1));
        }
    }

    /// <summary>Adds a request that was turned away.</summary>
    public void Reject() => Rejected++;

    /// <summary>Adds another part of the run.</summary>
    public void Add(ClassStatistics other)
    {
        Completed += other.Completed;
        Rejected += other.Rejected;
        Good += other.Good;
        PromptTokens += other.PromptTokens;
        OutputTokens += other.OutputTokens;
        Preemptions += other.Preemptions;
        FrontEnd.Add(other.FrontEnd);
        Queue.Add(other.Queue);
        Ttft.Add(other.Ttft);
        Tpot.Add(other.Tpot);
        EndToEnd.Add(other.EndToEnd);
    }

    /// <inheritdoc/>
    void IState.Transfer(StateTransfer state)
    {
        Completed = state.Of(Completed);
        Rejected = state.Of(Rejected);
        Good = state.Of(Good);
        PromptTokens = state.Of(PromptTokens);
        OutputTokens = state.Of(OutputTokens);
        Preemptions = state.Of(Preemptions);
        foreach (IState sketch in (ReadOnlySpan<LatencySketch>)[FrontEnd, Queue, Ttft, Tpot, EndToEnd])
        {
            sketch.Transfer(state);
        }
    }
}
