using System.Globalization;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>
/// The cheapest admissible policy. Classes meet only in the battery, the case and the memory, so each class's choices are weighed alone, those
/// that another beats in dollars, joules and heat with the same models are dropped, and what is left is joined by branch and bound. A choice gives no
/// prompt up: each is in time as often as promised, or as often as the soonest path has it.
/// </summary>
public static class PlacementSearch
{
    /// <summary>Places a product's turns on one device.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="stop">Ends the search early with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The cheapest admissible policy by dollars, then joules; or, when none is, the one that misses least: every class as much in time as it can be, then the battery's promise, then the case's.</returns>
    /// <exception cref="Fleetwright.Catalog.Reading.InputException">A class may reach no tier that has anything to answer it: file, line, class and tiers.</exception>
    public static PlacementAnswer Run(PlacementQuestion question, CancellationToken stop = default)
    {
        PlacementCheck.ThrowIfWrong(question);
        var evaluator = new PolicyEvaluator(question);
        long weighed = 0;
        var choices = new List<List<ClassOption>>();
        foreach (ClassTables tables in evaluator.Classes)
        {
            List<ClassOption> all = PolicySpace.Of(tables, question.ShareWithin, stop);
            weighed += all.Count;
            choices.Add(Worthwhile(all, question.ShareWithin));
        }

        Join join = new(question, evaluator, choices, stop);
        ClassOption?[] best = join.Cheapest();
        JudgedPolicy judged = evaluator.Judge(PolicyOf(question, evaluator, best));
        return new PlacementAnswer
        {
            Best = judged,
            Alternatives = Simple(question, evaluator, best),
            Flips = PlacementFlips.Of(question, evaluator, stop),
            Reasons = PlacementReasons.Of(question, evaluator),
            Weighed = weighed,
        };
    }

    /// <summary>Judges a policy that was not searched for.</summary>
    /// <exception cref="ArgumentException">The policy has other classes, or routes that are not open to them.</exception>
    public static JudgedPolicy Judge(PlacementQuestion question, Policy policy) => new PolicyEvaluator(question).Judge(policy);

    // Admissible choices, or the nearest; of those the ones that no other with the same models beats in dollars, joules and heat.
    private static List<ClassOption> Worthwhile(List<ClassOption> all, double shareWithin)
    {
        if (all.Count == 0)
        {
            return [];
        }

        double served = Math.Max(PolicyEvaluator.Negligible, all.Min(o => o.Totals.Unserved)) + 1e-12;
        List<ClassOption> serving = [.. all.Where(o => o.Totals.Unserved <= served)];
        List<ClassOption> good = serving.Any(o => o.GivesNoneUp) ? [.. serving.Where(o => o.GivesNoneUp)] : serving;
        double within = Math.Min(shareWithin, good.Max(o => o.Totals.Within));
        var kept = new List<ClassOption>();
        foreach (IGrouping<ulong, ClassOption> same in good.Where(o => o.Totals.Within >= within - 1e-12).GroupBy(o => o.Uses))
        {
            var front = new List<ClassOption>();
            foreach (ClassOption option in same.OrderBy(o => o.Totals.Dollars).ThenBy(o => o.Totals.Joules).ThenBy(o => o.Totals.Heat))
            {
                if (!front.Any(f => f.Totals.Joules <= option.Totals.Joules && f.Totals.Heat <= option.Totals.Heat))
                {
                    front.Add(option);
                }
            }

            kept.AddRange(front);
        }

        return [.. kept.OrderBy(o => o.Totals.Dollars).ThenBy(o => o.Totals.Joules)];
    }

    private static Policy PolicyOf(PlacementQuestion question, PolicyEvaluator evaluator, ClassOption?[] best) =>
        new(question.Product, question.Device, [.. best.Select((o, c) => o is { } option
            ? PolicySpace.Routes(evaluator.Classes[c], option)
            : new ClassRoutes(question.Classes[c].Name, []))]);

    // Everything that may and fits to one tier and model; other classes as in the best policy.
    private static List<JudgedPolicy> Simple(PlacementQuestion question, PolicyEvaluator evaluator, ClassOption?[] best)
    {
        var simple = new List<JudgedPolicy>();
        for (int path = 0; path < evaluator.Classes[0].Paths; path++)
        {
            if (!evaluator.Classes.Any(c => c.Open.Contains(path)))
            {
                continue;
            }

            simple.Add(evaluator.Judge(new Policy(question.Product, question.Device, [.. evaluator.Classes.Select((tables, c) => tables.Open.Contains(path)
                ? PolicySpace.Routes(tables, new ClassOption(new Step(path, double.PositiveInfinity, -1), LengthGrid.Prompts, null, default, 0, true))
                : best[c] is { } option ? PolicySpace.Routes(tables, option) : new ClassRoutes(tables.Turns.Name, []))])));
        }

        return simple;
    }

    /// <summary>One choice for each class so that all together keep the limits.</summary>
    private sealed class Join
    {
        private readonly PlacementQuestion _question;
        private readonly PolicyEvaluator _evaluator;
        private readonly List<List<ClassOption>> _choices;
        private readonly CancellationToken _stop;
        private readonly double[] _leastDollars;
        private readonly double[] _leastJoules;
        private readonly double[] _leastHeat;
        private readonly ClassOption?[] _trial;
        private ClassOption?[]? _best;
        private double _bestDollars;
        private double _bestJoules;
        private double _joulesLimit;
        private double _heatLimit;
        private bool _byJoules;

        public Join(PlacementQuestion question, PolicyEvaluator evaluator, List<List<ClassOption>> choices, CancellationToken stop)
        {
            _question = question;
            _evaluator = evaluator;
            _choices = choices;
            _stop = stop;
            int n = choices.Count;
            _trial = new ClassOption?[n];
            _leastDollars = new double[n + 1];
            _leastJoules = new double[n + 1];
            _leastHeat = new double[n + 1];
            for (int c = n - 1; c >= 0; c--)
            {
                double share = question.Classes[c].Share;
                _leastDollars[c] = _leastDollars[c + 1] + (share * Least(choices[c], o => o.Totals.Dollars));
                _leastJoules[c] = _leastJoules[c + 1] + (share * Least(choices[c], o => o.Totals.Joules));
                _leastHeat[c] = _leastHeat[c + 1] + (share * Least(choices[c], o => o.Totals.Heat));
            }
        }

        public ClassOption?[] Cheapest()
        {
            double joules = _evaluator.Limits.JoulesLimit, heat = _evaluator.Limits.HeatLimit;

            // All promises; else the battery's without the case's; else as few joules as can be.
            return Try(joules, heat, false) ?? Try(joules, double.PositiveInfinity, false) ?? Try(double.PositiveInfinity, double.PositiveInfinity, true) ?? new ClassOption?[_choices.Count];
        }

        private ClassOption?[]? Try(double joules, double heat, bool byJoules)
        {
            (_best, _bestDollars, _bestJoules) = (null, double.PositiveInfinity, double.PositiveInfinity);
            (_joulesLimit, _heatLimit, _byJoules) = (joules * (1 + 1e-12), heat * (1 + 1e-12), byJoules);
            Descend(0, default, 0);
            return _best;
        }

        private void Descend(int c, Totals sum, ulong uses)
        {
            double dollars = sum.Dollars + _leastDollars[c], joules = sum.Joules + _leastJoules[c];
            if (joules > _joulesLimit || sum.Heat + _leastHeat[c] > _heatLimit || !Better(dollars, joules))
            {
                return;
            }

            if (c == _choices.Count)
            {
                (_bestDollars, _bestJoules) = (sum.Dollars, sum.Joules);
                _best = [.. _trial];
                return;
            }

            _stop.ThrowIfCancellationRequested();
            if (_choices[c].Count == 0)
            {
                _trial[c] = null;
                Descend(c + 1, sum, uses);
                return;
            }

            double share = _question.Classes[c].Share;
            foreach (ClassOption option in _choices[c])
            {
                ulong together = uses | option.Uses;
                if (!_byJoules && sum.Dollars + (share * option.Totals.Dollars) + _leastDollars[c + 1] > _bestDollars)
                {
                    return;
                }

                if (PolicyEvaluator.Resident(_evaluator.Classes, together, Tiers.Device) <= _question.DeviceMemoryBytes
                    && PolicyEvaluator.Resident(_evaluator.Classes, together, Tiers.Phone) <= _question.PhoneMemoryBytes)
                {
                    _trial[c] = option;
                    Descend(c + 1, sum.Plus(option.Totals.Times(share)), together);
                }
            }
        }

        private bool Better(double dollars, double joules) => _byJoules
            ? joules < _bestJoules || (joules == _bestJoules && dollars < _bestDollars)
            : dollars < _bestDollars || (dollars == _bestDollars && joules < _bestJoules);

        private static double Least(List<ClassOption> options, Func<ClassOption, double> of) => options.Count == 0 ? 0 : options.Min(of);
    }
}
