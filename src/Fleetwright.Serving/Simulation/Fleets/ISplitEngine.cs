using Fleetwright.Serving.Simulation.Schedulers;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>A rank of a replica in a split fleet: its sequences, its scheduler, and what comes to it or leaves it half done.</summary>
/// <param name="State">The sequences and the cache.</param>
/// <param name="Scheduler">How its batches are formed.</param>
/// <param name="Intake">Caches that come to it; null in a prefill pool.</param>
/// <param name="Outbox">Slots whose prompt is whole and goes on elsewhere; null in a decode pool.</param>
internal readonly record struct SplitRank(ReplicaState State, Scheduler Scheduler, KvIntake? Intake, List<int>? Outbox);

/// <summary>
/// A replica as a split fleet sees it. The fleet ends runs, gives what has come, and only then lets the replicas form batches, so that all that happens at
/// one instant is known to the batch that starts then.
/// </summary>
internal interface ISplitEngine : IReplicaEngine
{
    /// <summary>Groups of data-parallel attention, each with a cache of its own; 1 without.</summary>
    int Ranks { get; }

    /// <summary>One of them.</summary>
    SplitRank Rank(int rank);

    /// <summary>Where a request goes that arrives now.</summary>
    int RankFor(long now);

    /// <summary>Ends the run that ends now, if one does.</summary>
    void Finish(long now);

    /// <summary>Something has come: plans if nothing runs; otherwise ends the run after the iteration that is running.</summary>
    void Resume(long now);
}
