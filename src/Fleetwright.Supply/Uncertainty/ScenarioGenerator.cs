using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Uncertainty;

/// <summary>Turns risks into scenarios with probabilities.</summary>
/// <remarks>
/// Three ways, by size. (1) When every combination of outcomes, starts included, is at most the allowed number, all of them with their exact probabilities.
/// (2) Otherwise, when every combination of <em>whether</em> each risk happens and which path demand takes fits, each such pattern keeps its exact
/// probability and only the start quarters are sampled, spread evenly (stratified) within the pattern: a rare event never vanishes from the sample.
/// (3) Otherwise a Latin hypercube over all outcomes with equal weights (McKay, Beckman and Conover 1979).
/// </remarks>
public static class ScenarioGenerator
{
    /// <summary>The scenarios of a problem, in an order that depends on the risks only; probabilities sum to 1, and what has probability 0 does not occur.</summary>
    /// <param name="problem">The problem whose quarters, sites, resources and workloads the risks name; its own scenarios are ignored.</param>
    /// <param name="risks">What may happen.</param>
    /// <param name="maximumScenarios">Most scenarios to give.</param>
    /// <param name="seed">The run's seed; it matters only where starts are sampled.</param>
    /// <exception cref="InputException">A risk names something unknown or has an impossible probability.</exception>
    public static IReadOnlyList<SupplyScenario> Generate(SupplyProblem problem, SupplyRisks risks, int maximumScenarios = 48, ulong seed = 1)
    {
        RiskCheck.ThrowIfWrong(problem, risks);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumScenarios, 1);
        RiskOutcomes[] outcomes = [.. RiskOutcomes.Of(problem, risks)];
        double combinations = outcomes.Aggregate(1.0, (n, o) => n * o.Patterns.Sum(p => p.Variants));
        double patterns = outcomes.Aggregate(1.0, (n, o) => n * o.Patterns.Count);
        List<(double Probability, int[] Pattern, int[] Variant)> drawn =
            combinations <= maximumScenarios ? Everything(outcomes)
            : patterns <= maximumScenarios ? PatternsWithSampledStarts(outcomes, maximumScenarios, seed)
            : LatinHypercube(outcomes, maximumScenarios, seed);
        return Merge(problem, outcomes, drawn);
    }

    private static List<(double, int[], int[])> Everything(RiskOutcomes[] outcomes)
    {
        List<(double, int[], int[])> all = [];
        foreach (int[] pattern in Patterns(outcomes))
        {
            double probability = PatternProbability(outcomes, pattern);
            int[] counts = [.. pattern.Select((p, r) => outcomes[r].Patterns[p].Variants)];
            int total = counts.Aggregate(1, (n, c) => n * c);
            for (int i = 0; i < total; i++)
            {
                all.Add((probability / total, pattern, Digits(i, counts)));
            }
        }

        return all;
    }

    private static List<(double, int[], int[])> PatternsWithSampledStarts(RiskOutcomes[] outcomes, int maximum, ulong seed)
    {
        List<int[]> patterns = [.. Patterns(outcomes)];
        int[] draws = Allot(outcomes, patterns, maximum);
        List<(double, int[], int[])> drawn = [];
        for (int k = 0; k < patterns.Count; k++)
        {
            int[] pattern = patterns[k];
            double probability = PatternProbability(outcomes, pattern) / draws[k];
            double[][] units = [.. pattern.Select((_, r) => Stratified(draws[k], seed, $"start/{k}/{outcomes[r].Id}"))];
            for (int i = 0; i < draws[k]; i++)
            {
                int[] variant = [.. pattern.Select((p, r) => (int)(units[r][i] * outcomes[r].Patterns[p].Variants))];
                drawn.Add((probability, pattern, variant));
            }
        }

        return drawn;
    }

    /// <summary>One draw for each pattern; the rest to patterns with starts to choose, by probability and never more than they have, by largest remainder.</summary>
    private static int[] Allot(RiskOutcomes[] outcomes, List<int[]> patterns, int maximum)
    {
        int[] draws = [.. patterns.Select(_ => 1)];
        double[] most = [.. patterns.Select(p => p.Select((v, r) => (double)outcomes[r].Patterns[v].Variants).Aggregate(1.0, (a, b) => a * b))];
        double[] weight = [.. patterns.Select(p => PatternProbability(outcomes, p))];
        for (int spare = maximum - patterns.Count; spare > 0; spare--)
        {
            int best = -1;
            for (int k = 0; k < draws.Length; k++)
            {
                if (draws[k] < most[k] && (best < 0 || weight[k] / draws[k] > weight[best] / draws[best]))
                {
                    best = k;
                }
            }

            if (best < 0)
            {
                break;
            }

            draws[best]++;
        }

        return draws;
    }

    private static List<(double, int[], int[])> LatinHypercube(RiskOutcomes[] outcomes, int maximum, ulong seed)
    {
        double[][] which = [.. outcomes.Select(o => Stratified(maximum, seed, "pattern/" + o.Id))];
        double[][] start = [.. outcomes.Select(o => Stratified(maximum, seed, "start/" + o.Id))];
        List<(double, int[], int[])> drawn = [];
        for (int i = 0; i < maximum; i++)
        {
            int[] pattern = [.. outcomes.Select((o, r) => o.PatternAt(which[r][i]))];
            int[] variant = [.. pattern.Select((p, r) => (int)(start[r][i] * outcomes[r].Patterns[p].Variants))];
            drawn.Add((1.0 / maximum, pattern, variant));
        }

        return drawn;
    }

    /// <summary>Numbers in [0, 1), one in each of <paramref name="count"/> equal strata, in random order.</summary>
    private static double[] Stratified(int count, ulong seed, string name)
    {
        RandomStream stream = new(seed, name);
        int[] order = stream.Permutation(count);
        return [.. order.Select(i => (i + stream.NextUnit()) / count)];
    }

    private static IEnumerable<int[]> Patterns(RiskOutcomes[] outcomes)
    {
        int[] counts = [.. outcomes.Select(o => o.Patterns.Count)];
        int total = counts.Aggregate(1, (n, c) => n * c);
        return Enumerable.Range(0, total).Select(i => Digits(i, counts));
    }

    private static int[] Digits(int index, int[] counts)
    {
        int[] digits = new int[counts.Length];
        for (int r = counts.Length - 1; r >= 0; r--)
        {
            digits[r] = index % counts[r];
            index /= counts[r];
        }

        return digits;
    }

    private static double PatternProbability(RiskOutcomes[] outcomes, int[] pattern) =>
        pattern.Select((p, r) => outcomes[r].Patterns[p].Probability).Aggregate(1.0, (a, b) => a * b);

    /// <summary>Draws that are the same future become one scenario; rounding of the sum goes to the most probable one.</summary>
    private static List<SupplyScenario> Merge(
        SupplyProblem problem, RiskOutcomes[] outcomes, List<(double Probability, int[] Pattern, int[] Variant)> drawn)
    {
        List<SupplyScenario> scenarios = [];
        foreach (var same in drawn.GroupBy(d => string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', d.Pattern)};{string.Join(',', d.Variant)}")))
        {
            SupplyScenario scenario = new() { Id = "", Probability = same.Sum(d => d.Probability) };
            (_, int[] pattern, int[] variant) = same.First();
            for (int r = 0; r < outcomes.Length; r++)
            {
                scenario = outcomes[r].Patterns[pattern[r]].Apply(problem, scenario, variant[r]);
            }

            scenarios.Add(scenario with { Id = scenario.Id.Length == 0 ? "as planned" : scenario.Id });
        }

        int largest = scenarios.IndexOf(scenarios.MaxBy(s => s.Probability)!);
        double rest = scenarios.Where((_, i) => i != largest).Sum(s => s.Probability);
        scenarios[largest] = scenarios[largest] with { Probability = 1 - rest };
        return scenarios;
    }
}
