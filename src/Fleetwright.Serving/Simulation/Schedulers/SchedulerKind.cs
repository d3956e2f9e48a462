using Fleetwright.Serving.Engines;

namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>How an engine fills its iterations.</summary>
public enum SchedulerKind
{
    /// <summary>vLLM V1: one budget for decodes and chunks of prompts.</summary>
    VllmV1,

    /// <summary>vLLM before V1: whole prompts first.</summary>
    VllmV0,

    /// <summary>Sarathi-Serve: decodes, then chunks of prompts.</summary>
    Sarathi,

    /// <summary>Prompts in chunks before decodes, as SGLang without mixed chunks.</summary>
    PrefillFirst,

    /// <summary>Decodes, then chunks of prompts; nothing starts that could not run to its end without eviction, as TensorRT-LLM.</summary>
    NoEviction,

    /// <summary>Orca: iteration-level batching with the whole context reserved.</summary>
    Orca,

    /// <summary>A batch runs until its last sequence ends.</summary>
    Static,
}

/// <summary>Makes schedulers.</summary>
internal static class SchedulerKinds
{
    /// <summary>The scheduler that comes closest to what the catalogue says of an engine.</summary>
    public static SchedulerKind Of(EngineOptions engine) => engine.Policy switch
    {
        StepPolicy.PrefillFirst => SchedulerKind.PrefillFirst,
        StepPolicy.MixedNoEviction => SchedulerKind.NoEviction,
        _ => SchedulerKind.VllmV1,
    };

    /// <summary>Whether a sequence holds all blocks that it may need from its start.</summary>
    public static bool ReservesWhole(this SchedulerKind kind) => kind is SchedulerKind.Orca or SchedulerKind.Static or SchedulerKind.NoEviction;

    /// <summary>A new scheduler.</summary>
    public static Scheduler Create(this SchedulerKind kind, SchedulerLimits limits) => kind switch
    {
        SchedulerKind.VllmV1 => new VllmV1Scheduler(),
        SchedulerKind.VllmV0 => new VllmV0Scheduler(limits.TokenBudget),
        SchedulerKind.Sarathi => new SarathiScheduler(),
        SchedulerKind.PrefillFirst => new PrefillFirstScheduler(),
        SchedulerKind.NoEviction => new NoEvictionScheduler(),
        SchedulerKind.Orca => new OrcaScheduler(),
        _ => new StaticScheduler(),
    };
}
