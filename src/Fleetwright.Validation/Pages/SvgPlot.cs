using System.Globalization;
using System.Text;

namespace Fleetwright.Validation.Pages;

/// <summary>
/// Draws a plot as one self-contained SVG of fixed size: predicted against measured on equal logarithmic axes with the diagonal and a factor of two
/// beside it, or errors as lines over named regimes. Coordinates have one decimal, so that every machine writes the same bytes.
/// </summary>
internal static class SvgPlot
{
    private const int MostPoints = 1200;
    private const double Width = 790, Left = 70, Top = 50, Side = 420, Bottom = 60;

    // Okabe and Ito's colours, told apart by colour-blind readers.
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933", "#882255", "#44aa99"];

    /// <summary>The text of the file.</summary>
    public static string Draw(Plot plot)
    {
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Top + Side + Bottom}\" width=\"{Width}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#333\">");
        Line(svg, $"<title>{Escape(plot.Title)}</title>");
        Line(svg, $"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
        Line(svg, $"<text x=\"{Left}\" y=\"28\" font-size=\"16\" font-weight=\"600\">{Escape(plot.Title)}</text>");
        if (plot.Categories is { } categories)
        {
            Regimes(svg, plot, categories);
        }
        else
        {
            Pairs(svg, plot);
        }

        Line(svg, $"<rect x=\"{Left}\" y=\"{Top}\" width=\"{PlotWidth(plot)}\" height=\"{Side}\" fill=\"none\" stroke=\"#888\"/>");
        Line(svg, $"<text x=\"{Left + (PlotWidth(plot) / 2)}\" y=\"{Top + Side + 44}\" text-anchor=\"middle\">{Escape(plot.XTitle)}</text>");
        Line(svg, $"<text transform=\"translate(18 {Top + (Side / 2)}) rotate(-90)\" text-anchor=\"middle\">{Escape(plot.YTitle)}</text>");
        for (int i = 0; i < plot.Series.Count; i++)
        {
            double y = Top + 14 + (20 * i);
            Line(svg, $"<circle cx=\"{Left + PlotWidth(plot) + 22}\" cy=\"{y - 4:0.#}\" r=\"5\" fill=\"{Colour(i)}\"/><text x=\"{Left + PlotWidth(plot) + 34}\" y=\"{y:0.#}\">{Escape(plot.Series[i].Name)}</text>");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static double PlotWidth(Plot plot) => plot.Categories is null ? Side : 440;

    private static void Pairs(StringBuilder svg, Plot plot)
    {
        (double X, double Y)[] all = [.. plot.Series.SelectMany(s => s.Points)];
        double low = Math.Floor(Math.Log10(all.Min(p => Math.Min(p.X, p.Y)))), high = Math.Ceiling(Math.Log10(all.Max(p => Math.Max(p.X, p.Y))));
        high = Math.Max(high, low + 1);
        double scale = Side / (high - low);
        double X(double value) => Left + ((Math.Log10(value) - low) * scale);
        double Y(double value) => Top + Side - ((Math.Log10(value) - low) * scale);
        for (double decade = low; decade <= high; decade++)
        {
            double value = Math.Pow(10, decade);
            Line(svg, $"<path d=\"M{X(value):0.#} {Top}V{Top + Side}M{Left} {Y(value):0.#}H{Left + Side}\" stroke=\"#e4e4e4\"/>");
            Line(svg, $"<text x=\"{X(value):0.#}\" y=\"{Top + Side + 20}\" text-anchor=\"middle\">{Decade(decade)}</text><text x=\"{Left - 8}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{Decade(decade)}</text>");
        }

        // The diagonal, and a factor of two to either side.
        double two = Math.Log10(2) * scale;
        Line(svg, $"<path d=\"M{Left} {Top + Side}L{Left + Side} {Top}\" stroke=\"#555\"/>");
        Line(svg, $"<path d=\"M{Left} {Top + Side - two:0.#}L{Left + Side - two:0.#} {Top}M{Left + two:0.#} {Top + Side}L{Left + Side} {Top + two:0.#}\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>");
        double stride = Math.Max(1, all.Length / (double)MostPoints);
        for (int i = 0; i < plot.Series.Count; i++)
        {
            IReadOnlyList<(double X, double Y)> points = plot.Series[i].Points;
            svg.Append(CultureInfo.InvariantCulture, $"<path stroke=\"{Colour(i)}\" stroke-opacity=\".55\" stroke-width=\"{(all.Length > 200 ? 3.5 : 6):0.#}\" stroke-linecap=\"round\" d=\"");
            for (double at = 0; at < points.Count; at += stride)
            {
                (double x, double y) = points[(int)at];
                svg.Append(CultureInfo.InvariantCulture, $"M{X(x):0.#} {Y(y):0.#}h0");
            }

            svg.Append("\"/>\n");
        }
    }

    private static void Regimes(StringBuilder svg, Plot plot, IReadOnlyList<string> categories)
    {
        double width = PlotWidth(plot), most = plot.Series.SelectMany(s => s.Points).Max(p => p.Y);
        double step = most > 0.5 ? 0.2 : most > 0.25 ? 0.1 : 0.05;
        double top = Math.Ceiling(most / step) * step;
        double X(double place) => Left + ((place + 0.5) * width / categories.Count);
        double Y(double value) => Top + Side - (value / top * Side);
        for (int i = 0; i * step <= top + 1e-9; i++)
        {
            Line(svg, $"<path d=\"M{Left} {Y(i * step):0.#}H{Left + width}\" stroke=\"#e4e4e4\"/><text x=\"{Left - 8}\" y=\"{Y(i * step) + 4:0.#}\" text-anchor=\"end\">{i * step * 100:0} %</text>");
        }

        for (int i = 0; i < categories.Count; i++)
        {
            Line(svg, $"<text x=\"{X(i):0.#}\" y=\"{Top + Side + 20}\" text-anchor=\"middle\">{Escape(categories[i])}</text>");
        }

        for (int i = 0; i < plot.Series.Count; i++)
        {
            string points = string.Join(' ', plot.Series[i].Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.#},{Y(p.Y):0.#}")));
            string dots = string.Concat(plot.Series[i].Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"M{X(p.X):0.#} {Y(p.Y):0.#}h0")));
            Line(svg, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{Colour(i)}\" stroke-width=\"2\"/><path d=\"{dots}\" stroke=\"{Colour(i)}\" stroke-width=\"8\" stroke-linecap=\"round\"/>");
        }
    }

    private static string Decade(double exponent) => exponent switch
    {
        0 => "1",
        1 => "10",
        2 => "100",
        -1 => "0.1",
        -2 => "0.01",
        _ => string.Create(CultureInfo.InvariantCulture, $"10<tspan dy=\"-5\" font-size=\"10\">{(exponent < 0 ? "−" : "")}{Math.Abs(exponent):0}</tspan>"),
    };

    private static string Colour(int series) => Colours[series % Colours.Length];

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
