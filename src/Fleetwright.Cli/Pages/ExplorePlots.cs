using System.Globalization;
using System.Text;
using Fleetwright.Cli.Commands;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Exploration;

namespace Fleetwright.Cli.Pages;

/// <summary>Plots of a design search as SVG text; colours are the page's variables, so that they follow its light or dark theme.</summary>
internal static class ExplorePlots
{
    private const double Width = 1060;

    // Dots beyond this many say nothing more and make the page slow; every n-th is drawn, those of the front always.
    private const int Dots = 2500;

    /// <summary>Work a dollar against work a watt, coloured by memory kind (by node where the memory is not swept).</summary>
    public static string Scatter(ExplorationResult found)
    {
        const double height = 470, left = 62, right = 16, top = 10, bottom = 56;
        Explorer explorer = found.Explorer;
        ExploredPoint origin = explorer.Base;
        (string[] names, Func<ExploredPoint, int> hue) = Colours(explorer);
        ExploredPoint[] real = [.. found.Points.Where(p => double.IsFinite(p.PerDollar))];
        int every = 1 + (real.Length / Dots);
        double highX = 1.05 * Math.Max(real.Max(p => p.PerDollar), Or0(origin.PerDollar)) / Unit(origin.PerDollar), highY = 1.05 * Math.Max(real.Max(p => p.PerWatt), origin.PerWatt) / origin.PerWatt;
        double X(ExploredPoint p) => left + (p.PerDollar / Unit(origin.PerDollar) / highX * (Width - left - right));
        double Y(ExploredPoint p) => height - bottom - (p.PerWatt / origin.PerWatt / highY * (height - bottom - top));
        var svg = new StringBuilder(F($"<svg viewBox=\"0 0 {Width} {height:0}\" role=\"img\">"));
        Grid(svg, highX, true, left, Width - right, top, height - bottom);
        Grid(svg, highY, false, left, Width - right, top, height - bottom);
        for (int i = 0; i < real.Length; i += every)
        {
            ExploredPoint p = real[i];
            svg.Append(p.IsAnswer
                ? F($"<circle cx=\"{X(p):0.0}\" cy=\"{Y(p):0.0}\" r=\"2.5\" fill=\"var(--c{hue(p)})\" opacity=\".3\"/>")
                : F($"<circle cx=\"{X(p):0.0}\" cy=\"{Y(p):0.0}\" r=\"2\" fill=\"var(--muted)\" opacity=\".22\"/>"));
        }

        foreach (ExploredPoint p in found.Front)
        {
            svg.Append(F($"<circle cx=\"{X(p):0.0}\" cy=\"{Y(p):0.0}\" r=\"5\" fill=\"var(--c{hue(p)})\" stroke=\"var(--ink)\" stroke-width=\"1.2\"><title>point {p.Index}: {ComparePage.Text(string.Join(", ", explorer.Labels(p.Index)))}; {ChipCostCommand.Dollars(p.Dollars)}, {p.Watts:0} W, {p.DieArea:0} mm², latency {p.Latency:0.00}</title></circle>"));
        }

        if (double.IsFinite(origin.PerDollar))
        {
            double x = X(origin), y = Y(origin);
            svg.Append(F($"<path d=\"M{x - 7:0.0} {y:0.0}H{x + 7:0.0}M{x:0.0} {y - 7:0.0}V{y + 7:0.0}\" stroke=\"var(--alarm)\" stroke-width=\"2.5\"><title>{ComparePage.Text(explorer.Specification.Base.Name)}</title></path>"));
        }

        svg.Append(F($"<text class=\"m\" x=\"{Width - right:0}\" y=\"{height - 22:0}\" text-anchor=\"end\">work a dollar, × base</text><text class=\"m\" x=\"{left + 6:0}\" y=\"{top + 12:0}\">work a watt, × base</text>"));
        double legend = left;
        for (int i = 0; i < names.Length; i++)
        {
            svg.Append(F($"<circle cx=\"{legend + 5:0.0}\" cy=\"{height - 8:0.0}\" r=\"5\" fill=\"var(--c{i % 6})\"/><text x=\"{legend + 15:0.0}\" y=\"{height - 4:0.0}\">{ComparePage.Text(names[i])}</text>"));
            legend += 34 + (names[i].Length * 7.5);
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>Stacked bars of area by block, with the reticle as a line.</summary>
    public static string Areas(IReadOnlyList<ExploreAnswer.Design> designs)
    {
        const double row = 38, left = 300, right = 90;
        double most = Math.Max(designs.Max(d => d.Area.Sum(b => b.SquareMillimetres)), DesignArea.Reticle), height = (designs.Count * row) + 34;
        var svg = new StringBuilder(F($"<svg viewBox=\"0 0 {Width} {height:0}\" role=\"img\">"));
        for (int i = 0; i < designs.Count; i++)
        {
            ExploreAnswer.Design d = designs[i];
            double x = left, y = 4 + (i * row);
            string name = string.Join(" · ", d.Values.Where(v => v.Key is "memory" or "node").Select(v => v.Value)), rest = string.Join(" · ", d.Values.Where(v => v.Key is not ("memory" or "node")).Select(v => v.Value));
            svg.Append(F($"<text x=\"0\" y=\"{y + 12:0.0}\"><tspan font-weight=\"600\">{d.Point}</tspan> {ComparePage.Text(Cut(name, 40))}</text><text class=\"m\" x=\"0\" y=\"{y + 27:0.0}\">{ComparePage.Text(Cut(rest, 46))}</text>"));
            for (int b = 0; b < d.Area.Count; b++)
            {
                double size = d.Area[b].SquareMillimetres, wide = size / most * (Width - left - right);
                svg.Append(F($"<rect x=\"{x:0.0}\" y=\"{y:0.0}\" width=\"{wide:0.0}\" height=\"28\" fill=\"var(--b{b})\"><title>{ComparePage.Text(d.Area[b].Name)}: {size:0.0} mm²</title></rect>"));
                if (wide > 34)
                {
                    svg.Append(F($"<text class=\"w\" x=\"{x + 6:0.0}\" y=\"{y + 19:0.0}\">{size:0}</text>"));
                }

                x += wide;
            }

            svg.Append(F($"<text x=\"{x + 6:0.0}\" y=\"{y + 19:0.0}\" font-weight=\"600\">{d.Area.Sum(b => b.SquareMillimetres):0} mm²</text>"));
        }

        double limit = left + (DesignArea.Reticle / most * (Width - left - right)), legend = left;
        svg.Append(F($"<line x1=\"{limit:0.0}\" x2=\"{limit:0.0}\" y1=\"0\" y2=\"{designs.Count * row:0.0}\" stroke=\"var(--alarm)\" stroke-dasharray=\"4 3\"/>"));
        for (int b = 0; b < designs[0].Area.Count; b++)
        {
            string name = designs[0].Area[b].Name;
            svg.Append(F($"<rect x=\"{legend:0.0}\" y=\"{height - 20:0.0}\" width=\"10\" height=\"10\" fill=\"var(--b{b})\"/><text class=\"m\" x=\"{legend + 15:0.0}\" y=\"{height - 11:0.0}\">{ComparePage.Text(name)}</text>"));
            legend += 30 + (name.Length * 6.8);
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>Bars of what one step does, both steps of a parameter in one row.</summary>
    public static string Tornado(IReadOnlyList<ExploreAnswer.Step> steps)
    {
        const double row = 26, left = 420, right = 70;
        double most = Math.Max(1e-6, steps.Max(s => Math.Abs(s.Change ?? 0)) * 1.05), height = (steps.Count * row) + 12, middle = left + ((Width - left - right) / 2), half = (Width - left - right) / 2;
        var svg = new StringBuilder(F($"<svg viewBox=\"0 0 {Width} {height:0}\" role=\"img\">"));
        for (int i = 0; i < steps.Count; i++)
        {
            ExploreAnswer.Step s = steps[i];
            double y = 6 + (i * row), change = s.Change ?? 0, wide = Math.Abs(change) / most * half, x = change < 0 ? middle - wide : middle;
            string colour = change < 0 ? "--alarm" : "--c3";
            svg.Append(F($"<text x=\"0\" y=\"{y + 14:0.0}\">{ComparePage.Text(s.Parameter.Replace('_', ' '))} <tspan class=\"m\">{ComparePage.Text(s.From)} → {ComparePage.Text(s.To)}</tspan></text>"));
            svg.Append(F($"<rect x=\"{x:0.0}\" y=\"{y:0.0}\" width=\"{wide:0.0}\" height=\"18\" fill=\"{(s.Answer ? $"var({colour})" : "none")}\" stroke=\"var({colour})\"><title>{ComparePage.Text(s.ExcludedBy is { } why ? $"breaks {why}" : "an answer")}</title></rect>"));
            svg.Append(F($"<text x=\"{(change < 0 ? x - 6 : x + wide + 6):0.0}\" y=\"{y + 14:0.0}\" text-anchor=\"{(change < 0 ? "end" : "start")}\">{ChipExploreCommand.Change(change)}</text>"));
        }

        svg.Append(F($"<line class=\"g\" x1=\"{middle:0.0}\" x2=\"{middle:0.0}\" y1=\"0\" y2=\"{height:0.0}\"/>"));
        return svg.Append("</svg>").ToString();
    }

    private static (string[] Names, Func<ExploredPoint, int> Hue) Colours(Explorer explorer)
    {
        ExplorationSpec spec = explorer.Specification;
        for (int p = 0; p < spec.Parameters.Count; p++)
        {
            int place = p;
            if (spec.Parameters[p].Key == "memory")
            {
                string[] kinds = [.. spec.Memories.Select(m => m.Kind).Distinct()];
                return (kinds, point => Array.IndexOf(kinds, spec.Memories[explorer.Choices(point.Index)[place]].Kind) % 6);
            }

            if (spec.Parameters[p].Key == "node" && spec.Memories.Count == 0)
            {
                return ([.. spec.Nodes], point => explorer.Choices(point.Index)[place] % 6);
            }
        }

        return ([spec.Base.MemoryKind], _ => 0);
    }

    private static void Grid(StringBuilder svg, double high, bool vertical, double left, double right, double top, double bottom)
    {
        double step = Math.Pow(10, Math.Floor(Math.Log10(high / 4)));
        step *= high / step > 20 ? 5 : high / step > 8 ? 2 : 1;
        for (int i = 0; i * step <= high; i++)
        {
            double at = vertical ? left + (i * step / high * (right - left)) : bottom - (i * step / high * (bottom - top));
            svg.Append(vertical
                ? F($"<line class=\"g\" x1=\"{at:0.0}\" x2=\"{at:0.0}\" y1=\"{top:0.0}\" y2=\"{bottom:0.0}\"/><text class=\"m\" x=\"{at:0.0}\" y=\"{bottom + 17:0.0}\" text-anchor=\"middle\">{i * step:0.##}</text>")
                : F($"<line class=\"g\" x1=\"{left:0.0}\" x2=\"{right:0.0}\" y1=\"{at:0.0}\" y2=\"{at:0.0}\"/><text class=\"m\" x=\"{left - 8:0.0}\" y=\"{at + 4:0.0}\" text-anchor=\"end\">{i * step:0.##}</text>"));
        }
    }

    // A base that cannot be costed leaves the axis in work a dollar of its own units.
    private static double Unit(double perDollar) => double.IsFinite(perDollar) ? perDollar : 1;

    private static double Or0(double value) => double.IsFinite(value) ? value : 0;

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
