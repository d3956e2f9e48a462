using System.Globalization;
using System.Text;
using Fleetwright.Cli.Commands;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;

namespace Fleetwright.Cli.Pages;

/// <summary>A simulation as one self-contained page: what binds, where the time goes, distributions of latencies, how full replicas were over time, and the numbers.</summary>
internal static class SimulatePage
{
    private const int Hues = 6;

    private const string Style = """
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 12px; margin: 0 0 12px } .pair figure { margin: 0; min-width: 0 } .answers { margin-top: 8px }
        .bar { display: flex; height: 34px; margin: 10px 0; border-radius: 4px; overflow: hidden } .bar i { border-right: 1px solid var(--paper) } .key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px } .key i { display: inline-block; width: 11px; height: 11px; margin-right: 6px } .key b { font-weight: 600; color: var(--muted) }
        td.n, th.n { text-align: right } td:first-child, th { white-space: nowrap }
        @media (max-width: 600px) { main { padding: 14px 12px 40px } figure { padding: 12px } .answers li { font-size: 15px } h1 { font-size: 20px } td, th { padding-right: 8px } }
        """;

    /// <summary>The page.</summary>
    public static string Write(SimulateAnswer answer, SimulationResult result)
    {
        var page = new StringBuilder(ComparePage.HeadFor($"Simulation: {answer.Model} on {answer.Chip}").Replace("</style></head>", $"{Style}</style></head>", StringComparison.Ordinal))
            .Append("<main><p class=brand>Fleetwright</p><h1>").Append(ComparePage.Text(SimulateText.Title(answer))).Append(answer.Partial ? " (partial)" : "").Append("</h1><p class=subject>").Append(ComparePage.Text(answer.Traffic)).Append("</p><ul class=answers>")
            .Append("<li>").Append(ComparePage.Text(answer.Bottleneck)).Append(".</li></ul>");
        Plots(page, answer, result);
        Latencies(page, "Latencies", answer, answer.Latencies);
        Facts(page, answer);
        if (answer.Split is { } split)
        {
            Latencies(page, "Caches on their way", answer, split.Transfers.Latencies);
        }

        foreach (SimulateAnswer.ClassAnswer one in answer.Classes ?? [])
        {
            Latencies(page, SimulateText.Title(one), answer, one.Latencies);
        }

        foreach (string note in answer.Notes)
        {
            page.Append("<p class=note>").Append(ComparePage.Text(note)).Append("</p>");
        }

        return page.Append("</main></body></html>\n").ToString();
    }

    private static void Plots(StringBuilder page, SimulateAnswer answer, SimulationResult result)
    {
        RunStatistics run = result.Statistics;
        var series = OccupancySeries.MeanOf(result.Occupancy);
        string of = result.Prefill is not null ? "A replica of the decode pool"
            : answer.Fleet is { ReplicasOverTime.Count: > 0 } ? "Mean of the replicas that serve"
            : result.Occupancy.Count > 1 ? $"Mean of {(answer.Replicas > result.Occupancy.Count ? "the first " : "")}{result.Occupancy.Count.ToString(CultureInfo.InvariantCulture)} replicas" : "The replica";
        ComparePage.Figure(page, "Where the time goes", "Time of all replicas by what they do and what holds them back; divided on mean iterations.", SimulatePlots.Time(answer.Time));
        page.Append("<div class=pair>");
        ComparePage.Figure(page, "To the first token", "Share of requests that wait at most so long for it; the dots are p50 and p99.", SimulatePlots.Distributions(Lines("TTFT", c => c.Ttft)));
        ComparePage.Figure(page, "From token to token", "TPOT is the mean of a request; between tokens is every single one.", SimulatePlots.Distributions([("TPOT", 0, All(run, c => c.Tpot)), ("between tokens", 3, run.InterToken)]));
        ComparePage.Figure(page, "To the last token", "Share of requests that take at most so long.", SimulatePlots.Distributions(Lines("end to end", c => c.EndToEnd)));
        ComparePage.Figure(page, "In the queue", "Share of requests whose first iteration starts at most so long after the engine has them.", SimulatePlots.Distributions(Lines("queue", c => c.Queue)));
        if (series.Count > 0)
        {
            ComparePage.Figure(page, "Sequences over time", $"{of}; a dashed line: as many as the engine runs, where they come near it.", SimulatePlots.OverTime(series, [("running", 0, series.Running), ("waiting", 2, series.Waiting)], result.Limits.MaximumSequences, percent: false));
            ComparePage.Figure(page, "Cache over time", $"{of}; share of {result.Limits.Blocks.ToString("#,0", CultureInfo.InvariantCulture)} blocks that is taken.", SimulatePlots.OverTime(series, [("taken", 3, series.Cache)], 1, percent: true));
        }

        if (result.Fleet is { Series: { Count: > 0 } fleet } && answer.Fleet!.ReplicasOverTime.Count > 0)
        {
            ComparePage.Figure(page, "Replicas over time", "How many take requests, start, drain or are down.", SimulatePlots.OverTime(
                fleet.Count, Ticks.Seconds(fleet.End), Ticks.Seconds(fleet.Interval),
                [("up", 0, i => fleet.Mean(ReplicaStatus.Up, i)), ("starting", 3, i => fleet.Mean(ReplicaStatus.Starting, i)), ("draining", 2, i => fleet.Mean(ReplicaStatus.Draining, i)), ("down", 5, i => fleet.Mean(ReplicaStatus.Down, i))],
                double.PositiveInfinity, percent: false));
        }

        if (result.Prefill is { } prefill)
        {
            var prompts = OccupancySeries.MeanOf(prefill.Occupancy);
            ComparePage.Figure(page, "Prefill pool over time", "Mean of a replica: prompts that are computed, and requests that wait.", SimulatePlots.OverTime(prompts, [("running", 0, prompts.Running), ("waiting", 2, prompts.Waiting)], prefill.Limits.MaximumSequences, percent: false));
            ComparePage.Figure(page, "Prefill cache over time", $"Share of {prefill.Limits.Blocks.ToString("#,0", CultureInfo.InvariantCulture)} blocks that is taken, by prompts and by caches that are not sent yet.", SimulatePlots.OverTime(prompts, [("taken", 3, prompts.Cache)], 1, percent: true));
            ComparePage.Figure(page, "From the prompt to the second token", "Share of caches that take at most so long: the transfer alone, and all from the whole prompt to the next iteration.", SimulatePlots.Distributions([("transfer", 1, prefill.Transfers.Transfer), ("hand over", 4, prefill.Transfers.HandOver)]));
        }

        page.Append("</div>");

        // By class where there are some, as many as there are colours.
        IReadOnlyList<(string, int, LatencySketch)> Lines(string name, Func<ClassStatistics, LatencySketch> sketch) =>
            answer.Classes is { } classes ? [.. classes.Take(Hues).Select((c, i) => (c.Name, i, sketch(run.Classes[i])))] : [(name, 0, All(run, sketch))];
    }

    private static void Latencies(StringBuilder page, string title, SimulateAnswer answer, IReadOnlyList<SimulateAnswer.Latency> latencies)
    {
        page.Append("<figure><figcaption><h2>").Append(ComparePage.Text(title)).Append("</h2></figcaption><div class=scroll><table><tr>");
        bool first = true;
        foreach (string head in SimulateText.Heads(answer, ""))
        {
            page.Append(first ? "<th>" : "<th class=n>").Append(ComparePage.Text(head));
            first = false;
        }

        page.Append("</tr>");
        foreach (SimulateAnswer.Latency latency in latencies)
        {
            IReadOnlyList<string> cells = SimulateText.Row(latency);
            page.Append("<tr><td>").Append(ComparePage.Text(cells[0]));
            foreach (string cell in cells.Skip(1))
            {
                page.Append("<td class=n>").Append(ComparePage.Text(cell));
            }
        }

        page.Append("</table></div></figure>");
    }

    private static void Facts(StringBuilder page, SimulateAnswer answer)
    {
        page.Append("<figure><figcaption><h2>Numbers</h2></figcaption><div class=scroll><table>");
        foreach ((string name, string value) in SimulateText.Facts(answer))
        {
            page.Append("<tr><th>").Append(ComparePage.Text(name)).Append("<td>").Append(ComparePage.Text(value));
        }

        page.Append("</table></div></figure>");
    }

    private static LatencySketch All(RunStatistics run, Func<ClassStatistics, LatencySketch> sketch)
    {
        var all = new LatencySketch();
        foreach (ClassStatistics statistics in run.Classes)
        {
            all.Add(sketch(statistics));
        }

        return all;
    }
}
