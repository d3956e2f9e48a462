using Fleetwright.Hardware.Calibration;
using Fleetwright.Serving.Published;

namespace Fleetwright.Validation.Sections.Stages;

/// <summary>Measured closed-loop servers.</summary>
internal sealed class ServingSection : IValidationSection
{
    public string Id => "serving";

    public string Title => "Serving";

    public IReadOnlyList<BarDefinition> Bars { get; } = [];

    public void Score(SectionBuilder to)
    {
        if (to.Find(MeasuredServers.File) is not { } path)
        {
            return;
        }

        IReadOnlyList<ServedRow> rows = MeasuredServers.Predict(to.Catalog, path, to.Cancellation);
        to.Text("Measured closed-loop servers, each simulated from its start-up burst to its last answer; one set of parameters an engine, none per row, model or chip, fitted on these rows without DeepSeek's (errors of groups left out: [serving-scores.md](serving-scores.md)). TPOT: time per further token; TTFT: time to the first.");
        to.Table(
            ["rows", "n>", "TPOT MAPE>", "median>", "bias>", "TTFT MAPE>", "median>", "bias>"],
            rows.GroupBy(r => r.Group).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Line(g.Key, [.. g])).Append(Line("**all but DeepSeek**", [.. rows.Where(r => !r.Model.Contains("DeepSeek", StringComparison.Ordinal))])).Append(Line("all", rows)));
        to.Scatter("serving-tpot", "Time per token of measured servers", "s", rows.GroupBy(r => r.Tpot.Group).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Select(r => r.Tpot))));
        to.Scatter("serving-ttft", "Time to the first token of measured servers", "s", rows.GroupBy(r => r.Ttft.Group).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Select(r => r.Ttft))));
        to.Text("Random arrivals are checked against queueing theory only (M/M/1 exact, M/D/1 within 20 %).");
    }

    private static IReadOnlyList<string> Line(string name, IReadOnlyList<ServedRow> rows)
    {
        (ErrorScore tpot, ErrorScore ttft) = (ErrorScore.Of(rows.Select(r => r.Tpot)), ErrorScore.Of(rows.Select(r => r.Ttft)));
        return [name, Show.Count(rows.Count), Show.Percent(tpot.Mape), Show.Percent(tpot.Median), Show.Signed(tpot.Bias), Show.Percent(ttft.Mape), Show.Percent(ttft.Median), Show.Signed(ttft.Bias)];
    }
}
