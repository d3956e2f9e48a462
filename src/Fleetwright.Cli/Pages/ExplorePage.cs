using System.Globalization;
using System.Text;
using Fleetwright.Cli.Commands;
using Fleetwright.Hardware.Exploration;

namespace Fleetwright.Cli.Pages;

/// <summary>A design search as one self-contained page: answers, the front, where area and power of its designs go, single steps, and the numbers.</summary>
internal static class ExplorePage
{
    private const int Bars = 12, Steps = 16, Rows = 40;
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>The page.</summary>
    public static string Write(ExplorationResult found, ExploreAnswer answer)
    {
        var page = new StringBuilder(ComparePage.HeadFor($"Designs: {answer.Name}")).Append("<main><p class=brand>Fleetwright</p><h1>").Append(ComparePage.Text(ChipExploreCommand.Title(answer))).Append(answer.Partial ? " (partial)" : "").Append("</h1><ul class=answers>");
        foreach (string line in ChipExploreCommand.Headlines(answer))
        {
            page.Append("<li>").Append(ComparePage.Text(line)).Append(".</li>");
        }

        page.Append("</ul>");
        if (found.Points.Any(p => double.IsFinite(p.PerDollar)))
        {
            ComparePage.Figure(page, "Work a dollar against work a watt", "Each dot is a design, as multiples of the base (the cross). Pale: answers that are beaten; grey: excluded by a limit; ringed: the front. The front is of three measures: a ringed dot that lies inside has the lower latency.", ExplorePlots.Scatter(found));
        }

        IReadOnlyList<ExploreAnswer.Design> shown = Spread(answer.Front);
        if (shown.Count > 0)
        {
            ComparePage.Figure(page, "Where the die goes", $"Area of {(shown.Count < answer.Front.Count ? $"{shown.Count} designs spread along the front of {answer.Front.Count}" : "the designs of the front")} by block, in mm²; the line is the reticle of 858 mm².", ExplorePlots.Areas(shown));
        }

        if (answer.Chosen is { } chosen && answer.OneStep.Any(s => s.Change is not null))
        {
            ComparePage.Figure(page, $"One step from point {chosen.Point.ToString(s_culture)}", $"What one step of each parameter does to work a dollar: {ExploreAnswer.NameOf(chosen)}. Hollow: the step breaks a limit.", ExplorePlots.Tornado([.. answer.OneStep.Where(s => s.Change is not null).Take(Steps)]));
        }

        Table(page, answer.Front.Count > Rows ? string.Create(s_culture, $"The front: the best {Rows} of {answer.Front.Count} a dollar") : "The front", answer, answer.Front.Take(Rows).Append(answer.BaseDesign));
        if (answer.BestBy.Count > 0)
        {
            Table(page, "Best a dollar with each", answer, answer.BestBy.Select(b => b.Design));
        }

        foreach (string note in answer.Notes)
        {
            page.Append("<p class=note>").Append(ComparePage.Text(note)).Append("</p>");
        }

        return page.Append("</main></body></html>\n").ToString();
    }

    // The ends of the front and designs spread evenly between them.
    private static IReadOnlyList<ExploreAnswer.Design> Spread(IReadOnlyList<ExploreAnswer.Design> front) =>
        front.Count <= Bars ? front : [.. Enumerable.Range(0, Bars).Select(i => front[i * (front.Count - 1) / (Bars - 1)])];

    private static void Table(StringBuilder page, string title, ExploreAnswer a, IEnumerable<ExploreAnswer.Design> designs)
    {
        page.Append("<figure><figcaption><h2>").Append(title).Append("</h2></figcaption><div class=scroll><table><tr><th>point");
        foreach (string key in a.Parameters)
        {
            page.Append("<th>").Append(ComparePage.Text(key.Replace('_', ' ')));
        }

        page.Append("<th>mm²<th>W<th>unit<th>× base<th>tokens/s per $1,000<th>samples/s per $1,000<th>tokens/s per W<th>samples/s per W");
        foreach (ExploreAnswer.Work work in a.Mix)
        {
            page.Append("<th>").Append(ComparePage.Text(work.Name)).Append(", ms");
        }

        page.Append("<th>longest operator<th>held by<th>most area</tr>");
        foreach (ExploreAnswer.Design d in designs)
        {
            ComparePage.Row(
                page,
                [
                    d.Point < 0 ? "base" : d.Point.ToString(s_culture), .. a.Parameters.Select(p => d.Values.GetValueOrDefault(p, "")), d.DieSquareMillimetres.ToString("0", s_culture), d.PackageWatts.ToString("0", s_culture),
                    d.UnitDollars is { } dollars ? ChipCostCommand.Dollars(dollars) : "–", ChipExploreCommand.Number(d.TimesBase),
                    ChipExploreCommand.Number(d.TokensPerSecondPerDollar * 1000), ChipExploreCommand.Number(d.SamplesPerSecondPerDollar * 1000), ChipExploreCommand.Number(d.TokensPerSecondPerWatt), ChipExploreCommand.Number(d.SamplesPerSecondPerWatt),
                    .. d.Work.Select(w => ChipExploreCommand.Number(w.StepSeconds * 1e3)), $"{d.LongestWork}: {d.LongestOperator}", d.Bound, d.LargestBlock,
                ]);
        }

        page.Append("</table></div></figure>");
    }
}
