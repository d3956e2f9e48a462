using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models;
using Fleetwright.Scenarios.Results;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Ranking;
using Fleetwright.Serving.Search;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Scenarios.Chain;

/// <summary>A data-centre workload on every chip: what one chip can take within the targets, at what cost.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="Result">For the report.</param>
/// <param name="LoadPerChip">Requests or samples per second that one chip takes; chips that cannot do it are missing.</param>
/// <param name="TtftMean">Mean time to the first token on the cheapest chip, in seconds; infinite when none can do it.</param>
/// <param name="TtftTail">The same at p99.</param>
/// <param name="TpotMean">Mean time per output token on the cheapest chip, in seconds.</param>
/// <param name="Plan">The cheapest deployment; null when no chip can do it, and for ranking.</param>
/// <param name="Shape">What its requests look like; null for ranking.</param>
internal sealed record WorkloadCapability(
    Inputs.Workload Workload, WorkloadServing Result, IReadOnlyDictionary<string, double> LoadPerChip, double TtftMean, double TtftTail, double TpotMean,
    ServingPlan? Plan = null, Workload? Shape = null);

/// <summary>
/// The price list of the data centre: for each workload and chip the cheapest deployment that meets the targets.
/// It depends on what requests look like, not on how many there are; the number follows from placement.
/// </summary>
internal static class ServingStage
{
    // A rate at which whole replicas do not matter, so that the price list holds at any scale.
    private const double LargeRate = 1e6;

    public static IReadOnlyList<WorkloadCapability> Run(ChainContext context, OfferedChips offered, IReadOnlyList<ProductTurns> turns)
    {
        EngineOptions engine = EngineOptions.Of(context.Catalog).Get("vllm");
        return [.. context.Scenario.Workloads.Select(workload =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<OfferedChip> ready = offered.For(context, workload.Chips);
            IReadOnlyList<ChipOffer> offers = [.. ready.Select(c => new ChipOffer(c.Model, c.DollarsPerSecond))];
            context.Progress($"sizing {workload.Title} on {offers.Count} chips");
            ModelSpec model = ModelResolver.Resolve(context.Catalog, workload.Model);
            WorkloadCapability capability = model.Ranking is null
                ? Language(context, workload, model, engine, offers, DemandStage.Shape(turns, workload.Name))
                : Ranking(context, workload, model, engine, offers);
            IEnumerable<ServingOption> others = offered.Chips.Except(ready).Select(c => new ServingOption { Chip = c.Name, Feasible = false, Reason = OfferedChips.NotReady });
            return capability with { Result = capability.Result with { Options = [.. capability.Result.Options, .. others] } };
        })];
    }

    private static WorkloadCapability Language(
        ChainContext context, Inputs.Workload workload, ModelSpec model, EngineOptions engine, IReadOnlyList<ChipOffer> offers, Workload shape)
    {
        SizingResult sizing = ServingSearch.Run(new SizingRequest
        {
            Model = model,
            Workload = shape,
            Targets = new LatencyTargets(workload.LatencyTarget, workload.TpotTarget?.Value ?? double.PositiveInfinity),
            RequestsPerSecond = LargeRate,
            Engine = engine,
            Offers = offers,
            Precisions = [.. workload.Precisions.Select(Precision.For)],
            Threads = context.Threads,
            Basis = OfferedChips.Basis(context.Scenario),
        });
        Dictionary<string, double> load = sizing.Chips.Where(c => c.Plan is not null)
            .ToDictionary(c => c.Offer.Chip.Chip.Name, c => 1 / c.Plan!.ChipsPerRequestPerSecond);
        ServingPlan? best = sizing.Cheapest?.Plan;
        return new WorkloadCapability(
            workload,
            Result(workload, model, "request", sizing.Chips.Select(c => Option(c, shape, context)), workload.TpotTarget?.Value),
            load,
            best?.AtCapacity.TtftMean ?? double.PositiveInfinity,
            best?.AtCapacity.TtftTail ?? double.PositiveInfinity,
            best?.AtCapacity.TpotMean ?? double.PositiveInfinity,
            best,
            shape);
    }

    private static ServingOption Option(ChipSizing sizing, Workload shape, ChainContext context)
    {
        if (sizing.Plan is not { } plan)
        {
            return new ServingOption { Chip = sizing.Offer.Chip.Chip.Name, Feasible = false, Reason = sizing.Problem };
        }

        ServingEstimate estimate = SteadyState.Estimate(plan.Replica, shape, Math.Max(1, plan.AtCapacity.Decoding), OfferedChips.Basis(context.Scenario), sizing.Offer.DollarsPerSecond);
        double dollars = plan.DollarsPerMillionOutputTokens;
        return new ServingOption
        {
            Chip = sizing.Offer.Chip.Chip.Name,
            Feasible = true,
            Reason = $"bound by {Words.Of(plan.Binding)}",
            Layout = plan.Sharding.ToString(),
            Precision = plan.Precision.Weights.Name(),
            ChipsPerReplica = plan.Replica.Chips,
            Concurrency = plan.AtCapacity.Decoding,
            TtftSeconds = plan.AtCapacity.TtftMean,
            TtftP99Seconds = plan.AtCapacity.TtftTail,
            TpotSeconds = plan.AtCapacity.TpotMean,
            TpotP99Seconds = plan.AtCapacity.TpotTail,
            TokensPerSecondPerChip = plan.AtCapacity.OutputTokensPerSecondPerChip,
            LoadPerChip = 1 / plan.ChipsPerRequestPerSecond,
            DollarsPerMillion = dollars,
            DollarsPerMillionLow = dollars * plan.AtCapacity.LowRatio,
            DollarsPerMillionHigh = dollars * plan.AtCapacity.HighRatio,
            JoulesPerUnit = plan.JoulesPerOutputToken,
            MemoryBytesPerChip = plan.Memory.Used,
            Operators = [.. estimate.Operators.Take(8).Select(o => new TimeShare(Words.Of(o.Role), o.Share, Words.Of(o.Bound)))],
        };
    }

    private static WorkloadCapability Ranking(
        ChainContext context, Inputs.Workload workload, ModelSpec model, EngineOptions engine, IReadOnlyList<ChipOffer> offers)
    {
        IReadOnlyList<RankingSizing> sizing = RankingSearch.Run(new RankingRequest
        {
            Model = model,
            SamplesPerSecond = LargeRate * 1e6,
            LatencySeconds = workload.LatencyTarget,
            Engine = engine,
            Offers = offers,
            Precision = Precision.For(workload.Precisions[0]),
            Basis = OfferedChips.Basis(context.Scenario),
        });
        Dictionary<string, double> load = sizing.Where(c => c.Plan is not null).ToDictionary(c => c.Offer.Chip.Chip.Name, c => c.Plan!.SamplesPerSecondPerChip);
        IEnumerable<ServingOption> options = sizing.Select(s => s.Plan is not { } plan
            ? new ServingOption { Chip = s.Offer.Chip.Chip.Name, Feasible = false, Reason = s.Problem }
            : new ServingOption
            {
                Chip = s.Offer.Chip.Chip.Name,
                Feasible = true,
                Reason = "largest batch within the latency",
                Layout = plan.Sharding.ToString(),
                Precision = workload.Precisions[0].Name(),
                ChipsPerReplica = plan.Sharding.Chips,
                Concurrency = plan.BatchSamples,
                TtftSeconds = plan.StepSeconds,
                LoadPerChip = plan.SamplesPerSecondPerChip,
                DollarsPerMillion = plan.DollarsPerMillionSamples,
                DollarsPerMillionLow = plan.DollarsPerMillionSamples * plan.LowRatio,
                DollarsPerMillionHigh = plan.DollarsPerMillionSamples * plan.HighRatio,
                JoulesPerUnit = plan.JoulesPerSample,
                MemoryBytesPerChip = plan.Memory.Used,
            });
        return new WorkloadCapability(workload, Result(workload, model, "sample", options, null), load, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
    }

    private static WorkloadServing Result(Inputs.Workload workload, ModelSpec model, string unit, IEnumerable<ServingOption> options, double? tpot) => new()
    {
        Workload = workload.Name,
        Title = workload.Title,
        Model = model.Title,
        Unit = unit,
        TtftTargetSeconds = workload.LatencyTarget,
        TpotTargetSeconds = tpot,
        Options = [.. options.OrderBy(o => o.DollarsPerMillion ?? double.PositiveInfinity)],
    };
}
