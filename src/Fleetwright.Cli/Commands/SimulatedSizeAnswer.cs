using System.Globalization;
using Fleetwright.Serving.Search;

namespace Fleetwright.Cli.Commands;

/// <summary>What <c>fleetwright size --simulate</c> says.</summary>
internal static class SimulatedSizeAnswer
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>Writes the plans, the cheapest first; every chip without one is told as a problem.</summary>
    public static int Write(CommandContext context, bool json, SizingRequest request, SimulatedSizing sizing)
    {
        IReadOnlyList<SimulatedPlan> plans = sizing.Plans;
        if (json)
        {
            context.WriteJson(new
            {
                Cheapest = plans.Count > 0 ? plans[0].Offer.Chip.Chip.Name : null,
                request.Targets,
                sizing.IsPartial,
                Plans = plans.Select(Answer.Of),
                Unmet = sizing.Unmet.Select(u => new { Chip = u.Offer.Chip.Chip.Name, u.Nearest, Problem = Problem(request, u) }),
            });
        }
        else if (plans.Count > 0)
        {
            context.WriteTable(["chip", "layout", "dtype", "chips>", "fleet", "requests/s>", Name("TTFT ms", request), Name("TPOT ms", request), "good>", "batch>", "$/M tokens>", "targets"], plans.SelectMany(Rows));
            context.WriteLines(plans);
        }

        foreach (SimulatedUnmet unmet in sizing.Unmet)
        {
            context.Error.WriteLine($"fleetwright: {Problem(request, unmet)}");
        }

        if (sizing.IsPartial)
        {
            context.Error.WriteLine($"fleetwright: stopped after {plans.Count + sizing.Unmet.Count} of {request.Offers.Count} chips; what had been found by then is shown");
            return ExitCode.Cancelled;
        }

        return plans.Count > 0 ? ExitCode.Success : ExitCode.Infeasible;
    }

    internal static string Problem(SizingRequest request, SimulatedUnmet unmet) => unmet.Nearest is not { } near ? unmet.Problem : string.Create(
        s_culture,
        $"{request.Model.Name} on {unmet.Offer.Chip.Chip.Name}: no layout meets the targets in simulation; nearest: {near.Replicas:#,0} replicas with p{request.Targets.Quantile * 100:0.##} TTFT {near.Ttft.Value * 1e3:0} ms, TPOT {near.Tpot.Value * 1e3:0.0} ms, end to end {near.EndToEnd.Value:0.00} s");

    internal static void WriteLines(this CommandContext context, IReadOnlyList<SimulatedPlan> plans)
    {
        foreach (SimulatedPlan p in plans)
        {
            string held = p.Binding switch
            {
                Binding.Ttft => "the time to the first token",
                Binding.Tpot => "the time per further token",
                Binding.Memory => "the cache, whose sequences are evicted",
                _ => "nothing: one replica serves a fifth more",
            };
            context.Output.WriteLine(string.Create(s_culture, $"{p.Offer.Chip.Chip.Name}: held by {held}; {p.Requests:#,0} requests simulated, dealt out by {TrafficOptions.Key(p.Router.ToString())}"));
        }
    }

    internal static IEnumerable<IReadOnlyList<string>> Rows(SimulatedPlan p)
    {
        yield return Row(p, p.AtLoad, FormattableString.Invariant($"{p.AtLoad.Replicas} replicas"), true);
        if (p.Fewer is { } fewer)
        {
            yield return Row(p, fewer, "one less", false);
        }

        yield return Row(p, p.AtMore, "a fifth more load", false);
        if (p.ServerDown is { } down)
        {
            yield return Row(p, down, "a server down", false);
        }
    }

    private static IReadOnlyList<string> Row(SimulatedPlan p, SimulatedLoad load, string what, bool first) =>
    [
        first ? p.Offer.Chip.Chip.Name : "", first ? p.Replica.Sharding.ToString() : "", first ? Catalog.Units.Dtypes.Name(p.Replica.Graph.Precision.Weights) : "",
        (load.Replicas * p.Replica.Chips).ToString("#,0", s_culture), what, load.RequestsPerSecond.ToString("0.#", s_culture), Range(load.Ttft, "0"), Range(load.Tpot, "0.0"),
        load.Good.ToString("0.0 %", s_culture), load.MeanBatch.ToString("0.0", s_culture), first ? p.DollarsPerMillionOutputTokens.ToString("0.00", s_culture) : "", load.Meets ? "met" : "missed",
    ];

    // A trace is one draw, which has no range.
    internal static string Range(Interval interval, string format) => interval.High == interval.Low ? (interval.Value * 1e3).ToString(format, s_culture) :
        $"{(interval.Value * 1e3).ToString(format, s_culture)} ± {((interval.High - interval.Value) * 1e3).ToString(format, s_culture)}";

    internal static string Name(string metric, SizingRequest request) => FormattableString.Invariant($"{metric} p{request.Targets.Quantile * 100:0.##}>");

    internal sealed record Answer(
        string Chip, string Sharding, string Weights, int Replicas, long Chips, string Router, Binding Binding, double DollarsPerHour, double DollarsPerMillionOutputTokens,
        SimulatedLoad AtLoad, SimulatedLoad? Fewer, SimulatedLoad AtMore, SimulatedLoad? ServerDown, long RequestsSimulated)
    {
        public static Answer Of(SimulatedPlan p) => new(
            p.Offer.Chip.Chip.Name, p.Replica.Sharding.ToString(), Catalog.Units.Dtypes.Name(p.Replica.Graph.Precision.Weights), p.AtLoad.Replicas, p.Chips, p.Router.ToString(), p.Binding, p.DollarsPerSecond * 3600,
            p.DollarsPerMillionOutputTokens, p.AtLoad, p.Fewer, p.AtMore, p.ServerDown, p.Requests);
    }
}
