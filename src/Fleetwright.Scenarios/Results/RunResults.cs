using Fleetwright.Catalog.Reading;

namespace Fleetwright.Scenarios.Results;

/// <summary>
/// Everything that a run found, as <c>results.json</c> states it; the report, the CSV files and the studio draw from nothing else.
/// Values are in base units (seconds, bytes, watts, joules, dollars) and the key says which. Lists by quarter are as long as <see cref="ScenarioSummary.Quarters"/>.
/// </summary>
public sealed record RunResults
{
    /// <summary>The version of this form; see <c>docs/schemas/results.schema.json</c>.</summary>
    public string Schema { get; init; } = "fleetwright-results/1";

    /// <summary>The version of the program.</summary>
    public required string Program { get; init; }

    /// <summary>Whether every stage ran; <c>partial</c> after Ctrl-C or without a solver.</summary>
    public required string Status { get; init; }

    /// <summary>The scenario.</summary>
    public required ScenarioSummary Scenario { get; init; }

    /// <summary>The questions of the first screen with their answers in words.</summary>
    public required IReadOnlyList<Answer> Answers { get; init; }

    /// <summary>Who asks for what.</summary>
    public required DemandResult Demand { get; init; }

    /// <summary>Where each product's requests run.</summary>
    public required IReadOnlyList<ProductPlacement> Placement { get; init; }

    /// <summary>The designs on offer side by side, in the order of their offers; null when none is.</summary>
    public IReadOnlyList<DesignResult>? Designs { get; init; }

    /// <summary>What each data-centre workload costs on each chip.</summary>
    public required IReadOnlyList<WorkloadServing> Serving { get; init; }

    /// <summary>Training jobs on each chip.</summary>
    public required IReadOnlyList<TrainingResult> Training { get; init; }

    /// <summary>What to buy, when, from whom, at what risk; null when no solver ran.</summary>
    public SupplyResult? Supply { get; init; }

    /// <summary>Why there is no supply plan; null when there is one.</summary>
    public string? SupplyProblem { get; init; }

    /// <summary>Values of the scenario that are guesses.</summary>
    public required IReadOnlyList<WrittenFact> Assumptions { get; init; }

    /// <summary>How far the models are off where they were measured.</summary>
    public required IReadOnlyList<ErrorBand> ErrorBands { get; init; }

    /// <summary>Things that the reader should know before acting.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>What was asked.</summary>
/// <param name="Name">The scenario's name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Description">Its description.</param>
/// <param name="File">The file's name without folders.</param>
/// <param name="Quarters">The quarters planned, such as <c>2024Q1</c>.</param>
public sealed record ScenarioSummary(string Name, string Title, string Description, string File, IReadOnlyList<string> Quarters);

/// <summary>One question of the first screen.</summary>
/// <param name="Question">Such as <c>How many chips of which kind?</c></param>
/// <param name="Headline">The answer in a few words or one figure.</param>
/// <param name="Detail">One or two sentences.</param>
public sealed record Answer(string Question, string Headline, string Detail);

/// <summary>Who asks for what, by quarter.</summary>
/// <param name="Products">Products with users.</param>
/// <param name="Workloads">The load that reaches the data centre, after placement.</param>
public sealed record DemandResult(IReadOnlyList<ProductDemand> Products, IReadOnlyList<WorkloadDemand> Workloads);

/// <summary>The demand of one product.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">Its title.</param>
/// <param name="ActiveUsers">Daily active users by quarter.</param>
/// <param name="PeakTurnsPerSecond">Turns per second in the busiest hour by quarter.</param>
/// <param name="PromptTokens">Mean prompt tokens of a turn.</param>
/// <param name="ReplyTokens">Mean reply tokens of a turn.</param>
public sealed record ProductDemand(
    string Name, string Title, IReadOnlyList<double> ActiveUsers, IReadOnlyList<double> PeakTurnsPerSecond, double PromptTokens, double ReplyTokens);

/// <summary>The load of one data-centre workload.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Unit"><c>requests/s</c>, <c>samples/s</c> or <c>tokens/s</c>.</param>
/// <param name="Peak">Load in the busiest hour by quarter.</param>
public sealed record WorkloadDemand(string Name, string Title, string Unit, IReadOnlyList<double> Peak);

/// <summary>Where one product's turns run.</summary>
public sealed record ProductPlacement
{
    /// <summary>The product.</summary>
    public required string Product { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The device in users' hands.</summary>
    public required string Device { get; init; }

    /// <summary>The model on the device; null when none fits or is allowed.</summary>
    public string? DeviceModel { get; init; }

    /// <summary>The workload that serves it in the data centre.</summary>
    public required string CloudWorkload { get; init; }

    /// <summary>Share of turns on the device.</summary>
    public required double DeviceShare { get; init; }

    /// <summary>Share of turns on a tethered phone.</summary>
    public required double PhoneShare { get; init; }

    /// <summary>Share of turns in the data centre.</summary>
    public required double CloudShare { get; init; }

    /// <summary>Share of turns that no allowed tier can serve within its target.</summary>
    public required double UnservedShare { get; init; }

    /// <summary>Prompt tokens above which the cloud wins; null when one side always wins.</summary>
    public double? FlipPromptTokens { get; init; }

    /// <summary>The target for voice-to-voice time at p95 in seconds; null for text products.</summary>
    public double? VoiceTargetSeconds { get; init; }

    /// <summary>Voice-to-voice (or first-token, for text) time by tier.</summary>
    public required IReadOnlyList<TierLatency> Latency { get; init; }

    /// <summary>Hours of battery with the product in use; null on mains.</summary>
    public double? BatteryHours { get; init; }

    /// <summary>Battery hours asked for; null when none are.</summary>
    public double? BatteryTargetHours { get; init; }

    /// <summary>Energy of a turn from the device's battery in joules.</summary>
    public double? JoulesPerTurn { get; init; }

    /// <summary>Memory of the on-device model at run time in bytes.</summary>
    public double? RamBytes { get; init; }

    /// <summary>Memory that an app may use in bytes.</summary>
    public double? RamLimitBytes { get; init; }

    /// <summary>Whether the device's speed was measured (on this device or its class) or is an estimate.</summary>
    public required bool Measured { get; init; }

    /// <summary>Why the turns go where they go.</summary>
    public required string Reason { get; init; }
}

/// <summary>The latency budget of a turn on one tier.</summary>
/// <param name="Tier"><c>device</c>, <c>phone</c> or <c>cloud</c>.</param>
/// <param name="P50Seconds">Median.</param>
/// <param name="P95Seconds">95th percentile.</param>
/// <param name="Stages">Median seconds by stage, in order.</param>
public sealed record TierLatency(string Tier, double P50Seconds, double P95Seconds, IReadOnlyList<StageLatency> Stages);

/// <summary>One stage of a turn.</summary>
/// <param name="Stage">Such as <c>speech recognition</c>.</param>
/// <param name="Seconds">Median time.</param>
public sealed record StageLatency(string Stage, double Seconds);

/// <summary>One workload on every chip on offer.</summary>
public sealed record WorkloadServing
{
    /// <summary>The workload.</summary>
    public required string Workload { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>What one unit of load is: <c>request</c> or <c>sample</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Target for time to first token at p99 in seconds; for ranking the time of a batch.</summary>
    public double? TtftTargetSeconds { get; init; }

    /// <summary>Target for time per output token at p99 in seconds.</summary>
    public double? TpotTargetSeconds { get; init; }

    /// <summary>The best deployment on each chip, cheapest first; chips that cannot do it last.</summary>
    public required IReadOnlyList<ServingOption> Options { get; init; }
}

/// <summary>The best deployment of a workload on one chip.</summary>
public sealed record ServingOption
{
    /// <summary>The chip.</summary>
    public required string Chip { get; init; }

    /// <summary>Whether a deployment meets the targets.</summary>
    public required bool Feasible { get; init; }

    /// <summary>Why not, with the best that is reachable; or what binds.</summary>
    public required string Reason { get; init; }

    /// <summary>Layout such as <c>TP4</c>.</summary>
    public string? Layout { get; init; }

    /// <summary>Precision of the weights.</summary>
    public string? Precision { get; init; }

    /// <summary>Chips of one replica.</summary>
    public int? ChipsPerReplica { get; init; }

    /// <summary>Sequences in flight per replica, or samples in a batch.</summary>
    public double? Concurrency { get; init; }

    /// <summary>Mean time to first token in seconds.</summary>
    public double? TtftSeconds { get; init; }

    /// <summary>p99 time to first token in seconds.</summary>
    public double? TtftP99Seconds { get; init; }

    /// <summary>Mean time per output token in seconds.</summary>
    public double? TpotSeconds { get; init; }

    /// <summary>p99 time per output token in seconds.</summary>
    public double? TpotP99Seconds { get; init; }

    /// <summary>Output tokens per second and chip.</summary>
    public double? TokensPerSecondPerChip { get; init; }

    /// <summary>Load per chip within the targets: requests or samples per second.</summary>
    public double? LoadPerChip { get; init; }

    /// <summary>Dollars per million output tokens (per million samples for ranking).</summary>
    public double? DollarsPerMillion { get; init; }

    /// <summary>Low end of that.</summary>
    public double? DollarsPerMillionLow { get; init; }

    /// <summary>High end of that.</summary>
    public double? DollarsPerMillionHigh { get; init; }

    /// <summary>Joules per output token (per sample for ranking).</summary>
    public double? JoulesPerUnit { get; init; }

    /// <summary>Memory used per chip in bytes.</summary>
    public double? MemoryBytesPerChip { get; init; }

    /// <summary>Share of time by operator role, largest first.</summary>
    public IReadOnlyList<TimeShare>? Operators { get; init; }
}

/// <summary>Share of a step's time.</summary>
/// <param name="Role">Which part of the model.</param>
/// <param name="Share">Share of the time, 0 to 1.</param>
/// <param name="Bound">What bounds it.</param>
public sealed record TimeShare(string Role, double Share, string Bound);

/// <summary>A training job on every chip on offer.</summary>
public sealed record TrainingResult
{
    /// <summary>The job.</summary>
    public required string Job { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens to train on.</summary>
    public required double Tokens { get; init; }

    /// <summary>First quarter of the job.</summary>
    public required string Start { get; init; }

    /// <summary>Last quarter of the job.</summary>
    public required string Deadline { get; init; }

    /// <summary>Days from the start of the first to the end of the last quarter.</summary>
    public required double DeadlineDays { get; init; }

    /// <summary>The smallest cluster of each chip that meets the deadline; chips that cannot come last.</summary>
    public required IReadOnlyList<TrainingOption> Options { get; init; }

    /// <summary>The chip that the supply plan trains on; null without a plan.</summary>
    public string? ChosenChip { get; init; }

    /// <summary>The quarter in which the job ends in the plan; null without a plan or when it does not end.</summary>
    public string? FinishQuarter { get; init; }
}

/// <summary>A training job on one chip.</summary>
public sealed record TrainingOption
{
    /// <summary>The chip.</summary>
    public required string Chip { get; init; }

    /// <summary>Whether the deadline can be met.</summary>
    public required bool Feasible { get; init; }

    /// <summary>Why not, or what binds.</summary>
    public required string Reason { get; init; }

    /// <summary>Chips.</summary>
    public int? Chips { get; init; }

    /// <summary>Layout such as <c>TP8 PP16 DP64</c>.</summary>
    public string? Layout { get; init; }

    /// <summary>Seconds per step.</summary>
    public double? StepSeconds { get; init; }

    /// <summary>Model FLOPs utilisation.</summary>
    public double? Mfu { get; init; }

    /// <summary>Share of time that advances the job, after failures and checkpoints.</summary>
    public double? Goodput { get; init; }

    /// <summary>Days to the end.</summary>
    public double? Days { get; init; }

    /// <summary>Dollars for chips' time and energy.</summary>
    public double? Dollars { get; init; }

    /// <summary>Energy in joules.</summary>
    public double? Joules { get; init; }
}

/// <summary>How far a model is off where it was measured.</summary>
/// <param name="Subject">What is predicted.</param>
/// <param name="Error">Mean absolute percentage error as a fraction; null when never measured.</param>
/// <param name="Rows">Measured rows behind it.</param>
/// <param name="Note">What it rests on.</param>
public sealed record ErrorBand(string Subject, double? Error, int Rows, string Note);
