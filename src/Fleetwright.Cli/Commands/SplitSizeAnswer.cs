using System.Globalization;
using Fleetwright.Serving.Search;

namespace Fleetwright.Cli.Commands;

/// <summary>What <c>fleetwright size --simulate --pools split</c> or <c>both</c> says.</summary>
internal static class SplitSizeAnswer
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>Writes the plans, the cheapest of each kind first, and which kind is cheaper.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="json">Whether as JSON.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="sizing">Plans whose replicas do both; null when they were not asked for.</param>
    /// <param name="split">Plans with two pools.</param>
    public static int Write(CommandContext context, bool json, SizingRequest request, SimulatedSizing? sizing, IReadOnlyList<SplitPlan> split)
    {
        IReadOnlyList<SimulatedPlan>? together = sizing?.Plans;
        SimulatedPlan? one = together is { Count: > 0 } ? together[0] : null;
        SplitPlan? two = split.Count > 0 ? split[0] : null;
        FleetPools? cheaper = one is null && two is null ? null : two is null || one?.DollarsPerSecond <= two.DollarsPerSecond ? FleetPools.Together : FleetPools.Split;
        if (json)
        {
            context.WriteJson(new { Cheapest = cheaper == FleetPools.Together ? one!.Offer.Chip.Chip.Name : (two is null ? null : Chips(two)), CheaperPools = cheaper, request.Targets, Plans = together?.Select(SimulatedSizeAnswer.Answer.Of), SplitPlans = split.Select(p => Answer.Of(p, request)) });
        }
        else if (cheaper is not null)
        {
            context.WriteTable(
                ["chip", "layout", "dtype", "chips>", "fleet", "requests/s>", SimulatedSizeAnswer.Name("TTFT ms", request), SimulatedSizeAnswer.Name("TPOT ms", request), "good>", "batch>", "$/M tokens>", "targets"],
                [.. (together ?? []).SelectMany(SimulatedSizeAnswer.Rows), .. split.SelectMany(Rows)]);
            context.WriteLines(together ?? []);
            foreach (SplitPlan p in split)
            {
                context.Output.WriteLine(string.Create(
                    s_culture, $"{Chips(p)} split: {Words("prefill", p.PrefillBinding(request))}, {Words("decode", p.DecodeBinding(request))}; caches over {p.Prefill.Link.BytesPerSecond / 1e9:0.#} GB/s; {p.Requests:#,0} requests simulated, dealt out by {TrafficOptions.Key(p.Router.ToString())}"));
            }

            if (one is not null && two is not null)
            {
                double less = 1 - (Math.Min(one.DollarsPerSecond, two.DollarsPerSecond) / Math.Max(one.DollarsPerSecond, two.DollarsPerSecond));
                context.Output.WriteLine(less < 1e-9 ? "Both cost the same"
                    : string.Create(s_culture, $"{(cheaper == FleetPools.Split ? "Splitting" : "Keeping prompts and answers together")} is {less:0.0 %} cheaper: {(cheaper == FleetPools.Split ? two.Chips : one.Chips):#,0} chips for {(cheaper == FleetPools.Split ? one.Chips : two.Chips):#,0}"));
            }
        }

        foreach (ChipOffer without in context.Cancellation.IsCancellationRequested ? [] : request.Offers.Where(o => split.All(p => p.Offer != o)))
        {
            context.Error.WriteLine($"fleetwright: {request.Model.Name} on {without.Chip.Chip.Name}: no two pools meet the targets in simulation{(without.Chip.Chip.ScaleOutBandwidth is null ? ", as the catalogue has no scale-out bandwidth for it" : "")}");
        }

        foreach (SimulatedUnmet unmet in sizing?.Unmet ?? [])
        {
            context.Error.WriteLine($"fleetwright: {SimulatedSizeAnswer.Problem(request, unmet)}");
        }

        if (context.Cancellation.IsCancellationRequested)
        {
            context.Error.WriteLine("fleetwright: stopped; what had been found by then is shown");
            return ExitCode.Cancelled;
        }

        return cheaper is null ? ExitCode.Infeasible : ExitCode.Success;
    }

    private static string Chips(SplitPlan p) => p.PrefillOffer == p.Offer ? p.Offer.Chip.Chip.Name : $"{p.PrefillOffer.Chip.Chip.Name} + {p.Offer.Chip.Chip.Name}";

    private static string Words(string pool, Binding binding) => binding switch
    {
        Binding.Ttft => $"the {pool} pool is held by the time to the first token",
        Binding.Tpot => $"the {pool} pool by the time per further token",
        Binding.Memory => $"the {pool} pool by the cache",
        _ => $"one {pool} replica is enough",
    };

    private static IEnumerable<IReadOnlyList<string>> Rows(SplitPlan p)
    {
        int prompts = p.Prefill.Replicas, decodes = p.DecodeReplicas;
        yield return Row(p, p.AtLoad, FormattableString.Invariant($"{prompts} prefill + {decodes} decode"), prompts, decodes, true);
        if (p.FewerPrefill is { } fewer)
        {
            yield return Row(p, fewer, "one prefill less", prompts - 1, decodes, false);
        }

        if (p.FewerDecode is { } less)
        {
            yield return Row(p, less, "one decode less", prompts, decodes - 1, false);
        }

        yield return Row(p, p.AtMore, "a fifth more load", prompts, decodes, false);
    }

    private static IReadOnlyList<string> Row(SplitPlan p, SimulatedLoad load, string what, int prompts, int decodes, bool first) =>
    [
        first ? Chips(p) : "", first ? $"{p.Prefill.Replica.Sharding} + {p.Decode.Sharding}" : "", first ? Catalog.Units.Dtypes.Name(p.Decode.Graph.Precision.Weights) : "",
        (((long)prompts * p.Prefill.Replica.Chips) + ((long)decodes * p.Decode.Chips)).ToString("#,0", s_culture), what, load.RequestsPerSecond.ToString("0.#", s_culture),
        SimulatedSizeAnswer.Range(load.Ttft, "0"), SimulatedSizeAnswer.Range(load.Tpot, "0.0"), load.Good.ToString("0.0 %", s_culture), load.MeanBatch.ToString("0.0", s_culture),
        first ? p.DollarsPerMillionOutputTokens.ToString("0.00", s_culture) : "", load.Meets ? "met" : "missed",
    ];

    private sealed record Answer(
        string PrefillChip, string Chip, string PrefillSharding, int PrefillReplicas, string DecodeSharding, int DecodeReplicas, string Weights, long Chips, string Router, double LinkBytesPerSecond, Binding PrefillBinding, Binding DecodeBinding,
        double DollarsPerHour, double DollarsPerMillionOutputTokens, SimulatedLoad AtLoad, SimulatedLoad? FewerPrefill, SimulatedLoad? FewerDecode, SimulatedLoad AtMore, long RequestsSimulated)
    {
        public static Answer Of(SplitPlan p, SizingRequest request) => new(
            p.PrefillOffer.Chip.Chip.Name, p.Offer.Chip.Chip.Name, p.Prefill.Replica.Sharding.ToString(), p.Prefill.Replicas, p.Decode.Sharding.ToString(), p.DecodeReplicas, Catalog.Units.Dtypes.Name(p.Decode.Graph.Precision.Weights), p.Chips, p.Router.ToString(),
            p.Prefill.Link.BytesPerSecond, p.PrefillBinding(request), p.DecodeBinding(request), p.DollarsPerSecond * 3600, p.DollarsPerMillionOutputTokens, p.AtLoad, p.FewerPrefill, p.FewerDecode, p.AtMore, p.Requests);
    }
}
