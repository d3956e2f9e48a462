using System.Globalization;
using System.Text;
using Fleetwright.Cli.Commands;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;

namespace Fleetwright.Cli.Pages;

/// <summary>Plots of a simulation as SVG text, narrow enough that their words can be read on a phone; colours are the page's variables.</summary>
internal static class SimulatePlots
{
    private const double Width = 430, Height = 250, Left = 46, Right = 14, Top = 12, Bottom = 56;
    private const int Points = 200;
    private static readonly double[] s_marks = [0.5, 0.99];

    /// <summary>Distribution functions over a logarithmic axis of time, with the median and p99 of each marked.</summary>
    public static string Distributions(IReadOnlyList<(string Name, int Hue, LatencySketch Sketch)> lines)
    {
        (string Name, int Hue, LatencySketch Sketch)[] real = [.. lines.Where(l => l.Sketch.Maximum > 0)];
        if (real.Length == 0)
        {
            return "<p class=note>No times above zero.</p>";
        }

        double high = real.Max(l => l.Sketch.Quantile(0.9995)) * 1.1, low = Math.Max(high / 1e5, Math.Min(high / 4, real.Min(l => Least(l.Sketch)) / 1.1));
        double X(double seconds) => Left + ((Math.Log(Math.Clamp(seconds, low, high)) - Math.Log(low)) / (Math.Log(high) - Math.Log(low)) * (Width - Left - Right));
        double Y(double share) => Height - Bottom - (share * (Height - Bottom - Top));
        var svg = Start();
        for (int i = 0; i <= 4; i++)
        {
            Horizontal(svg, Y(i / 4.0), F($"{i * 25} %"));
        }

        foreach (double seconds in Logarithmic(low, high))
        {
            Vertical(svg, X(seconds), Short(seconds));
        }

        foreach ((string name, int hue, LatencySketch sketch) in real)
        {
            var path = new StringBuilder();
            foreach ((double seconds, double share) in sketch.Distribution(Points))
            {
                path.Append(F($"{(path.Length == 0 ? 'M' : 'L')}{X(seconds):0.0} {Y(share):0.0}"));
            }

            svg.Append(F($"<path d=\"{path}\" fill=\"none\" stroke=\"var(--c{hue})\" stroke-width=\"2\"/>"));
            foreach (double mark in s_marks)
            {
                double at = sketch.Quantile(mark);
                svg.Append(F($"<circle cx=\"{X(at):0.0}\" cy=\"{Y(mark):0.0}\" r=\"3.5\" fill=\"var(--c{hue})\"><title>{ComparePage.Text(name)} p{mark * 100:0}: {SimulationWatch.Time(at)}</title></circle>"));
            }
        }

        Legend(svg, [.. real.Select(l => (real.Length > 2 ? l.Name : F($"{l.Name}: p50 {SimulationWatch.Time(l.Sketch.Quantile(0.5))}, p99 {SimulationWatch.Time(l.Sketch.Quantile(0.99))}"), l.Hue))]);
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Lines over simulated time.</summary>
    /// <param name="series">How full a replica was.</param>
    /// <param name="lines">What is drawn of an interval.</param>
    /// <param name="limit">The most that there can be, drawn as a line when the lines come near it.</param>
    /// <param name="percent">Whether values are shares.</param>
    public static string OverTime(OccupancySeries series, IReadOnlyList<(string Name, int Hue, Func<int, double> Value)> lines, double limit, bool percent) =>
        OverTime(series.Count, Ticks.Seconds(series.End), Ticks.Seconds(series.Interval), lines, limit, percent);

    /// <summary>Lines over simulated time, of so many intervals of so many seconds.</summary>
    public static string OverTime(int intervals, double end, double interval, IReadOnlyList<(string Name, int Hue, Func<int, double> Value)> lines, double limit, bool percent)
    {
        int count = Math.Max(1, intervals);
        double most = Math.Max(percent ? 0.01 : 1, lines.Max(l => Enumerable.Range(0, count).Max(l.Value)));
        bool near = most > 0.6 * limit;
        double high = 1.08 * (near ? Math.Max(most, limit) : most);
        double X(double seconds) => Left + (seconds / Math.Max(end, 1e-9) * (Width - Left - Right));
        double Y(double value) => Height - Bottom - (value / high * (Height - Bottom - Top));
        var svg = Start();
        double step = Step(high, 4);
        for (int i = 0; i * step <= high; i++)
        {
            Horizontal(svg, Y(i * step), percent ? F($"{i * step * 100:0.###} %") : Count(i * step));
        }

        foreach ((double seconds, string label) in Times(end))
        {
            Vertical(svg, X(seconds), label);
        }

        foreach ((string _, int hue, Func<int, double> value) in lines)
        {
            // A stair: the value of an interval is its mean.
            var path = new StringBuilder();
            for (int i = 0; i < count; i++)
            {
                path.Append(F($"{(i == 0 ? 'M' : 'L')}{X(i * interval):0.0} {Y(value(i)):0.0}H{X(Math.Min(end, (i + 1) * interval)):0.0}"));
            }

            svg.Append(F($"<path d=\"{path}L{X(end):0.0} {Y(0):0.0}L{X(0):0.0} {Y(0):0.0}Z\" fill=\"var(--c{hue})\" opacity=\".12\"/><path d=\"{path}\" fill=\"none\" stroke=\"var(--c{hue})\" stroke-width=\"1.6\"/>"));
        }

        if (near)
        {
            svg.Append(F($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(limit):0.0}\" y2=\"{Y(limit):0.0}\" stroke=\"var(--alarm)\" stroke-dasharray=\"4 3\"/>"));
        }

        Legend(svg, [.. lines.Select(l => (l.Name, l.Hue))]);
        return svg.Append("</svg>").ToString();
    }

    /// <summary>A bar of where the time of replicas goes, and its parts by name.</summary>
    public static string Time(IReadOnlyList<TimePart> parts)
    {
        var bar = new StringBuilder("<div class=bar>");
        var names = new StringBuilder("<div class=key>");
        foreach (TimePart part in parts.OrderBy(p => p.Use == TimeUse.Idle).ThenBy(p => p.Use).ThenByDescending(p => p.Share).Where(p => p.Share >= 0.002))
        {
            (string colour, double opacity) = Colour(part);
            string name = SimulateText.Words(part), style = F($"background:var({colour});opacity:{opacity}");
            bar.Append(F($"<i style=\"width:{part.Share * 100:0.00}%;{style}\" title=\"{name}: {part.Share:0.0 %}\"></i>"));
            names.Append(F($"<span><i style=\"{style}\"></i>{name} <b>{part.Share:0.0 %}</b></span>"));
        }

        return bar.Append("</div>").Append(names).Append("</div>").ToString();
    }

    // One hue for prompts, one for decodes, and for idle none; the cause is its strength.
    private static (string Colour, double Opacity) Colour(in TimePart part) => part.Use == TimeUse.Idle ? ("--line", 1)
        : (part.Use == TimeUse.Prompts ? "--c2" : "--c0", part.Cause switch { TimeCause.Compute => 1, TimeCause.Bandwidth => 0.78, TimeCause.Network => 0.6, _ => 0.48 });

    private static StringBuilder Start() => new(F($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">"));

    private static void Horizontal(StringBuilder svg, double y, string label) =>
        svg.Append(F($"<line class=\"g\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.0}\" y2=\"{y:0.0}\"/><text class=\"m\" x=\"{Left - 6}\" y=\"{y + 4:0.0}\" text-anchor=\"end\">{label}</text>"));

    private static void Vertical(StringBuilder svg, double x, string label) =>
        svg.Append(F($"<line class=\"g\" x1=\"{x:0.0}\" x2=\"{x:0.0}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/><text class=\"m\" x=\"{(x > Width - Right - 18 ? Width - 1 : x):0.0}\" y=\"{Height - Bottom + 16}\" text-anchor=\"{(x > Width - Right - 18 ? "end" : "middle")}\">{label}</text>"));

    private static void Legend(StringBuilder svg, IReadOnlyList<(string Name, int Hue)> names)
    {
        // Long names stand one below the other, short ones side by side.
        int columns = names.Any(n => n.Name.Length > 14) ? 1 : 3;
        for (int i = 0; i < Math.Min(names.Count, 2 * columns); i++)
        {
            double x = Left + (i % columns * 120), y = Height - 24 + (i / columns * 16);
            svg.Append(F($"<circle cx=\"{x + 5:0.0}\" cy=\"{y:0.0}\" r=\"4.5\" fill=\"var(--c{names[i].Hue})\"/><text x=\"{x + 15:0.0}\" y=\"{y + 4:0.0}\">{ComparePage.Text(names[i].Name)}</text>"));
        }
    }

    // Where a line leaves the floor: times of zero have no place on the axis.
    private static double Least(LatencySketch sketch) =>
        sketch.Distribution(Points).Select(p => p.Seconds).FirstOrDefault(s => s > 0, sketch.Maximum);

    // Tens, and between them twos and fives while there is room.
    private static IEnumerable<double> Logarithmic(double low, double high)
    {
        double decades = Math.Log10(high / low);
        double[] within = decades > 3.2 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5];
        for (int power = (int)Math.Floor(Math.Log10(low)); power <= Math.Ceiling(Math.Log10(high)); power++)
        {
            foreach (double digit in within)
            {
                double value = digit * Math.Pow(10, power);
                if (value >= low && value <= high)
                {
                    yield return value;
                }
            }
        }
    }

    private static double Step(double high, double parts)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(high / parts))), units = high / parts / unit;
        return unit * (units <= 1 ? 1 : units <= 2 ? 2 : units <= 5 ? 5 : 10);
    }

    private static IEnumerable<(double Seconds, string Label)> Times(double end)
    {
        (double unit, string name) = end >= 2 * 86400 ? (86400, "d") : end >= 7200 ? (3600.0, "h") : end >= 120 ? (60, "min") : end >= 1 ? (1, "s") : (1e-3, "ms");
        double step = Step(end / unit, 5);
        for (int i = 0; i * step <= end / unit; i++)
        {
            yield return (i * step * unit, F($"{i * step:0.###} {name}"));
        }
    }

    private static string Count(double value) => value >= 1e6 ? F($"{value / 1e6:0.##} M") : value >= 1e4 ? F($"{value / 1e3:0.##} k") : F($"{value:#,0.###}");

    private static string Short(double seconds) => seconds >= 1 ? F($"{seconds:0.##} s") : seconds >= 1e-3 ? F($"{seconds * 1e3:0.##} ms") : F($"{seconds * 1e6:0.##} µs");

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
