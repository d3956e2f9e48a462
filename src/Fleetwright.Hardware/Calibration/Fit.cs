using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A bounded positive parameter of a fit, searched on a log scale.</summary>
/// <param name="Start">Where the search starts.</param>
/// <param name="Low">Least value.</param>
/// <param name="High">Greatest value.</param>
internal readonly record struct Parameter(double Start, double Low, double High);

/// <summary>A measured row and the index of the chip that it was measured on.</summary>
/// <typeparam name="TRow">The row.</typeparam>
internal readonly record struct OnChip<TRow>(int Chip, TRow Row);

/// <summary>Fits a few parameters to measured seconds by least mean |log error|, and scores the fit on groups of rows left out.</summary>
internal static class Fit
{
    /// <summary>Parts that the shape groups are dealt into for the score.</summary>
    public const int Folds = 5;

    /// <summary>Fits on all rows, and scores fits that each leave a part of the shape groups (or one chip) out.</summary>
    /// <typeparam name="TRow">A measured row.</typeparam>
    /// <typeparam name="TModel">What prices a row.</typeparam>
    /// <param name="rows">All rows.</param>
    /// <param name="parameters">Their bounds.</param>
    /// <param name="build">The model of parameter values.</param>
    /// <param name="price">Seconds of a row.</param>
    /// <param name="measured">Measured seconds of a row.</param>
    /// <param name="group">The shape group of a row: rows of one group are never split.</param>
    /// <param name="regime">The regime of a row: regimes weigh alike in the fit.</param>
    /// <param name="folds">Parts that the groups are dealt into.</param>
    /// <param name="evaluations">Most evaluations of a fit.</param>
    /// <param name="mostOfRegime">Most rows of a regime in a fit.</param>
    /// <param name="assumed">Values of the parameters that none of some rows depends on, null for the others; null: rows always depend on all.</param>
    public static (double[] Values, FitQuality Quality) CrossValidated<TRow, TModel>(
        IReadOnlyList<TRow> rows, Parameter[] parameters, Func<double[], TModel> build, Func<TModel, TRow, double> price, Func<TRow, double> measured, Func<TRow, int> group, Func<TRow, int> regime, int folds, int evaluations, int mostOfRegime = 200,
        Func<IReadOnlyList<TRow>, double?[]>? assumed = null)
    {
        double[] values = Best(Thinned(rows, regime, mostOfRegime), parameters, build, price, measured, evaluations);
        var pairs = new List<(double Priced, double Measured)>(rows.Count);
        for (int fold = 0; fold < folds; fold++)
        {
            int left = fold;
            List<TRow> others = [.. rows.Where(r => (uint)group(r) % folds != left)];
            double[] fitted = BestOfFree(Thinned(others, regime, mostOfRegime), parameters, build, price, measured, evaluations / 2, values, assumed?.Invoke(others));
            TModel model = build(fitted);
            pairs.AddRange(rows.Where(r => (uint)group(r) % folds == left).Select(r => (price(model, r), measured(r))));
        }

        return (values, Quality.Of(pairs));
    }

    // A parameter that no row depends on is not searched: it would drift to wherever the simplex turns.
    private static double[] BestOfFree<TRow, TModel>(
        IReadOnlyList<TRow> rows, Parameter[] parameters, Func<double[], TModel> build, Func<TModel, TRow, double> price, Func<TRow, double> measured, int evaluations, double[] start, double?[]? assumed)
    {
        int[] free = [.. Enumerable.Range(0, parameters.Length).Where(i => assumed?[i] is null)];
        double[] All(double[] searched)
        {
            double[] all = [.. parameters.Select((_, i) => assumed?[i] ?? 0)];
            for (int i = 0; i < free.Length; i++)
            {
                all[free[i]] = searched[i];
            }

            return all;
        }

        return All(Best(rows, [.. free.Select(i => parameters[i])], v => build(All(v)), price, measured, evaluations, [.. free.Select(i => start[i])]));
    }

    /// <summary>The parameters of least mean |log error|.</summary>
    public static double[] Best<TRow, TModel>(
        IReadOnlyList<TRow> rows, Parameter[] parameters, Func<double[], TModel> build, Func<TModel, TRow, double> price, Func<TRow, double> measured, int evaluations, double[]? start = null)
    {
        double[] logs = [.. rows.Select(r => Math.Log(measured(r)))];
        double Loss(double[] x)
        {
            (double[] values, double outside) = Inside(x, parameters);
            TModel model = build(values);
            double sum = 0;
            for (int i = 0; i < rows.Count; i++)
            {
                sum += Math.Abs(Math.Log(price(model, rows[i])) - logs[i]);
            }

            return (sum / rows.Count) + outside;
        }

        double[] x = [.. start is null ? parameters.Select(p => Math.Log(p.Start)) : start.Select(v => Math.Log(v))];
        double step = start is null ? 0.4 : 0.1;
        for (int round = 0; round < 3; round++)
        {
            x = NelderMead.Minimise(Loss, x, step, evaluations / 3);
            step = -step * 0.6;
        }

        return Inside(x, parameters).Values;
    }

    // At most so many rows a regime, evenly spaced: a table that holds ten times more prefill than decode shapes fits both alike.
    private static List<TRow> Thinned<TRow>(IReadOnlyList<TRow> rows, Func<TRow, int> regime, int most)
    {
        var thinned = new List<TRow>();
        foreach (IGrouping<int, TRow> rowsOfRegime in rows.GroupBy(regime).OrderBy(g => g.Key))
        {
            TRow[] all = [.. rowsOfRegime];
            double stride = Math.Max(1, all.Length / (double)most);
            for (double i = 0; i < all.Length; i += stride)
            {
                thinned.Add(all[(int)i]);
            }
        }

        return thinned;
    }

    private static (double[] Values, double Outside) Inside(double[] x, Parameter[] parameters)
    {
        var values = new double[x.Length];
        double outside = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double free = Math.Exp(Math.Clamp(x[i], -60, 60));
            values[i] = Math.Clamp(free, parameters[i].Low, parameters[i].High);
            outside += 0.1 * Math.Abs(Math.Log(free / values[i]));
        }

        return (values, outside);
    }
}
