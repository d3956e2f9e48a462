using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>What chips cost to make, with ranges from Monte Carlo over what sources do not settle.</summary>
public static class ChipCosting
{
    // Fewer draws for a break-even, since each is a search.
    private const int BreakEvenDraws = 1000;
    private const double MostDefects = 0.1;

    /// <summary>The cost of one chip.</summary>
    /// <param name="catalog">Prices, nodes, packages and assumptions.</param>
    /// <param name="chip">What is made.</param>
    /// <param name="options">How it is costed.</param>
    /// <exception cref="InputException">The die is over the reticle, or the catalogue lacks a price that the chip needs.</exception>
    public static ChipCost Cost(FleetCatalog catalog, ChipDescription chip, CostOptions options) => Compare(catalog, [(chip, options)], options).Variants[0].Cost!;

    /// <summary>Dollars a good unit with every input at its central value: what a search over designs asks for, in microseconds.</summary>
    /// <param name="catalog">Prices, nodes, packages and assumptions.</param>
    /// <param name="chip">What is made.</param>
    /// <param name="options">How it is costed; draws, seed and threads are not read.</param>
    /// <exception cref="InputException">The die is over the reticle, or the catalogue lacks a price that the chip needs.</exception>
    public static double CentralDollars(FleetCatalog catalog, ChipDescription chip, CostOptions options)
    {
        Check(options);
        var set = new UncertainSet(0, catalog.Manufacturing.Get("defaults"));
        var model = new ChipCostModel(catalog, chip, options, set);
        return model.Evaluate(set.Central, new double[model.LineCount]);
    }

    /// <summary>The costs of several chips, or of one on several nodes, drawn together: what they share is the same in each draw.</summary>
    /// <param name="catalog">Prices, nodes, packages and assumptions.</param>
    /// <param name="variants">What is made and how; the first is what the others are compared with.</param>
    /// <param name="run">Draws, seed and threads.</param>
    /// <exception cref="InputException">The first variant cannot be made or costed; another that cannot says why in its result.</exception>
    public static ChipComparison Compare(FleetCatalog catalog, IReadOnlyList<(ChipDescription Chip, CostOptions Options)> variants, CostOptions run)
    {
        Check(run);
        var set = new UncertainSet(run.Seed, catalog.Manufacturing.Get("defaults"));
        var models = new ChipCostModel?[variants.Count];
        string[] problems = new string[variants.Count];
        for (int i = 0; i < variants.Count; i++)
        {
            try
            {
                Check(variants[i].Options);
                models[i] = new ChipCostModel(catalog, variants[i].Chip, variants[i].Options, set);
            }
            catch (InputException e) when (i > 0)
            {
                problems[i] = e.Message;
            }
        }

        double[]?[] totals = Draw(models, set, run);
        double[] central = set.Central;
        var results = new ComparedChip[variants.Count];
        for (int i = 0; i < variants.Count; i++)
        {
            results[i] = models[i] is not { } model ? new ComparedChip(null, problems[i])
                : i == 0 ? new ComparedChip(Describe(model, variants[i].Chip, set, central, run), null)
                : Against(models[0]!, totals[0]!, model, totals[i]!, Describe(model, variants[i].Chip, set, central, run), set, central, run);
        }

        return new ChipComparison(results, run.Draws);
    }

    private static ComparedChip Against(ChipCostModel reference, double[] referenceCosts, ChipCostModel model, double[] costs, ChipCost cost, UncertainSet set, double[] central, CostOptions run)
    {
        double[] differences = new double[costs.Length], lines = new double[LineCount([model, reference])];
        int wins = 0;
        for (int i = 0; i < costs.Length; i++)
        {
            differences[i] = costs[i] - referenceCosts[i];
            wins += differences[i] < 0 ? 1 : 0;
        }

        double Difference(double[] values) => model.Evaluate(values, lines) - reference.Evaluate(values, lines);
        return new ComparedChip(
            cost, null, (double)wins / costs.Length, BreakEven(model, reference, set, central, run), CostRange.Of(Difference(central), differences), Tornado(Difference, set, central));
    }

    private static void Check(CostOptions options)
    {
        if (options.Volume is { } volume && !(volume >= 1 && double.IsFinite(volume)))
        {
            throw new InputException("volume", FormattableString.Invariant($"found {volume}; allowed: at least one unit"));
        }

        if (options.Draws is < 100 or > 10_000_000)
        {
            throw new InputException("draws", FormattableString.Invariant($"found {options.Draws}; allowed: 100 to 10,000,000"));
        }

        if (options.YieldParameter is { } parameter && !(parameter is >= 0.25 and <= 1e6))
        {
            throw new InputException("yield parameter", FormattableString.Invariant($"found {parameter}; allowed: 0.25 to 1,000,000"));
        }
    }

    // Each draw fills its own places, so that threads change nothing.
    private static double[]?[] Draw(ChipCostModel?[] models, UncertainSet set, CostOptions run)
    {
        double[]?[] totals = [.. models.Select(m => m is null ? null : new double[run.Draws])];
        InParallel(run.Draws, run.Parallelism, (from, to) =>
        {
            double[] values = new double[set.Items.Count], lines = new double[LineCount(models)];
            for (int draw = from; draw < to; draw++)
            {
                set.Draw(draw, values);
                for (int m = 0; m < models.Length; m++)
                {
                    if (models[m] is { } model)
                    {
                        totals[m]![draw] = model.Evaluate(values, lines);
                    }
                }
            }
        });
        return totals;
    }

    private static int LineCount(ChipCostModel?[] models) => models.Max(m => m?.LineCount ?? 0);

    private static void InParallel(int count, int parallelism, Action<int, int> work)
    {
        const int chunk = 500;
        int chunks = (count + chunk - 1) / chunk;
        Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, parallelism) }, c => work(c * chunk, Math.Min(count, (c + 1) * chunk)));
    }

    private static ChipCost Describe(ChipCostModel model, ChipDescription chip, UncertainSet set, double[] central, CostOptions run)
    {
        int count = model.LineCount;
        double[][] lines = [.. Enumerable.Range(0, count).Select(_ => new double[run.Draws])];
        double[] totals = new double[run.Draws], oneTime = new double[run.Draws];
        InParallel(run.Draws, run.Parallelism, (from, to) =>
        {
            double[] values = new double[set.Items.Count], own = new double[count];
            for (int draw = from; draw < to; draw++)
            {
                set.Draw(draw, values);
                totals[draw] = model.Evaluate(values, own);
                oneTime[draw] = model.HasOneTime ? model.OneTime(values) : 0;
                for (int i = 0; i < count; i++)
                {
                    lines[i][draw] = own[i];
                }
            }
        });
        double[] middle = new double[count], scratch = new double[count];
        double total = model.Evaluate(central, middle);
        return new ChipCost
        {
            Chip = chip.Name,
            Node = model.Dies[0].Node.Name,
            NodeTitle = model.Dies[0].Node.Title,
            Unit = CostRange.Of(total, totals),
            Lines = [.. model.Items(central).Select((item, i) => new CostLine(item.Item, item.Detail, CostRange.Of(middle[i], lines[i])))],
            Dies = [.. model.Dies.Select(d => d.Describe(central))],
            AssemblyYield = model.AssemblyYield(central),
            InterposerArea = model.InterposerArea(central),
            OneTime = model.HasOneTime ? CostRange.Of(model.OneTime(central), oneTime) : null,
            Sensitivities = Tornado(values => model.Evaluate(values, scratch), set, central),
            Notes = [.. chip.Notes, .. model.Dies.SelectMany(d => d.Notes()).Distinct()],
            Draws = totals,
        };
    }

    private static CostSensitivity[] Tornado(Func<double[], double> evaluate, UncertainSet set, double[] central)
    {
        double[] values = [.. central];
        double Cost(int input, double value)
        {
            values[input] = value;
            double cost = evaluate(values);
            values[input] = central[input];
            return cost;
        }

        var found = new List<CostSensitivity>();
        for (int i = 0; i < central.Length; i++)
        {
            Uncertain item = set.Items[i];
            double low = item.Quantile(0.1), high = item.Quantile(0.9);
            if (!item.IsFixed && Cost(i, low) is var atLow && Cost(i, high) is var atHigh && Math.Abs(atHigh - atLow) > 1e-9)
            {
                found.Add(new CostSensitivity(item.Label, low * item.Scale, high * item.Scale, atLow, atHigh));
            }
        }

        return [.. found.OrderByDescending(s => s.Swing).ThenBy(s => s.Input, StringComparer.Ordinal)];
    }

    // The defect density of a variant's main node at which a unit costs what the reference costs, with the reference as it is.
    private static BreakEvenDensity BreakEven(ChipCostModel model, ChipCostModel reference, UncertainSet set, double[] central, CostOptions run)
    {
        int place = model.Dies[0].Density;
        bool shared = reference.Dies.Any(d => d.Density == place);
        if (shared)
        {
            return new BreakEvenDensity(null, null, null, null, 0, "both are made on the same node");
        }

        int draws = Math.Min(run.Draws, BreakEvenDraws);
        double[] found = new double[draws];
        InParallel(draws, run.Parallelism, (from, to) =>
        {
            double[] values = new double[set.Items.Count], lines = new double[LineCount([model, reference])];
            for (int draw = from; draw < to; draw++)
            {
                set.Draw(draw, values);
                found[draw] = Search(model, place, values, reference.Evaluate(values, lines), lines);
            }
        });
        double[] middle = [.. central], scratch = new double[LineCount([model, reference])];
        double target = reference.Evaluate(middle, scratch);
        double at = Search(model, place, middle, target, scratch);
        double[] possible = [.. found.Where(d => d is >= 0 and < MostDefects).Order()];
        double share = (double)possible.Length / draws;
        string? why = at < 0 ? "dearer even without a defect" : at >= MostDefects ? "cheaper at any defect density" : null;
        return new BreakEvenDensity(
            why is null ? at * 100 : null,
            possible.Length > 0 ? CostRange.At(possible, 0.1) * 100 : null, possible.Length > 0 ? CostRange.At(possible, 0.5) * 100 : null, possible.Length > 0 ? CostRange.At(possible, 0.9) * 100 : null,
            share, why);
    }

    // Cost rises with defects, so bisection; −1 when it is too high without any, the upper bound when it never is.
    private static double Search(ChipCostModel model, int place, double[] values, double target, double[] lines)
    {
        double Cost(double density)
        {
            values[place] = density;
            return model.Evaluate(values, lines);
        }

        if (Cost(0) >= target)
        {
            return -1;
        }

        double low = 0, high = MostDefects;
        if (Cost(high) < target)
        {
            return high;
        }

        for (int i = 0; i < 40; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Cost(middle) < target ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }
}
