using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>The statistics of a run by class of request.</summary>
public sealed class RunStatistics : ICompletionSink, IState
{
    private readonly ClassStatistics[] _classes;
    private readonly long _from;
    private readonly ICompletionSink? _observer;

    /// <summary>Empty statistics.</summary>
    /// <param name="targets">What the requests of each class must keep.</param>
    /// <param name="from">Requests that arrived before this time, in ticks, are left out: a run starts empty.</param>
    /// <param name="observer">Hears of every request, also of those left out.</param>
    public RunStatistics(IReadOnlyList<ServiceTarget> targets, long from = 0, ICompletionSink? observer = null) =>
        (_classes, _from, _observer) = ([.. targets.Select(t => new ClassStatistics(t))], from, observer);

    /// <summary>Of each class.</summary>
    public IReadOnlyList<ClassStatistics> Classes => _classes;

    /// <summary>Time between two tokens of an answer.</summary>
    public LatencySketch InterToken { get; } = new();

    /// <summary>When the last request ended, in ticks.</summary>
    public long LastCompletion { get; private set; }

    /// <summary>Requests that ended.</summary>
    public long Completed => _classes.Sum(c => c.Completed);

    /// <inheritdoc/>
    void ICompletionSink.Completed(in CompletedRequest request)
    {
        if (request.Arrival >= _from)
        {
            _classes[request.Class].Add(request);
        }

        LastCompletion = Math.Max(LastCompletion, request.Completed);
        _observer?.Completed(request);
    }

    /// <inheritdoc/>
    void ICompletionSink.Rejected(in Traffic.Request request)
    {
        _classes[request.Class].Reject();
        _observer?.Rejected(request);
    }

    /// <inheritdoc/>
    void ICompletionSink.TokensFollowed(long ticks, long count) => InterToken.Add(ticks, count);

    /// <summary>Adds another part of the run.</summary>
    public void Add(RunStatistics other)
    {
        for (int i = 0; i < _classes.Length; i++)
        {
            _classes[i].Add(other._classes[i]);
        }

        InterToken.Add(other.InterToken);
        LastCompletion = Math.Max(LastCompletion, other.LastCompletion);
    }

    /// <inheritdoc/>
    void IState.Transfer(StateTransfer state)
    {
        LastCompletion = state.Of(LastCompletion);
        ((IState)InterToken).Transfer(state);
        foreach (IState statistics in _classes)
        {
            statistics.Transfer(state);
        }
    }
}
