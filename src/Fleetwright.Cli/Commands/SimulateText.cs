using System.Globalization;
using Fleetwright.Catalog.Units;
using Fleetwright.Serving.Simulation.Results;

namespace Fleetwright.Cli.Commands;

/// <summary>A simulation in words and tables, as it is printed.</summary>
internal static class SimulateText
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>Prints an answer.</summary>
    public static void Write(CommandContext context, SimulateAnswer a)
    {
        context.Output.WriteLine($"{Title(a)}{(a.Partial ? " (partial)" : "")}");
        context.Output.WriteLine($"  {a.Traffic}");
        context.Output.WriteLine($"  {a.Bottleneck}.");
        context.WriteTable(Heads(a, ">"), a.Latencies.Select(l => Row(l)));
        foreach ((string name, string value) in Facts(a))
        {
            context.Output.WriteLine($"  {name,-12} {value}");
        }

        if (a.Split is { } split)
        {
            context.Output.WriteLine("Caches on their way");
            context.WriteTable(Heads(a, ">"), split.Transfers.Latencies.Select(l => Row(l)));
        }

        foreach (SimulateAnswer.ClassAnswer one in a.Classes ?? [])
        {
            context.Output.WriteLine(Title(one));
            context.WriteTable(Heads(a, ">"), one.Latencies.Select(l => Row(l)));
        }

        foreach (string note in a.Notes)
        {
            context.Output.WriteLine($"  note: {note}");
        }

        context.Output.WriteLine(string.Create(s_culture, $"Took {SimulationWatch.Time(a.WallSeconds)}: {a.RequestsPerWallSecond:#,0} requests/s, {a.Iterations:#,0} iterations in {a.Leaps:#,0} leaps"));
    }

    /// <summary>What was simulated.</summary>
    public static string Title(SimulateAnswer a) => a.Split is { } split ? $"{a.Model} in {a.Precision.Weights.Name()} on {split.Title}, {a.Engine}" : string.Create(
        s_culture,
        $"{a.Model} in {a.Precision.Weights.Name()} on {(a.Fleet?.Kinds is { Count: > 1 } kinds ? string.Join(" and ", kinds.Select(k => string.Create(s_culture, $"{k.Replicas:#,0} × {k.Name}"))) : $"{Range(a, a.Chips / a.Replicas)} × {a.Chip}: {Range(a, 1)} × {a.Sharding}")}, {a.Engine} ({TrafficOptions.Key(a.Scheduler.ToString())}){(a.Replicas > 1 || a.Fleet is not null ? $", {TrafficOptions.Key(a.Router.ToString())}" : "")}");

    // So many of each replica: of all that there are, or from the fewest to the most that an autoscaler ordered.
    private static string Range(SimulateAnswer a, long each)
    {
        long fewest = (a.Fleet?.FewestReplicas ?? a.Replicas) * each, most = (a.Fleet?.MostReplicas ?? a.Replicas) * each;
        return fewest == most ? most.ToString("#,0", s_culture) : string.Create(s_culture, $"{fewest:#,0} to {most:#,0}");
    }

    /// <summary>What became of a class, before its latencies.</summary>
    public static string Title(SimulateAnswer.ClassAnswer one)
    {
        string priority = one.Priority is { } p ? string.Create(s_culture, $" (priority {p})") : "";
        string good = one.Goodput is { } g ? string.Create(s_culture, $", {Share(one.Good, one.Completed + one.Rejected)} keep {string.Join(", ", Kept(g))}") : "";
        return string.Create(s_culture, $"Class {one.Name}{priority}: {one.Completed:#,0} requests, {one.Rejected:#,0} turned away, {one.Preemptions:#,0} preemptions{good}");
    }

    /// <summary>Heads of the table of latencies.</summary>
    public static IReadOnlyList<string> Heads(SimulateAnswer a, string right) => ["ms", $"mean{right}", $"band of the mean{right}", .. a.Latencies[0].PercentileSeconds.Keys.Select(k => k + right), $"longest{right}"];

    /// <summary>A row of it.</summary>
    public static IReadOnlyList<string> Row(SimulateAnswer.Latency l) => [Name(l.Name), Milliseconds(l.MeanSeconds), l.MeanBand is { } band ? $"{Milliseconds(band.Low)}–{Milliseconds(band.High)}" : "–", .. l.PercentileSeconds.Values.Select(Milliseconds), Milliseconds(l.MaximumSeconds)];

    /// <summary>A latency's name for people.</summary>
    public static string Name(string key) => key switch { "ttft" => "TTFT", "tpot" => "TPOT", "inter_token" => "between tokens", "end_to_end" => "end to end", _ => key.Replace('_', ' ') };

    /// <summary>What else there is to say, by name.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(SimulateAnswer a)
    {
        SimulateAnswer.Rates t = a.Throughput;
        string offered = t.OfferedRequestsPerSecond is { } rate ? string.Create(s_culture, $" of {rate:#,0.##} offered") : "";
        yield return ("requests", string.Create(s_culture, $"{a.Completed:#,0} answered in {SimulationWatch.Time(a.SimulatedSeconds)} of simulated time, {a.Rejected:#,0} turned away, {a.Preemptions:#,0} preemptions"));
        yield return ("throughput", string.Create(s_culture, $"{Number(t.RequestsPerSecond)} requests/s{offered}, {t.PromptTokensPerSecond:#,0} prompt and {t.OutputTokensPerSecond:#,0} output tokens/s ({Number(t.OutputTokensPerSecondPerChip)} a chip)"));
        bool byClass = a.Classes?.Any(c => c.Goodput is not null) ?? false;
        if (byClass || Kept(a.Goodput).Any())
        {
            yield return ("goodput", string.Create(s_culture, $"{Number(a.Goodput.RequestsPerSecond)} requests/s, {Share(a.Goodput.Good, a.Completed + a.Rejected)} of them, keep {(byClass ? "what their class asks" : string.Join(", ", Kept(a.Goodput)))}"));
        }

        foreach ((string, string) fact in a.Split?.Facts ?? [])
        {
            yield return fact;
        }

        SimulateAnswer.Load r = a.Replica;
        yield return (a.Split is null ? "replicas" : "decode", string.Create(s_culture, $"busy {r.BusyShare:0.0 %}, mean batch {Number(r.MeanBatch)} decodes, {Number(r.TokensPerIteration)} tokens an iteration; {Number(r.Running)} of {r.MaximumSequences:#,0} sequences run, {Number(r.Waiting)} wait"));
        if (a.Speculation is { } s)
        {
            yield return ("speculation", string.Create(s_culture, $"{s.DraftTokens} drafted a step by {s.Draft}: {Number(s.TokensPerStep)} tokens gained, {Number(s.ExpectedTokens)} expected; a step takes {Milliseconds(s.StepSeconds)} ms, {s.DraftShare:0 %} of it drafting, and without {Milliseconds(s.PlainStepSeconds)} ms: decodes {Number(s.DecodeSpeedUp)} times as fast at this batch"));
        }

        foreach ((string, string) fact in a.Adapters?.Facts() ?? [])
        {
            yield return fact;
        }

        yield return ("cache", string.Create(s_culture, $"{r.CacheShare:0.0 %} full on average, {r.CachePeakShare:0.0 %} at most, of {r.CacheBlocks:#,0} blocks of {r.BlockTokens} tokens a replica"));
        foreach ((string, string) fact in a.Cache?.Facts() ?? [])
        {
            yield return fact;
        }

        yield return ("energy", string.Create(s_culture, $"{Number(a.Energy.KilowattHours)} kWh, {Number(a.Energy.JoulesPerOutputToken)} J an output token with servers, {a.Energy.WattsPerChip:0} W a chip"));
        yield return ("cost", a.Cost.Dollars is null ? "no price is known for this chip"
            : string.Create(s_culture, $"${Number(a.Cost.DollarsPerMillionOutputTokens)} per million output tokens, ${Number(a.Cost.DollarsPerMillionTokens)} per million of all, ${Number(a.Cost.DollarsPerHour)} an hour"));
        foreach ((string, string) fact in a.Fleet is null ? [] : FleetAnswer.Facts(a.Fleet))
        {
            yield return fact;
        }

        yield return ("time goes to", string.Join(", ", a.Time.Where(p => p.Share >= 0.005).Select(p => string.Create(s_culture, $"{Words(p)} {p.Share:0 %}"))));
    }

    /// <summary>A part of the time in words.</summary>
    public static string Words(TimePart part) => part.Use == TimeUse.Idle ? "idle" : $"{(part.Use == TimeUse.Prompts ? "prefill" : "decode")} {part.Cause switch { TimeCause.Compute => "compute", TimeCause.Bandwidth => "bandwidth", TimeCause.Network => "links", _ => "overhead" }}";

    private static IEnumerable<string> Kept(SimulateAnswer.Targets goodput)
    {
        foreach ((string name, double? value) in ((string, double?)[])[("TTFT", goodput.TtftSeconds), ("TPOT", goodput.TpotSeconds), ("end to end", goodput.EndToEndSeconds)])
        {
            if (value is { } seconds)
            {
                yield return $"{name} ≤ {SimulationWatch.Time(seconds)}";
            }
        }
    }

    private static string Share(long part, long whole) => ((double)part / Math.Max(1, whole)).ToString("0.0 %", s_culture);

    private static string Milliseconds(double? seconds) => seconds is not { } s ? "–" : (s * 1e3).ToString(s >= 0.1 ? "#,0" : s >= 0.01 ? "0.0" : "0.00", s_culture);

    internal static string Number(double? value) => ChipExploreCommand.Number(value);
}
