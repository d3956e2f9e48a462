using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Published;

/// <summary>Instances whose optimum is published, to prove the mathematics of models, files and solvers.</summary>
internal static class Textbook
{
    private static readonly double[] Yields = [1.2, 1.0, 0.8];
    private static readonly double[] MeanYield = [2.5, 3, 20];
    private static readonly double[] Probabilities = [0.9, 0.1];

    /// <summary>Birge and Louveaux, section 1.1: 500 acres of wheat, corn and beet; yields known after sowing.</summary>
    public static LinearModel Farmer(params double[] yields)
    {
        yields = yields.Length == 0 ? Yields : yields;
        double[] planting = [150, 230, 260];
        double[] need = [200, 240];
        double[] sell = [170, 150];
        double[] buy = [238, 210];
        LinearModel model = new();
        int[] acres = [.. planting.Select((c, i) => model.AddColumn($"acres{i}", 0, double.PositiveInfinity, c))];
        model.AtMost("land", acres.Select(a => (a, 1.0)), 500);
        double p = 1.0 / yields.Length;
        foreach (double y in yields)
        {
            for (int i = 0; i < 2; i++)
            {
                int sold = model.AddColumn("sold", 0, double.PositiveInfinity, -p * sell[i]);
                int bought = model.AddColumn("bought", 0, double.PositiveInfinity, p * buy[i]);
                model.AtLeast("need", [(acres[i], y * MeanYield[i]), (bought, 1), (sold, -1)], need[i]);
            }

            int quota = model.AddColumn("quota", 0, 6000, -p * 36);
            int over = model.AddColumn("over", 0, double.PositiveInfinity, -p * 10);
            model.AtMost("beet", [(quota, 1), (over, 1), (acres[2], -y * MeanYield[2])], 0);
        }

        return model;
    }

    /// <summary>The farmer's value of perfect information.</summary>
    public static double FarmerPerfectInformation(Func<LinearModel, LinearSolution> solve) =>
        solve(Farmer()).Objective - Yields.Average(y => solve(Farmer(y)).Objective);

    /// <summary>The farmer's value of the stochastic solution: what sowing for the mean yield costs more.</summary>
    public static double FarmerStochasticSolution(Func<LinearModel, LinearSolution> solve)
    {
        double[] mean = solve(Farmer(1.0)).Values[..3];
        LinearModel model = Farmer();
        for (int i = 0; i < 3; i++)
        {
            model.Fix(i, mean[i]);
        }

        return solve(model).Objective - solve(Farmer()).Objective;
    }

    /// <summary>A capacitated warehouse location problem of OR-Library (Beasley), as its files state them.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public static LinearModel Warehouses(string path)
    {
        using var reader = new StreamReader(DataFile.Open(path));
        var numbers = new Queue<double>();
        foreach (string word in reader.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            numbers.Enqueue(double.TryParse(word, CultureInfo.InvariantCulture, out double number) ? number : throw new InputException(path, $"found '{word}'; allowed: numbers"));
        }

        try
        {
            return Warehouses(numbers);
        }
        catch (InvalidOperationException)
        {
            throw new InputException(path, "the file is cut: it has fewer numbers than it announces");
        }
    }

    private static LinearModel Warehouses(Queue<double> numbers)
    {
        int sites = (int)numbers.Dequeue();
        int customers = (int)numbers.Dequeue();
        LinearModel model = new();
        double[] capacity = new double[sites];
        int[] open = new int[sites];
        for (int i = 0; i < sites; i++)
        {
            capacity[i] = numbers.Dequeue();
            open[i] = model.AddColumn($"open{i}", 0, 1, numbers.Dequeue(), isInteger: true);
        }

        List<(int, double)>[] load = [.. open.Select((o, i) => new List<(int, double)> { (o, -capacity[i]) })];
        for (int j = 0; j < customers; j++)
        {
            double demand = numbers.Dequeue();
            List<(int, double)> share = [];
            for (int i = 0; i < sites; i++)
            {
                int serve = model.AddColumn($"serve{i},{j}", 0, 1, numbers.Dequeue());
                share.Add((serve, 1));
                load[i].Add((serve, demand));
                model.AtMost("only if open", [(serve, 1), (open[i], -1)], 0);
            }

            model.AddRow("served", 1, 1, share);
        }

        foreach (List<(int, double)> terms in load)
        {
            model.AtMost("capacity", terms, 0);
        }

        return model;
    }

    /// <summary>
    /// Birge and Louveaux problem 5.2, two stages: four plants, three blocks of a load curve, two demands; optimum 340,315.52.
    /// Plants are kinds of chip, and the blocks of the load curve follow one another as quarters whose energy price is their duration.
    /// </summary>
    public static SupplyProblem CapacityExpansion()
    {
        double[] invest = [16, 5, 32, 2];
        double[] operate = [25, 80, 6.5, 160];
        double[][] increments = [[3919, 3410, 2986], [7086, 1918, 2165]];
        double[] hours = [8760 - 7000, 7000 - 1500, 1500];
        double[] LoadOf(double[] d) => [d[0], d[0] + d[1], d[0] + d[1] + d[2]];
        double[] common = LoadOf(increments[0]);
        return new SupplyProblem
        {
            Quarters = [.. Enumerable.Range(0, 3).Select(t => Quarter.Parse("2024Q1").Plus(t))],
            Sites = [new SupplySite("fab", "Fab", "A"), new SupplySite("packaging", "Packaging", "A")],
            PowerWattsByQuarter = [1e9, 1e9, 1e9],
            Chips = [.. operate.Select((c, i) => new ChipKind($"plant{i}", "", c, 0, 3))],
            Offers =
            [
                .. invest.Select((c, i) => new SupplyOffer
                {
                    Id = $"plant{i}", ChipId = $"plant{i}", Maker = "plant", FabSiteId = "fab", PackagingSiteId = "packaging", UnitPriceByQuarter = [c, c, c],
                    CapacityByQuarter = [1e6, 0, 0], LeadQuartersByQuarter = SupplyOffer.Lead(0, 3),
                }),
            ],
            EnergyDollarsPerJouleByQuarter = [.. hours.Select(h => h / 8760 / Quarter.Seconds)],
            Workloads =
            [
                new SupplyWorkload
                {
                    Id = "load", DemandByQuarter = common, UnservedDollarsPerUnitQuarter = 1e6,
                    UnitsPerSecondByChip = Enumerable.Range(0, 4).ToDictionary(i => $"plant{i}", _ => 1.0),
                },
            ],
            Scenarios =
            [
                .. Probabilities.Select((p, s) => new SupplyScenario
                {
                    Id = $"demand {s}", Probability = p,
                    DemandMultipliers = new Dictionary<string, IReadOnlyList<double>> { ["load"] = [.. LoadOf(increments[s]).Select((d, t) => d / common[t])] },
                }),
            ],
        };
    }
}
