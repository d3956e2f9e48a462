using System.Text;

namespace Fleetwright.Validation.Pages;

/// <summary>A report as a page of Markdown and the plots beside it.</summary>
/// <param name="Markdown">The page.</param>
/// <param name="Images">File names and SVG text of the plots.</param>
public sealed record ValidationPage(string Markdown, IReadOnlyList<(string Name, string Svg)> Images)
{
    /// <summary>Writes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="images">The folder of the plots as the page names it, such as <c>images/validation</c>.</param>
    public static ValidationPage Of(ValidationReport report, string images)
    {
        var text = new StringBuilder();
        Head(text, report);
        foreach (SectionResult section in report.Sections)
        {
            text.Append(Section(section, images));
        }

        Bars(text, report.Bars);
        return new ValidationPage(
            text.ToString().TrimEnd() + "\n",
            [.. report.Sections.SelectMany(s => s.Blocks).Where(b => b.Plot is not null).Select(b => ($"{b.Plot!.Name}.svg", SvgPlot.Draw(b.Plot)))]);
    }

    /// <summary>One section of the page, from its heading to the blank line after it.</summary>
    /// <param name="section">The section.</param>
    /// <param name="images">The folder of the plots as the page names it.</param>
    public static string Section(SectionResult section, string images)
    {
        var text = new StringBuilder();
        text.Append("## ").Append(section.Title).Append("\n\n");
        if (section.Absent.Count > 0)
        {
            text.Append("Data absent, so not scored: ").AppendJoin(", ", section.Absent.Select(a => $"`{a}`")).Append(".\n\n");
        }

        foreach (Block block in section.Blocks)
        {
            if (block.Table is { } table)
            {
                Table(text, table.Headers, table.Rows);
            }
            else if (block.Plot is { } plot)
            {
                text.Append("![").Append(plot.Title).Append("](").Append(images).Append('/').Append(plot.Name).Append(".svg)\n\n");
            }
            else
            {
                text.Append(block.Text).Append("\n\n");
            }
        }

        return text.ToString();
    }

    private static void Head(StringBuilder text, ValidationReport report)
    {
        text.Append("# Validation\n\n");
        if (report.Unfinished.Count > 0)
        {
            text.Append("> **Partial.** The run was stopped; these sections are missing: ").AppendJoin(", ", report.Unfinished).Append(".\n\n");
        }

        if (report.LeftOut.Count > 0)
        {
            text.Append("> Only a part was asked for; left out: ").AppendJoin(", ", report.LeftOut).Append(".\n\n");
        }

        text.Append("""
            What each model of the program gives against numbers that we did not make. `./fleetwright validate` writes this page and its plots, every number on it included, from the catalogue and from the public
            measurements in `../shared/data` (or `--data DIR`); a second run gives the same bytes. Data that is absent is said and not scored. One section: `./fleetwright validate --only NAME` prints it.

            MAPE is the mean of |predicted ÷ measured − 1|, p90 what nine of ten rows keep, bias the geometric mean of predicted ÷ measured less 1 (positive: too slow). *Held out* says that the rows scored
            were not fitted; *in sample* that they were, or that constants were chosen while looking at them. Plots hold at most 1,200 points, evenly taken.


            """.ReplaceLineEndings("\n"));
        text.Append("""
            **What nobody measured**, so that no page can score it: speed, heat and battery of Quest 3, Galaxy XR, the next XR headset, the glasses and the LG TV; whole voice turns; kernels of AMD's, Google's and most of
            Meta's chips; what companies really bought and paid. Where a table was used to choose a constant, its section says *in sample*.


            """.ReplaceLineEndings("\n"));
        text.Append("Sections: ").AppendJoin(", ", report.Sections.Select(s => $"[{s.Id}](#{Anchor(s.Title)})")).Append("; at the end, [all bars](#the-bars-and-whether-they-are-met).\n\n");
    }

    private static void Bars(StringBuilder text, IReadOnlyList<Bar> bars)
    {
        int Of(BarVerdict verdict) => bars.Count(b => b.Verdict == verdict);
        text.Append("## The bars, and whether they are met\n\n");
        text.Append(FormattableString.Invariant($"Bars of the issues that asked for them. Of {bars.Count}, {Of(BarVerdict.Met)} are met, {Of(BarVerdict.Missed)} missed, {Of(BarVerdict.Tested)} held by a test because their number depends on the machine, {Of(BarVerdict.NotScored)} not scored (data absent, or no model).\n\n"));
        Table(text, ["issue>", "what", "bar", "found", "verdict"], bars.OrderBy(b => b.Issue).Select(b => (IReadOnlyList<string>)[FormattableString.Invariant($"{b.Issue}"), b.Set, b.Limit, b.Found, Word(b.Verdict)]));
    }

    private static string Word(BarVerdict verdict) => verdict switch { BarVerdict.Met => "met", BarVerdict.Missed => "**missed**", BarVerdict.Tested => "tested", _ => "not scored" };

    private static void Table(StringBuilder text, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        Line(headers.Select(h => h.TrimEnd('>')));
        text.Append('|').AppendJoin('|', headers.Select(h => h.EndsWith('>') ? "---:" : "---")).Append("|\n");
        foreach (IReadOnlyList<string> row in rows)
        {
            Line(row);
        }

        text.Append('\n');

        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }

    // As GitHub makes anchors: small letters, marks dropped, blanks as hyphens.
    private static string Anchor(string title) => string.Concat(title.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-').Select(c => c == ' ' ? '-' : c));
}
