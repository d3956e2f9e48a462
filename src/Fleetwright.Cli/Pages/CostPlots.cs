using System.Globalization;
using System.Text;
using Fleetwright.Cli.Commands;
using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Cli.Pages;

/// <summary>Plots of costs as SVG text; colours are the page's variables, so that they follow its light or dark theme.</summary>
internal static class CostPlots
{
    private const double Width = 1060, Left = 200, Right = 24;

    /// <summary>Densities of the cost of a unit, one a variant, over one axis.</summary>
    public static string Distributions(IReadOnlyList<(string Label, int Hue, ChipCost Cost)> made)
    {
        const int bins = 120;
        const double row = 92;
        double low = made.Min(m => Quantile(m.Cost, 0.002)), high = made.Max(m => Quantile(m.Cost, 0.985));
        double height = (made.Count * row) + 40;
        var svg = Begin(height);
        Axis(svg, low, high, 8, height - 32, ChipCostCommand.Dollars);
        for (int i = 0; i < made.Count; i++)
        {
            (string label, int hue, ChipCost cost) = made[i];
            double floor = ((i + 1) * row) - 4;
            double[] counts = Smoothed(cost.Draws, low, high, bins);
            double top = counts.Max();
            string Point(int b, double share) => F($"{X(low + ((b + 0.5) * (high - low) / bins), low, high):0.0},{floor - (share * (row - 18)):0.0}");
            string curve = string.Join(' ', counts.Select((n, b) => Point(b, n / top)));
            string band = string.Join(' ', Enumerable.Range(0, bins).Where(b => low + ((b + 0.5) * (high - low) / bins) is var x && x >= cost.Unit.P10 && x <= cost.Unit.P90).Select(b => Point(b, counts[b] / top)));
            double x10 = X(cost.Unit.P10, low, high), x50 = X(cost.Unit.P50, low, high), x90 = Math.Min(X(cost.Unit.P90, low, high), Width - Right);
            svg.Append(F($"<polygon points=\"{x10:0.0},{floor:0.0} {band} {x90:0.0},{floor:0.0}\" fill=\"var(--c{hue % 6})\" opacity=\".28\"/>"));
            svg.Append(F($"<polyline points=\"{curve}\" fill=\"none\" stroke=\"var(--c{hue % 6})\" stroke-width=\"2\"/>"));
            svg.Append(F($"<line x1=\"{x50:0.0}\" x2=\"{x50:0.0}\" y1=\"{floor:0.0}\" y2=\"{floor - row + 18:0.0}\" stroke=\"var(--c{hue % 6})\" stroke-width=\"2\"/>"));
            svg.Append(F($"<text x=\"0\" y=\"{floor - 40:0.0}\" font-weight=\"600\">{ComparePage.Text(label)}</text><text x=\"0\" y=\"{floor - 22:0.0}\">{ChipCostCommand.Dollars(cost.Unit.P50)}</text><text class=\"m\" x=\"0\" y=\"{floor - 5:0.0}\">{ChipCostCommand.Dollars(cost.Unit.P10)} – {ChipCostCommand.Dollars(cost.Unit.P90)}</text>"));
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>Stacked bars of the lines of each bill.</summary>
    public static string Bills(IReadOnlyList<(string Label, int Hue, ChipCost Cost)> made)
    {
        double most = made.Max(m => m.Cost.Unit.Central);
        return Stacks(made, most, null, ChipCostCommand.Dollars, cost => Bill(cost));
    }

    /// <summary>Stacked bars of the main die's area, with the reticle as a line.</summary>
    public static string Areas(IReadOnlyList<(string Label, int Hue, ChipCost Cost)> made)
    {
        double most = Math.Max(made.Max(m => m.Cost.Dies[0].AreaSquareMillimetres), WaferGeometry.ReticleArea);
        return Stacks(made, most, WaferGeometry.ReticleArea, a => F($"{a:0} mm²"), cost =>
        [
            ("logic", "--b0", cost.Dies[0].LogicShare * cost.Dies[0].AreaSquareMillimetres),
            ("SRAM", "--b1", cost.Dies[0].SramShare * cost.Dies[0].AreaSquareMillimetres),
            ("PHY", "--b2", cost.Dies[0].PhyShare * cost.Dies[0].AreaSquareMillimetres),
        ]);
    }

    /// <summary>Bars from the cost at an input's p10 to that at its p90.</summary>
    public static string Tornado(IReadOnlyList<CostSensitivity> sensitivities, double central, int hue, int shown)
    {
        const double row = 26, left = 330;
        CostSensitivity[] inputs = [.. sensitivities.Take(shown)];
        if (inputs.Length == 0)
        {
            return "<p class=subject>Nothing is uncertain.</p>";
        }

        double low = inputs.Min(s => Math.Min(s.DollarsAtLow, s.DollarsAtHigh)), high = inputs.Max(s => Math.Max(s.DollarsAtLow, s.DollarsAtHigh));
        double pad = (high - low) * 0.05;
        (low, high) = (low - pad, high + pad);
        if (!(high > low))
        {
            return "<p class=subject>Nothing moves it.</p>";
        }

        double At(double dollars) => left + ((dollars - low) / (high - low) * (Width - Right - left));
        double height = (inputs.Length * row) + 40;
        var svg = Begin(height);
        for (int i = 0; i < inputs.Length; i++)
        {
            CostSensitivity s = inputs[i];
            double y = 6 + (i * row), a = At(s.DollarsAtLow), b = At(s.DollarsAtHigh), middle = At(central);
            svg.Append(F($"<text x=\"0\" y=\"{y + 14:0.0}\">{ComparePage.Text(s.Input)} <tspan class=\"m\">{ChipCostCommand.Number(s.Low)} – {ChipCostCommand.Number(s.High)}</tspan></text>"));
            svg.Append(F($"<rect x=\"{Math.Min(a, middle):0.0}\" width=\"{Math.Abs(a - middle):0.0}\" y=\"{y:0.0}\" height=\"18\" fill=\"var(--c{hue % 6})\" opacity=\".45\"><title>{ChipCostCommand.Dollars(s.DollarsAtLow)} at {ChipCostCommand.Number(s.Low)}</title></rect>"));
            svg.Append(F($"<rect x=\"{Math.Min(b, middle):0.0}\" width=\"{Math.Abs(b - middle):0.0}\" y=\"{y:0.0}\" height=\"18\" fill=\"var(--c{hue % 6})\"><title>{ChipCostCommand.Dollars(s.DollarsAtHigh)} at {ChipCostCommand.Number(s.High)}</title></rect>"));
        }

        double end = height - 30;
        svg.Append(F($"<line class=\"g\" x1=\"{At(central):0.0}\" x2=\"{At(central):0.0}\" y1=\"0\" y2=\"{end:0.0}\"/>"));
        svg.Append(F($"<text class=\"m\" x=\"{left:0.0}\" y=\"{height - 12:0.0}\">{ChipCostCommand.Dollars(low)}</text><text class=\"m\" x=\"{Width - Right:0.0}\" y=\"{height - 12:0.0}\" text-anchor=\"end\">{ChipCostCommand.Dollars(high)}</text><text x=\"{At(central):0.0}\" y=\"{height - 12:0.0}\" text-anchor=\"middle\">{ChipCostCommand.Dollars(central)}</text>"));
        return svg.Append("</svg>").ToString();
    }

    private static (string, string, double)[] Bill(ChipCost cost)
    {
        double dies = cost.Lines.Take(cost.Dies.Count).Sum(l => l.Dollars.Central);
        string[] colours = ["--b1", "--b2", "--b3", "--b4", "--b5"];
        return [("dies", "--b0", dies), .. cost.Lines.Skip(cost.Dies.Count).Select((l, i) => (l.Item, colours[Math.Min(i, 4)], l.Dollars.Central))];
    }

    private static string Stacks(IReadOnlyList<(string Label, int Hue, ChipCost Cost)> made, double most, double? mark, Func<double, string> write, Func<ChipCost, (string Name, string Colour, double Size)[]> parts)
    {
        const double row = 40;
        double height = (made.Count * row) + 34;
        var svg = Begin(height);
        for (int i = 0; i < made.Count; i++)
        {
            double x = Left, y = 4 + (i * row), total = 0;
            svg.Append(F($"<text x=\"0\" y=\"{y + 19:0.0}\" font-weight=\"600\">{ComparePage.Text(made[i].Label)}</text>"));
            foreach ((string name, string colour, double size) in parts(made[i].Cost))
            {
                double wide = size / most * (Width - Left - Right - 80);
                svg.Append(F($"<rect x=\"{x:0.0}\" y=\"{y:0.0}\" width=\"{wide:0.0}\" height=\"28\" fill=\"var({colour})\"><title>{ComparePage.Text(name)}: {write(size)}</title></rect>"));
                if (wide > 46)
                {
                    svg.Append(F($"<text class=\"w\" x=\"{x + 6:0.0}\" y=\"{y + 19:0.0}\">{write(size)}</text>"));
                }

                (x, total) = (x + wide, total + size);
            }

            svg.Append(F($"<text x=\"{x + 6:0.0}\" y=\"{y + 19:0.0}\" font-weight=\"600\">{write(total)}</text>"));
        }

        if (mark is { } at)
        {
            double x = Left + (at / most * (Width - Left - Right - 80));
            svg.Append(F($"<line x1=\"{x:0.0}\" x2=\"{x:0.0}\" y1=\"0\" y2=\"{made.Count * row:0.0}\" stroke=\"var(--alarm)\" stroke-dasharray=\"4 3\"/>"));
        }

        double legend = Left;
        foreach ((string name, string colour, _) in parts(made[0].Cost))
        {
            svg.Append(F($"<rect x=\"{legend:0.0}\" y=\"{height - 20:0.0}\" width=\"10\" height=\"10\" fill=\"var({colour})\"/><text class=\"m\" x=\"{legend + 15:0.0}\" y=\"{height - 11:0.0}\">{ComparePage.Text(name)}</text>"));
            legend += 30 + (name.Length * 7.5);
        }

        return svg.Append("</svg>").ToString();
    }

    // A histogram under a small triangular kernel.
    private static double[] Smoothed(IReadOnlyList<double> draws, double low, double high, int bins)
    {
        double[] raw = new double[bins], smooth = new double[bins];
        foreach (double draw in draws)
        {
            int bin = (int)((draw - low) / (high - low) * bins);
            if (bin >= 0 && bin < bins)
            {
                raw[bin]++;
            }
        }

        for (int i = 0; i < bins; i++)
        {
            for (int k = -3; k <= 3; k++)
            {
                smooth[i] += i + k >= 0 && i + k < bins ? raw[i + k] * (4 - Math.Abs(k)) : 0;
            }
        }

        return smooth;
    }

    private static double Quantile(ChipCost cost, double probability)
    {
        double[] sorted = [.. cost.Draws.Order()];
        return sorted[(int)(probability * (sorted.Length - 1))];
    }

    private static void Axis(StringBuilder svg, double low, double high, double top, double bottom, Func<double, string> write)
    {
        double step = Math.Pow(10, Math.Floor(Math.Log10((high - low) / 4)));
        step *= (high - low) / step > 20 ? 5 : (high - low) / step > 8 ? 2 : 1;
        for (double tick = Math.Ceiling(low / step) * step; tick <= high; tick += step)
        {
            svg.Append(F($"<line class=\"g\" x1=\"{X(tick, low, high):0.0}\" x2=\"{X(tick, low, high):0.0}\" y1=\"{top:0.0}\" y2=\"{bottom:0.0}\"/><text class=\"m\" x=\"{X(tick, low, high):0.0}\" y=\"{bottom + 18:0.0}\" text-anchor=\"middle\">{write(tick)}</text>"));
        }
    }

    private static StringBuilder Begin(double height) => new(F($"<svg viewBox=\"0 0 {Width} {height:0}\" role=\"img\">"));

    private static double X(double value, double low, double high) => Left + ((value - low) / (high - low) * (Width - Left - Right));

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
