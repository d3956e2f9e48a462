using System.CommandLine;
using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Reading;
using Fleetwright.Cli.Pages;
using Fleetwright.Hardware.Manufacturing;
using Fleetwright.Scenarios.Output;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright chip compare A [B] [--node n5,sf4] [--html FILE]</c>: the same design at one foundry or another, or two designs, on the same draws.</summary>
internal static class ChipCompareCommand
{
    public static Command Create(CommandContext context)
    {
        var chips = new Argument<string[]>("chips") { Description = "One chip of the catalogue, or two.", Arity = new ArgumentArity(1, 2) };
        var node = new Option<string?>("--node") { Description = "Foundry nodes to make them on, such as n5,sf4; the first is what the others are compared with." };
        var html = new Option<string?>("--html") { Description = "Write a page with plots to this file." };
        Option<bool> json = CommonOptions.Json();
        var options = new MakingOptions();
        var command = new Command("compare", "The same design at TSMC or at Samsung, or two designs: cost with ranges, who is cheaper, and the break-even defect density.") { chips, node, html, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            CostOptions run = options.Read(parsed);
            ChipDescription[] described = [.. parsed.GetRequiredValue(chips).Select(name => options.Describe(context, parsed, name))];
            IReadOnlyList<(ChipDescription Chip, CostOptions Options)> variants = Variants(described, MakingOptions.Nodes(context, parsed.GetValue(node)), run, node.Name);
            ChipComparison comparison = ChipCosting.Compare(context.Catalog, variants, run);
            string[] labels = [.. variants.Select((v, i) => comparison.Variants[i].Cost is { } cost ? $"{cost.Chip} on {cost.Node}" : $"{v.Chip.Name} on {v.Options.Node}")];
            if (parsed.GetValue(html) is { } file)
            {
                WritePage(file, ComparePage.Write(comparison, labels, context.Catalog));
            }

            if (parsed.GetValue(json))
            {
                context.WriteJson(Answer.Of(comparison, labels));
            }
            else
            {
                Write(context, comparison, labels);
                if (parsed.GetValue(html) is { } written)
                {
                    context.Output.WriteLine($"Page: {Path.GetFullPath(written)}");
                }
            }

            return comparison.Variants.Count(v => v.Cost is not null) > 1 ? ExitCode.Success : ExitCode.Infeasible;
        });
        return command;
    }

    private static List<(ChipDescription, CostOptions)> Variants(ChipDescription[] chips, IReadOnlyList<string> nodes, CostOptions run, string option)
    {
        var variants = new List<(ChipDescription, CostOptions)>();
        foreach (ChipDescription chip in chips)
        {
            // One chip and one node: as it is made today against that node.
            if (nodes.Count == 0 || (chips.Length == 1 && nodes.Count == 1))
            {
                variants.Add((chip, run));
            }

            variants.AddRange(nodes.Select(n => (chip, run with { Node = n })));
        }

        return variants.Count > 1 ? variants : throw new InputException(option, "one chip on its own node compares with nothing; name nodes such as --node n5,sf4, or a second chip");
    }

    /// <summary>What the comparison says of one variant, in a sentence.</summary>
    internal static string Verdict(ComparedChip variant, string label, string reference, IReadOnlyList<DieCost>? dies)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        if (variant.Problem is { } problem)
        {
            return $"{label} cannot be made: {problem}";
        }

        var text = new StringBuilder(string.Create(c, $"{label} is cheaper than {reference} in {Share(variant.ProbabilityCheaper ?? 0)} of the draws"));
        if (variant.Difference is { } gap)
        {
            text.Append(string.Create(c, $" (at the median {ChipCostCommand.Dollars(Math.Abs(gap.P50))} {(gap.P50 < 0 ? "cheaper" : "dearer")} a unit)"));
        }

        if (variant.BreakEven is { } even)
        {
            double density = dies is { Count: > 0 } ? dies[0].DefectsPerSquareCentimetre : 0;
            text.Append(even.Central is { } central
                ? string.Create(c, $"; it breaks even at {central:0.00} defects/cm2") + (even.P10 is not null && even.Share > 0.5 ? string.Create(c, $" (p10 {even.P10:0.00}, p90 {even.P90:0.00})") : "") + string.Create(c, $", the catalogue has {density:0.00}")
                : $"; no break-even defect density: {even.Reason}");
        }

        return text.ToString();
    }

    internal static string Share(double share) => share is > 0 and < 0.01 ? "less than 1 %" : share is > 0.99 and < 1 ? "more than 99 %" : share.ToString("0 %", CultureInfo.InvariantCulture);

    private static void Write(CommandContext context, ChipComparison comparison, string[] labels)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        for (int i = 1; i < labels.Length; i++)
        {
            context.Output.WriteLine(Verdict(comparison.Variants[i], labels[i], labels[0], comparison.Variants[i].Cost?.Dies) + ".");
            if (comparison.Variants[i].Deciding is { Count: > 0 } deciding)
            {
                context.Output.WriteLine($"  decided by {string.Join("; ", deciding.Take(3).Select(d => d.Input))}");
            }
        }

        context.WriteTable(
            ["variant", "mm2>", "wafer>", "D0 /cm2>", "yield>", "dies>", "unit>", "p10>", "p50>", "p90>", "cheaper>", "break-even D0>"],
            comparison.Variants.Select((v, i) => v.Cost is { } cost
                ? (IReadOnlyList<string>)
                [
                    labels[i], cost.Dies[0].AreaSquareMillimetres.ToString("0", c), ChipCostCommand.Dollars(cost.Dies[0].WaferDollars), cost.Dies[0].DefectsPerSquareCentimetre.ToString("0.00", c),
                    cost.Dies[0].Yield.ToString("0.0 %", c), ChipCostCommand.Dollars(cost.Lines.Take(cost.Dies.Count).Sum(l => l.Dollars.Central)),
                    ChipCostCommand.Dollars(cost.Unit.Central), ChipCostCommand.Dollars(cost.Unit.P10), ChipCostCommand.Dollars(cost.Unit.P50), ChipCostCommand.Dollars(cost.Unit.P90),
                    v.ProbabilityCheaper is { } p ? Share(p) : "–", v.BreakEven is { } e ? e.Central?.ToString("0.00", c) ?? "none" : "–",
                ]
                : [labels[i], "–", "–", "–", "–", "–", "cannot be made", "–", "–", "–", "–", "–"]));
        foreach (string note in comparison.Variants.SelectMany(v => v.Cost?.Notes ?? []).Distinct())
        {
            context.Output.WriteLine($"  note: {note}");
        }
    }

    private static void WritePage(string file, string page) => WholeFile.Write(CommonOptions.InFolder(file, "--html")!, page);

    private sealed record Variant(string Label, ChipCostCommand.Answer? Cost, string? Problem, double? ProbabilityCheaper, BreakEvenDensity? BreakEvenPerSquareCentimetre, CostRange? DifferenceDollars, IReadOnlyList<CostSensitivity>? Deciding);

    private sealed record Answer(string Reference, int Draws, IReadOnlyList<Variant> Variants)
    {
        public static Answer Of(ChipComparison comparison, string[] labels) => new(
            labels[0], comparison.Draws,
            [.. comparison.Variants.Select((v, i) => new Variant(labels[i], v.Cost is { } cost ? ChipCostCommand.Answer.Of(cost) : null, v.Problem, v.ProbabilityCheaper, v.BreakEven, v.Difference, v.Deciding))]);
    }
}
