using System.Collections;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>Targets of the classes of a run, and one who hears of every request that ends, such as a file of all requests.</summary>
/// <param name="targets">What the requests of each class must keep.</param>
/// <param name="observer">Hears of every request; called from several threads at once, in no order that could be relied on.</param>
public sealed class ObservedTargets(IReadOnlyList<ServiceTarget> targets, ICompletionSink observer) : IReadOnlyList<ServiceTarget>
{
    /// <summary>Hears of every request.</summary>
    public ICompletionSink Observer => observer;

    /// <inheritdoc/>
    public int Count => targets.Count;

    /// <inheritdoc/>
    public ServiceTarget this[int index] => targets[index];

    /// <inheritdoc/>
    public IEnumerator<ServiceTarget> GetEnumerator() => targets.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
