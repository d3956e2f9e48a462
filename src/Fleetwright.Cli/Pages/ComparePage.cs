using System.Globalization;
using System.Net;
using System.Text;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Reading;
using Fleetwright.Cli.Commands;
using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Cli.Pages;

/// <summary>The comparison of chips as one self-contained page: answers, distributions of cost, bills, die areas, what moves the cost, and the facts behind it.</summary>
internal static class ComparePage
{
    private const int InputsShown = 8;
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>The page.</summary>
    public static string Write(ChipComparison comparison, IReadOnlyList<string> labels, FleetCatalog catalog)
    {
        (string Label, int Hue, ChipCost Cost)[] made = [.. comparison.Variants.Select((v, i) => (labels[i], i, v.Cost)).Where(v => v.Cost is not null).Select(v => (v.Item1, v.i, v.Cost!))];
        var page = new StringBuilder(Head).Append("<main><p class=brand>Fleetwright</p><h1>").Append(Text(string.Join(" or ", labels))).Append("</h1><ul class=answers>");
        for (int i = 1; i < labels.Count; i++)
        {
            page.Append("<li>").Append(Text(ChipCompareCommand.Verdict(comparison.Variants[i], labels[i], labels[0], comparison.Variants[i].Cost?.Dies))).Append(".</li>");
        }

        page.Append("</ul>");
        Figure(page, "What a good unit costs", string.Create(s_culture, $"Distribution over {comparison.Draws:#,0} draws; the line is the median, the shade runs from p10 to p90. Shared inputs are the same in each draw."), CostPlots.Distributions(made));
        Figure(page, "What it is made of", "Dollars a good unit, every input at its central value.", CostPlots.Bills(made));
        Figure(page, "The die", "Area by kind of circuit, in mm²; the line is the reticle of 858 mm².", CostPlots.Areas(made));
        for (int i = 1; i < labels.Count; i++)
        {
            if (comparison.Variants[i] is { Deciding: { } deciding, Difference: { } gap })
            {
                Figure(page, $"What decides between {labels[0]} and {labels[i]}", $"Cost of {labels[i]} above that of {labels[0]} as one input goes from its p10 to its p90; what both share cancels.", CostPlots.Tornado(deciding, gap.Central, i, InputsShown));
            }
        }

        foreach ((string label, int hue, ChipCost cost) in made)
        {
            Figure(page, $"What moves the cost of {label}", "Cost of a unit as one input goes from its p10 to its p90, all others central.", CostPlots.Tornado(cost.Sensitivities, cost.Unit.Central, hue, InputsShown));
        }

        Table(page, made, comparison, labels);
        Facts(page, made, catalog);
        return page.Append("</main></body></html>\n").ToString();
    }

    internal static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>The head of a page in this style, up to its body.</summary>
    internal static string HeadFor(string title) => Head.Replace("<title>Chips compared</title>", $"<title>{Text(title)}</title>", StringComparison.Ordinal);

    internal static void Figure(StringBuilder page, string title, string subject, string drawing) =>
        page.Append("<figure><figcaption><h2>").Append(Text(title)).Append("</h2><p class=subject>").Append(Text(subject)).Append("</p></figcaption>").Append(drawing).Append("</figure>");

    private static void Table(StringBuilder page, (string Label, int Hue, ChipCost Cost)[] made, ChipComparison comparison, IReadOnlyList<string> labels)
    {
        page.Append("<figure><figcaption><h2>Numbers</h2></figcaption><div class=scroll><table><tr><th>variant<th>die<th>mm²<th>wafer<th>D0 /cm²<th>dies a wafer<th>yield<th>without spares<th>known good</tr>");
        foreach ((string label, _, ChipCost cost) in made)
        {
            foreach (DieCost d in cost.Dies)
            {
                Row(page, label, $"{d.Count} × {d.Name} ({d.Node})", d.AreaSquareMillimetres.ToString("0", s_culture), ChipCostCommand.Dollars(d.WaferDollars), d.DefectsPerSquareCentimetre.ToString("0.00", s_culture), d.GrossDies.ToString("0.0", s_culture), d.Yield.ToString("0.0 %", s_culture), d.YieldWithoutSpares.ToString("0.0 %", s_culture), ChipCostCommand.Dollars(d.KnownGoodDollars));
            }
        }

        page.Append("</table><table><tr><th>variant<th>central<th>p10<th>p50<th>p90<th>mean<th>cheaper than the first<th>break-even D0 /cm²<th>p10<th>p90</tr>");
        for (int i = 0; i < labels.Count; i++)
        {
            ComparedChip v = comparison.Variants[i];
            if (v.Cost is { } cost)
            {
                Row(page, labels[i], ChipCostCommand.Dollars(cost.Unit.Central), ChipCostCommand.Dollars(cost.Unit.P10), ChipCostCommand.Dollars(cost.Unit.P50), ChipCostCommand.Dollars(cost.Unit.P90), ChipCostCommand.Dollars(cost.Unit.Mean),
                    v.ProbabilityCheaper?.ToString("0 %", s_culture) ?? "–", v.BreakEven is { } e ? e.Central?.ToString("0.00", s_culture) ?? e.Reason ?? "none" : "–", v.BreakEven?.P10?.ToString("0.00", s_culture) ?? "–", v.BreakEven?.P90?.ToString("0.00", s_culture) ?? "–");
            }
        }

        page.Append("</table></div></figure>");
    }

    private static void Facts(StringBuilder page, (string Label, int Hue, ChipCost Cost)[] made, FleetCatalog catalog)
    {
        page.Append("<figure><figcaption><h2>What the nodes rest on</h2></figcaption><div class=scroll><table><tr><th>node<th>fact<th>value<th>range<th>confidence<th>source</tr>");
        foreach (string name in made.SelectMany(m => m.Cost.Dies).Select(d => d.Node).Distinct())
        {
            ProcessNode node = catalog.Nodes.Get(name);
            Fact(page, node, "wafer price, $", node.WaferPrice, 1, "#,0");
            Fact(page, node, "defect density, /cm²", node.DefectDensity, 100, "0.00");
            Fact(page, node, "logic density, MTr/mm²", node.LogicDensity, 1e-6, "0");
            Fact(page, node, "SRAM cell, µm²", node.SramCellArea, 1e6, "0.0000");
        }

        page.Append("</table></div>");
        foreach (string note in made.SelectMany(m => m.Cost.Notes).Distinct())
        {
            page.Append("<p class=note>").Append(Text(note)).Append("</p>");
        }

        page.Append("</figure>");
    }

    private static void Fact(StringBuilder page, ProcessNode node, string what, Fact? fact, double factor, string format)
    {
        if (fact is { } f)
        {
            Row(page, node.Name, what, (f.Value * factor).ToString(format, s_culture), f.HasRange ? $"{(f.Low * factor).ToString(format, s_culture)} – {(f.High * factor).ToString(format, s_culture)}" : "none stated", f.Confidence.ToString().ToLowerInvariant(), f.Source);
        }
    }

    internal static void Row(StringBuilder page, params string[] cells)
    {
        page.Append("<tr>");
        foreach (string cell in cells)
        {
            page.Append("<td>").Append(Text(cell));
        }

        page.Append("</tr>");
    }

    private const string Head = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Chips compared</title><style>
        :root { --ink:#1c2430; --muted:#5b6675; --line:#e3e7ec; --paper:#fff; --ground:#f5f6f8; --accent:#2b62d9; --alarm:#c2412d; --c0:#2b62d9; --c1:#7d57c1; --c2:#d7722f; --c3:#2f8557; --c4:#b98c14; --c5:#bf4b78; --b0:#2b62d9; --b1:#2f8557; --b2:#b98c14; --b3:#c2412d; --b4:#8d97a5; --b5:#7d57c1; --b6:#1f8f94;
          color-scheme: light dark; font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-size: 15px; line-height: 1.5; color: var(--ink); background: var(--ground); font-variant-numeric: tabular-nums; }
        @media (prefers-color-scheme: dark) { :root { --ink:#e8ecf2; --muted:#a3adbb; --line:#2c343f; --paper:#171c23; --ground:#0f1318; --accent:#7aa5ff; --alarm:#f0745e; --c0:#6f9bf5; --c1:#a585e3; --c2:#e88d4e; --c3:#4fae7b; --c4:#d9b13f; --c5:#e0779f; --b0:#6f9bf5; --b1:#4fae7b; --b2:#d9b13f; --b3:#f0745e; --b4:#78838f; --b5:#a585e3; --b6:#4dbcc1; } }
        * { box-sizing: border-box } body { margin: 0 } main { max-width: 1100px; margin: 0 auto; padding: 20px 24px 56px } h1 { font-size: 24px; margin: 0 0 12px; line-height: 1.2 } h2 { font-size: 16px; margin: 0 } p { margin: 0 }
        .brand { color: var(--accent); font-weight: 650; font-size: 12px; letter-spacing: .06em; text-transform: uppercase } .answers { list-style: none; padding: 0; margin: 0 0 12px; display: grid; gap: 10px }
        .answers li { background: var(--paper); border: 1px solid var(--line); border-top: 3px solid var(--accent); border-radius: 10px; padding: 11px 16px; font-size: 17px; font-weight: 600; overflow-wrap: anywhere }
        figure { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; margin: 0 0 12px; padding: 14px 18px } .subject, .note { color: var(--muted); font-size: 12.5px } svg { width: 100%; height: auto; display: block; margin-top: 8px } svg text { fill: var(--ink); font-size: 12px } svg .m { fill: var(--muted) } svg .g { stroke: var(--line) } svg .w { fill: #fff }
        .scroll { overflow-x: auto } table { border-collapse: collapse; font-size: 12.5px; margin-top: 8px; width: 100% } th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top } th { color: var(--muted); font-weight: 600 }
        </style></head><body>
        """;
}
